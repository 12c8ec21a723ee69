/* Ladders as pictures: what is drawn of a tape, and that its texts are safe. */
#include "tape/picture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/memory.h"
#include "test/expect.h"
#include "test/make.h"

/* clang-format off */
#define SEG(side, flags, seq, ack, len, how, a, b) \
	{ TAPE_SEGMENT, SIDE_##side, flags, NULL, seq, ack, len, \
	  TAPE_##how, { TCP_STATE_##a, TCP_STATE_##b }, 0, 0 }
#define ACT(side, text, answer) \
	{ TAPE_ACT, SIDE_##side, text, answer, 0, 0, 0, 0, { 0, 0 }, 0, 0 }

/* Every fate, a call and a release. */
static const struct make_event fates[] = {
	SEG(A, "S", 0, 0, 0, DELIVERED, SYN_SENT, SYN_RECEIVED),
	SEG(B, "S.", 0, 1, 0, DELIVERED, ESTABLISHED, SYN_RECEIVED),
	SEG(A, ".", 1, 1, 0, KEPT, ESTABLISHED, ESTABLISHED),
	ACT(A, "send \"<&>\"", "5"),
	SEG(A, "P.", 1, 1, 5, HELD, ESTABLISHED, ESTABLISHED),
	SEG(A, "F.", 6, 1, 0, LOST, FIN_WAIT_1, ESTABLISHED),
	SEG(B, "R.", 1, 1, 0, FORGED, CLOSED, ESTABLISHED),
	{ TAPE_RELEASE, SIDE_A, NULL, NULL, 0, 0, 3, 0,
	  { TCP_STATE_CLOSED, TCP_STATE_ESTABLISHED }, 0, 0 },
};
/* clang-format on */

static char *draw(struct tape *t, const char *title)
{
	char *text;
	size_t len;
	FILE *out = memory_stream(&text, &len);

	picture_print_tape(out, t, title);
	memory_stream_end(out);
	return text;
}

static int count(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

/* What is said of each fate is drawn as the class of its arrow. */
static void test_fates(void)
{
	struct tape t;
	char *text;

	make_tape(&t, AF_INET, fates, ARRAY_SIZE(fates));
	text = draw(&t, "fates");
	EXPECT_INT(count(text, "class=\"a x\""), 1); /* lost */
	EXPECT_INT(count(text, "class=\"a g\""), 1); /* forged */
	EXPECT_INT(count(text, "class=\"a o\""), 1); /* held, in flight */
	EXPECT_INT(count(text, "class=\"a f\""), 1); /* and from rows above */
	EXPECT_INT(count(text, "class=\"l\""), (int)ARRAY_SIZE(fates));
	EXPECT_TRUE(strstr(text, ">S.  seq 0 ack 1<") != NULL);
	/* Held three rows above: as many rows its arrow comes down. */
	EXPECT_TRUE(strstr(text, "M206 -65L647 19") != NULL);
	free(text);
	tape_clear(&t);
}

/* A state stands where an end has come to it, and only there. */
static void test_states(void)
{
	struct tape t;
	char *text;

	make_tape(&t, AF_INET, fates, ARRAY_SIZE(fates));
	text = draw(&t, "states");
	EXPECT_INT(count(text, ">SYN-SENT<"), 1);
	EXPECT_INT(count(text, ">ESTABLISHED<"), 2);
	EXPECT_INT(count(text, ">FIN-WAIT-1<"), 1);
	EXPECT_INT(count(text, ">CLOSED<"), 1);
	EXPECT_INT(count(text, "class=\"d\""), 6);
	free(text);
	tape_clear(&t);
}

/* Frames have the numbers of the capture, a held one both times. */
static void test_numbers(void)
{
	struct tape t;
	char *text;

	make_tape(&t, AF_INET, fates, ARRAY_SIZE(fates));
	text = draw(&t, "numbers");
	EXPECT_INT(count(text, ">#1<"), 1);
	EXPECT_INT(count(text, ">#4<"), 2);
	EXPECT_INT(count(text, ">#6<"), 1);
	EXPECT_INT(count(text, ">#7<"), 0);
	free(text);
	tape_clear(&t);
}

static void test_marks(void)
{
	struct finding found = { .line = 9,
				 .what = "wrong <flags>",
				 .expected = "F.",
				 .actual = "R",
				 .frame = 5 };
	struct deviation deviation = { .id = "ID-1",
				       .text = "does & more",
				       .frame = TAPE_NO_FRAME };
	struct tape t;
	char *text;

	make_tape(&t, AF_INET, fates, ARRAY_SIZE(fates));
	t.verdict = VERDICT_NOT_OK;
	t.finding = &found;
	t.deviation = &deviation;
	t.n_deviation = 1;
	text = draw(&t, "marks");
	EXPECT_INT(count(text, "class=\"k\""), 1);
	EXPECT_TRUE(strstr(text, "line 9: wrong &lt;flags&gt;: expected F., "
				 "actual R<") != NULL);
	EXPECT_TRUE(strstr(text, "ID-1: does &amp; more</text></g></svg>") !=
		    NULL);
	free(text);
	t.deviation = NULL;
	t.n_deviation = 0;
	tape_clear(&t);
}

/* Whatever a case says is text, not elements of the picture. */
static void test_hostile(void)
{
	struct tape t;
	char *text;

	make_tape(&t, AF_INET, fates, ARRAY_SIZE(fates));
	text = draw(&t, "</title><script>\x01\xff");
	EXPECT_INT(count(text, "<script"), 0);
	EXPECT_INT(count(text, "&lt;script&gt;"), 2);
	EXPECT_TRUE(strstr(text, "send &quot;&lt;&amp;&gt;&quot; = 5") != NULL);
	EXPECT_TRUE(!strpbrk(text, "\x01\xff"));
	free(text);
	tape_clear(&t);
}

/* A long mark goes on in more rows, cut at a blank; a text is squeezed. */
static void test_long(void)
{
	struct finding found = { .what = "w", .actual = "a", .frame = 0 };
	char words[400], whole[400];
	struct tape t;
	char *text;

	for (size_t i = 0; i < sizeof(words) - 1; i++)
		words[i] = i % 8 == 7 ? ' ' : 'x';
	words[sizeof(words) - 1] = '\0';
	memset(whole, 'y', sizeof(whole) - 1);
	whole[sizeof(whole) - 1] = '\0';
	make_tape(&t, AF_INET, fates, ARRAY_SIZE(fates));
	t.verdict = VERDICT_NOT_OK;
	found.expected = words;
	t.finding = &found;
	text = draw(&t, "long");
	EXPECT_INT(count(text, "class=\"w\""), 5);
	free(text);
	found.expected = whole;
	text = draw(&t, "long");
	EXPECT_INT(count(text, "class=\"w\""), 6);
	EXPECT_TRUE(strstr(text, "lengthAdjust") == NULL);
	free(text);
	text = draw(&t, whole);
	EXPECT_INT(count(text, "textLength=\"792\""), 1);
	free(text);
	tape_clear(&t);
}

static const struct test tests[] = {
	{ "every fate has its arrow", test_fates },
	{ "states where they change", test_states },
	{ "numbers of frames", test_numbers },
	{ "what is wrong is marked", test_marks },
	{ "hostile texts", test_hostile },
	{ "long texts", test_long },
	{ NULL, NULL },
};

const struct suite suite_picture = { "picture", tests };
