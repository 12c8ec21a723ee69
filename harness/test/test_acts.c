/* What ends must have done, by their segments; and its being played. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/name.h"
#include "bundle/played.h"
#include "test/expect.h"

/*
 * Segments as "SIDE FLAGS SEQ ACK LEN", and the calls that the case of them
 * makes. What a connection begins with need not be told each time.
 */
#define OPEN "A S 0 0 0, B S. 0 1 0, A . 1 1 0, "

static const struct row {
	const char *name;
	const char *segments;
	const char *calls;
} rows[] = {
	{ "closed by both", OPEN "A F. 1 1 0, B . 1 2 0, B F. 1 2 0, A . 2 2 0",
	  "A close, B recv, B close" },
	{ "a FIN whose ACK is on the other FIN",
	  OPEN "A F. 1 1 0, B F. 1 2 0, A . 2 2 0",
	  "A close, B recv, B close" },
	{ "octets, received before their receiver closes",
	  OPEN "A P. 1 1 9, B F. 1 10 0, A F. 10 2 0, B . 2 11 0",
	  "A send 9, B recv 9, B close, A recv, A close" },
	{ "octets on the FIN", OPEN "A FP. 1 1 9, B . 1 11 0",
	  "A cork on, A send 9, A close" },
	{ "octets taken after its FIN: shut down",
	  OPEN "A F. 1 1 0, B P. 1 2 9, A . 2 10 0, B F. 10 2 0, A . 2 11 0",
	  "A shutdown wr, B recv, B send 9, B close, A recv 9, A recv, "
	  "A close" },
	{ "octets refused after its FIN: closed",
	  OPEN "A F. 1 1 0, B P. 1 2 9, A R 2 0 0",
	  "A close, B recv, B send 9" },
	{ "an RST with octets unread", OPEN "A P. 1 1 9, B R. 1 10 0",
	  "A send 9, B close" },
	{ "an RST with none", OPEN "B R. 1 1 0", "B linger 0, B close" },
	{ "an RST after its FIN", OPEN "A F. 1 1 0, B . 1 2 0, A R. 2 1 0",
	  "A shutdown wr, A linger 0, A close" },
	{ "two FINs that cross",
	  OPEN "A F. 1 1 0, B F. 1 1 0, A . 2 2 0, B . 2 2 0",
	  "A close, B close" },
	{ "sent again", OPEN "A P. 1 1 9, A P. 1 1 9, B . 1 10 0", "A send 9" },
	{ "many octets, one call",
	  OPEN "A . 1 1 5000, A P. 5001 1 2000, B . 1 7001 0",
	  "B recv 6000, A thread send 6000, pass until B returns, A join, "
	  "pass, A send 1000" },
	{ "octets that the capture lacks",
	  OPEN "B . 1 10 0, A F. 10 1 0, B . 1 11 0", "A send 9, A close" },
	{ "a FIN that the capture lacks", OPEN "B . 1 2 0", "A close" },
	{ "octets beyond the window, that nobody had",
	  OPEN "A P. 900001 1 9, B . 1 1 0", "" },
	{ "refused", "A S 0 0 0, B R. 0 1 0", "A connect, A error" },
	{ "not answered", "A S 0 0 0, A S 0 0 0", "B vanish, A connect" },
};

static const struct row bad[] = {
	{ "open before", "A . 1 1 0, B . 1 1 0",
	  "connection 7 was open before the capture began" },
	{ "no third segment", "A S 0 0 0, B S. 0 1 0",
	  "connection 7 is not opened by SYN, SYN with ACK, and ACK" },
};

static long number(const char **at)
{
	char *end;
	long n = strtol(*at, &end, 10);

	*at = end;
	return n;
}

static void read_segments(struct captured *c, const char *text)
{
	while (*text) {
		struct captured_segment *s =
			arena_push(&c->arena, &c->item, &c->n, sizeof(*s));
		size_t len = strcspn(text + 2, " ");

		s->from = *text == 'A' ? SIDE_A : SIDE_B;
		s->flags = (uint8_t)name_flags_parse(text + 2, len);
		text += 2 + len;
		s->seq = number(&text);
		s->ack = number(&text);
		s->len = (uint32_t)number(&text);
		s->frame = c->n;
		text += strspn(text, ", ");
	}
	c->over.family = AF_INET;
	c->over.id = 7;
}

/* The calls of a tape and what they wait for, with commas between. */
static char *calls_of(const struct tape *t)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	const char *between = "";

	for (size_t i = 0; i < t->n_event; i++) {
		const struct tape_event *e = &t->event[i];

		if (e->kind == TAPE_ACT)
			fprintf(out, "%s%c %s", between, side_letter(e->side),
				e->text);
		else if (e->kind == TAPE_PASS)
			fprintf(out, "%spass%s%s", between,
				e->text ? " until " : "",
				e->text ? e->text : "");
		else
			continue;
		between = ", ";
	}
	fclose(out);
	return text;
}

static void test_calls(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct captured c = { 0 };
		struct tape t = { 0 };
		struct acts a;
		struct fault f = { "" };
		char *calls;

		expect_row(rows[i].name);
		read_segments(&c, rows[i].segments);
		EXPECT_INT(acts_read(&a, &c.arena, &c, &f), 0);
		EXPECT_INT(played_tape(&t, &a, &c), 0);
		calls = calls_of(&t);
		EXPECT_STR(calls, rows[i].calls);
		free(calls);
		arena_free(&t.arena);
		arena_free(&c.arena);
	}
}

static void test_bad(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct captured c = { 0 };
		struct acts a;
		struct fault f = { "" };

		expect_row(bad[i].name);
		read_segments(&c, bad[i].segments);
		EXPECT_INT(acts_read(&a, &c.arena, &c, &f), -1);
		f.text[strlen(bad[i].calls)] = '\0';
		EXPECT_STR(f.text, bad[i].calls);
		arena_free(&c.arena);
	}
}

/* An act of an end that is gone has no place in the case. */
static void test_left_out(void)
{
	struct captured c = { 0 };
	struct tape t = { 0 };
	struct acts a;
	struct fault f;
	char *calls;

	read_segments(&c, OPEN "A F. 1 1 0, B . 1 2 0, A P. 2 1 9, B . 1 11 0");
	EXPECT_INT(acts_read(&a, &c.arena, &c, &f), 0);
	EXPECT_INT(played_tape(&t, &a, &c), 1);
	calls = calls_of(&t);
	EXPECT_STR(calls, "A close");
	free(calls);
	arena_free(&t.arena);
	arena_free(&c.arena);
}

static const struct test tests[] = {
	{ "the calls behind segments", test_calls },
	{ "no case can be made of it", test_bad },
	{ "data behind a FIN", test_left_out },
	{ NULL, NULL },
};

const struct suite suite_acts = { "acts", tests };
