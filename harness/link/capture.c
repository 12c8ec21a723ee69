/*
 * Files opened: found out what they are, and given to who reads that. Knows
 * no format, and nothing of what is in the frames.
 */
#include "link/capture_own.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/memory.h"

static const struct capture_form *const forms[] = { &capture_pcapng,
						    &capture_snoop };

/* What was read to find out what the file is comes first. */
static ssize_t file_read(void *cookie, char *buf, size_t len)
{
	struct capture *c = cookie;
	size_t left = c->n_head - c->head_at;
	ssize_t n;

	if (left) {
		n = (ssize_t)(left < len ? left : len);
		memcpy(buf, c->head + c->head_at, (size_t)n);
		c->head_at += (size_t)n;
	} else {
		n = read(c->fd, buf, len);
	}
	c->ended = n == 0;
	if (n > 0)
		c->taken += (uint64_t)n;
	return n;
}

/* Only for ftello, which a pipe does not answer by itself. */
static int file_seek(void *cookie, off64_t *offset, int whence)
{
	struct capture *c = cookie;

	if (whence != SEEK_CUR || *offset != 0)
		return -1;
	*offset = (off64_t)c->taken;
	return 0;
}

struct capture *capture_new(const char *name)
{
	struct capture *c = memory_zeroed(1, sizeof(*c));

	c->name = name;
	c->fd = -1;
	c->packed_fd = -1;
	c->end_ns = CAPTURE_NEVER;
	return c;
}

static int open_fd(struct capture *c, const char *path, struct fault *f)
{
	struct stat st;

	c->fd = strcmp(path, "-") == 0 ? STDIN_FILENO
				       : open(path, O_RDONLY | O_CLOEXEC);
	if (c->fd < 0 || fstat(c->fd, &st) < 0)
		return fault_errno(f, "%s", path);
	if (S_ISDIR(st.st_mode))
		return fault_set(f, "%s: is a folder, expected a capture",
				 path);
	if (S_ISREG(st.st_mode))
		c->size = (uint64_t)st.st_size;
	c->careful = c->fd == STDIN_FILENO || !S_ISREG(st.st_mode);
	return 0;
}

/* Reads the head, but of a file that has been opened here: that can be read
   from its beginning again. */
static void read_head(struct capture *c)
{
	ssize_t n = 1;

	if (!c->careful) {
		n = pread(c->fd, c->head, sizeof(c->head), 0);
		c->n_head = n > 0 ? (size_t)n : 0;
		return;
	}
	c->n_head = 0;
	while (c->n_head < sizeof(c->head) && n > 0) {
		n = read(c->fd, c->head + c->n_head,
			 sizeof(c->head) - c->n_head);
		c->n_head += n > 0 ? (size_t)n : 0;
	}
}

/* From here on c->fd is what comes out of the program. */
static int open_packed(struct capture *c, const char *program, struct fault *f)
{
	size_t n = c->careful ? c->n_head : 0;
	struct fault why;
	int out = -1;

	c->packed_fd = c->fd;
	if (unpack_start(&c->unpack, program, c->fd, c->head, n, &out, &why))
		return fault_set(f, "%s: %s", c->name, why.text);
	c->fd = out;
	c->careful = true;
	read_head(c);
	if (!c->n_head && unpack_end(&c->unpack, &why))
		return fault_set(f, "%s: %s", c->name, why.text);
	return 0;
}

static bool has_magic(const struct capture *c, const struct capture_form *form)
{
	return c->n_head >= form->n_magic &&
	       memcmp(c->head, form->magic, form->n_magic) == 0;
}

int capture_is_none(const struct capture *c, const char *why, struct fault *f)
{
	return fault_set(f,
			 "%s: offset 0: %s; expected a pcap, pcapng or snoop "
			 "file",
			 c->name, why);
}

static int open_form(struct capture *c, struct fault *f)
{
	struct fault why;

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (has_magic(c, forms[i]))
			c->form = forms[i];
	if (!c->form)
		return capture_open_pcap(c, f);
	return c->form->begin(c, &why) ? capture_is_none(c, why.text, f) : 0;
}

static int open_file(struct capture *c, struct fault *f)
{
	static const cookie_io_functions_t functions = {
		.read = file_read,
		.seek = file_seek,
	};

	c->file = c->careful ? fopencookie(c, "r", functions)
			     : fdopen(c->fd, "r");
	if (!c->file)
		return fault_errno(f, "%s", c->name);
	if (!c->careful)
		c->fd = -1; /* closed with the file */
	setvbuf(c->file, c->buf, _IOFBF, sizeof(c->buf));
	__fsetlocking(c->file, FSETLOCKING_BYCALLER); /* one thread reads */
	return open_form(c, f);
}

struct capture *capture_open(const char *path, struct fault *f)
{
	struct capture *c = capture_new(path);
	const char *program;
	int rc = open_fd(c, path, f);

	if (rc == 0) {
		read_head(c);
		program = unpack_program(c->head, c->n_head);
		rc = program ? open_packed(c, program, f) : 0;
	}
	if (rc || open_file(c, f)) {
		capture_close(c);
		return NULL;
	}
	return c;
}

bool capture_seems(const char *path)
{
	static const uint8_t pcaps[][4] = {
		{ 0xd4, 0xc3, 0xb2, 0xa1 }, { 0xa1, 0xb2, 0xc3, 0xd4 },
		{ 0x4d, 0x3c, 0xb2, 0xa1 }, { 0xa1, 0xb2, 0x3c, 0x4d },
		{ 0x34, 0xcd, 0xb2, 0xa1 }, { 0xa1, 0xb2, 0xcd, 0x34 },
	};
	struct capture *c = capture_new(path);
	struct fault unused;
	bool seems = open_fd(c, path, &unused) == 0 && c->size > 0;

	if (seems) {
		read_head(c);
		seems = unpack_program(c->head, c->n_head) != NULL;
		for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
			seems = seems || has_magic(c, forms[i]);
		for (size_t i = 0; i < ARRAY_SIZE(pcaps); i++)
			seems = seems || memcmp(c->head, pcaps[i], 4) == 0;
	}
	capture_close(c);
	return seems;
}

void capture_make_room(struct capture *c, size_t n)
{
	if (n <= c->n_room)
		return;
	c->n_room = n * 2;
	c->room = memory_resize(c->room, c->n_room, 1);
}

bool capture_take(struct capture *c, size_t behind, size_t n)
{
	size_t got;

	capture_make_room(c, behind + n);
	got = fread_unlocked(c->room + behind, 1, n, c->file);
	c->at += got;
	return got == n;
}

enum capture_got capture_end(const struct capture *c, struct fault *f)
{
	if (!ferror(c->file))
		return CAPTURE_END;
	fault_errno(f, "%s: offset %" PRIu64, c->name, c->at);
	return CAPTURE_DAMAGED;
}

bool capture_at_end(struct capture *c)
{
	int next = getc_unlocked(c->file);

	c->record = c->at;
	if (next == EOF)
		return true;
	ungetc(next, c->file);
	return false;
}

enum capture_got capture_bad_record(const struct capture *c, struct fault *f)
{
	struct fault why = *f;

	fault_set(f, "%s: offset %" PRIu64 ": %s", c->name, c->record,
		  why.text);
	return CAPTURE_DAMAGED;
}

static void close_fd(int fd)
{
	if (fd > STDIN_FILENO)
		close(fd);
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	mapping_close(&c->map);
	if (c->pcap)
		pcap_close(c->pcap); /* closes the file too */
	else if (c->file)
		fclose(c->file);
	close_fd(c->fd);
	close_fd(c->packed_fd);
	unpack_stop(&c->unpack);
	pcapng_blocks_free(&c->blocks);
	free(c->room);
	free(c);
}

int capture_link(const struct capture *c)
{
	return c->form == &capture_pcapng ? CAPTURE_MIXED : c->iface.link;
}

const char *capture_link_name(int link)
{
	const char *name = pcap_datalink_val_to_name(link);

	return name ? name : "of no name";
}

/* Damage to what is compressed is the reason of all that follows from it. */
static enum capture_got end_packed(struct capture *c, enum capture_got got,
				   struct fault *f)
{
	struct fault why;

	if (!c->ended || unpack_end(&c->unpack, &why) == 0)
		return got;
	fault_set(f, "%s: offset %" PRIu64 ": %s", c->name, c->record,
		  why.text);
	return CAPTURE_DAMAGED;
}

static enum capture_got read_frames(struct capture *c, struct fault *f)
{
	enum capture_got got;

	if (c->file)
		c->stopped = false;
	got = c->form ? c->form->read(c, f) : capture_read_pcap(c, f);
	return c->unpack.program ? end_packed(c, got, f) : got;
}

enum capture_got capture_read(struct capture *c, capture_frame_fn *fn,
			      void *ctx, struct fault *f)
{
	c->fn = fn;
	c->many = NULL;
	c->ctx = ctx;
	return read_frames(c, f);
}

enum capture_got capture_read_many(struct capture *c, capture_frames_fn *fn,
				   void *ctx, struct fault *f)
{
	c->fn = NULL;
	c->many = fn;
	c->ctx = ctx;
	return read_frames(c, f);
}

void capture_break(struct capture *c)
{
	c->stopped = true;
	if (c->pcap && c->file && !c->map.at)
		pcap_breakloop(c->pcap);
}

bool capture_is_lost(struct capture *c)
{
	return c->map.at && !mapping_had(&c->map, c->behind);
}

uint64_t capture_offset(const struct capture *c)
{
	off_t at = 0;

	if (c->map.at)
		return c->record;
	if (c->packed_fd >= 0)
		at = lseek(c->packed_fd, 0, SEEK_CUR); /* the program's too */
	else if (c->file)
		at = ftello(c->file);
	return at > 0 ? (uint64_t)at : 0;
}

uint64_t capture_size(const struct capture *c)
{
	return c->size;
}
