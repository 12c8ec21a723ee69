#include "test/capture_made.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "test/expect.h"

void make_file(struct made *m)
{
	*m = (struct made){ .path = "/tmp/test-capture.XXXXXX" };
	m->fd = mkstemp(m->path);
	EXPECT_TRUE(m->fd >= 0);
}

void unmake(struct made *m)
{
	close(m->fd);
	unlink(m->path);
}

void append(struct made *m, const void *octets, size_t len)
{
	EXPECT_INT(pwrite(m->fd, octets, len, (off_t)m->size), (ssize_t)len);
	m->size += len;
}

static void add(struct heard *h, uint64_t what)
{
	h->sum = (h->sum ^ what) * UINT64_C(0x100000001b3);
}

void hear(void *ctx, const struct capture_frame *frame)
{
	struct heard *h = ctx;
	uint64_t sum = h->sum;
	bool right = true;

	if (h->meanwhile && h->n + 1 == h->at_frame)
		h->meanwhile(h->made);
	add(h, frame->len);
	add(h, frame->wire_len);
	add(h, (uint64_t)frame->at_ns);
	add(h, (uint64_t)frame->iface->link);
	for (uint32_t i = 0; i < frame->len; i++)
		right = right && frame->bytes[i] == (uint8_t)(h->n + 1);
	add(h, frame->len ? frame->bytes[0] : 0);
	if (capture_is_lost(h->capture)) {
		h->lost++;
		h->sum = sum;
		return;
	}
	h->n++;
	h->wrong += !right;
	h->last_ns = frame->at_ns;
}

static void hear_many(void *ctx, const struct capture_frame *frame, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		EXPECT_TRUE(frame[i].iface == frame[0].iface);
		hear(ctx, &frame[i]);
	}
}

static bool open_made(struct heard *h, struct made *m)
{
	h->made = m;
	h->capture = capture_open(m->path, &h->fault);
	return EXPECT_TRUE(h->capture != NULL);
}

void read_made(struct heard *h, struct made *m, bool carefully)
{
	if (!open_made(h, m))
		return;
	if (carefully)
		capture_carefully(h->capture);
	h->got = capture_read(h->capture, hear, h, &h->fault);
	capture_close(h->capture);
}

static void read_many(struct heard *h, struct made *m)
{
	if (!open_made(h, m))
		return;
	h->got = capture_read_many(h->capture, hear_many, h, &h->fault);
	capture_close(h->capture);
}

static void expect_heard(const struct heard *h, const struct heard *as)
{
	EXPECT_INT(h->n, as->n);
	EXPECT_TRUE(h->sum == as->sum);
	EXPECT_INT(h->got, as->got);
	EXPECT_STR(h->fault.text, as->fault.text);
}

void expect_same(struct made *m, struct heard *mapped)
{
	struct heard careful = { .fault = { "" } }, many = careful;

	*mapped = careful;
	read_made(mapped, m, false);
	read_made(&careful, m, true);
	read_many(&many, m);
	expect_heard(mapped, &careful);
	expect_heard(&many, &careful);
}

#define MANY 8000 /* several times what is asked for at once */

/* How many frames are left whole, and octets behind them; and when. */
static const struct {
	uint64_t left;
	int behind;
	uint64_t at_frame, most;
} cuts[] = {
	{ 1000, 0, 5, 1000 },
	{ 1000, 30, 5, 1000 },
	{ 1000, 30, 1001, 1000 },
	{ 1000, 30, 4000, 3999 },
	/* Within the last page, behind which none tells that it is gone. */
	{ MANY, -10, 5, MANY - 1 },
	{ MANY, -10, MANY - 1, MANY - 1 },
	{ MANY, -10, MANY, MANY - 1 },
	{ 0, 0, 5, 4 },
	{ 0, 0, 7000, 6999 },
};

_Static_assert(ARRAY_SIZE(cuts) == MADE_CUTS, "the number others know");

static void shorten(struct made *m)
{
	EXPECT_INT(ftruncate(m->fd, (off_t)m->cut_to), 0);
}

void expect_shorter(struct made *m, void (*put)(struct made *m), size_t cut)
{
	struct heard heard = { .at_frame = cuts[cut].at_frame,
			       .meanwhile = shorten };

	for (uint64_t n = 0; n < MANY; n++) {
		put(m);
		if (n + 1 == cuts[cut].left)
			m->cut_to = m->size;
	}
	m->cut_to += (size_t)cuts[cut].behind;
	read_made(&heard, m, false);
	EXPECT_TRUE(heard.n <= cuts[cut].most);
	EXPECT_INT(heard.wrong, 0);
	EXPECT_TRUE(heard.n + heard.lost >= cuts[cut].at_frame - 1);
	EXPECT_TRUE(heard.got == CAPTURE_DAMAGED &&
		    strstr(heard.fault.text, "became shorter"));
}
