/*
 * Ladders of captures for the page: their pictures' rows by number, and what
 * a reader may look for in them.
 */
#include "report/page_own.h"

#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/name.h"
#include "tape/evidence.h"
#include "tape/picture.h"

/* Of a longer one the middle is left out. */
#define ROWS_MAX  240
#define ROWS_HEAD 80
#define ROWS_TAIL 120

/* A list of numbers, as text. */
struct numbers {
	struct arena *arena;
	char *text;
	size_t len, room;
};

#define NUMBER_MAX 24

static void add_number(struct numbers *n, int64_t number)
{
	if (n->len + NUMBER_MAX > n->room) {
		char *text;

		n->room = 2 * n->room + 256;
		text = arena_alloc(n->arena, n->room);
		if (n->len)
			memcpy(text, n->text, n->len);
		n->text = text;
	}
	n->len += (size_t)snprintf(n->text + n->len, NUMBER_MAX, "%s%" PRId64,
				   n->len ? "," : "", number);
}

static const char *text_of(const struct numbers *n)
{
	return n->len ? n->text : "";
}

static size_t intern_row(struct page_ladders *all, struct arena *a,
			 const struct picture_row *row)
{
	struct numbers n = { .arena = a };

	add_number(&n, row->at_ns >= 0);
	for (size_t i = 0; i < row->n_part; i++)
		add_number(&n, (int64_t)intern_add(&all->parts, row->part[i]));
	return intern_add(&all->rows, text_of(&n));
}

/* The rows that the page shows: where the middle was, one says so. */
static void cut_middle(struct picture *p)
{
	struct picture note = { .arena = p->arena };
	size_t left_out = p->n - ROWS_HEAD - ROWS_TAIL;

	if (p->n <= ROWS_MAX)
		return;
	picture_heading(&note, arena_printf(p->arena,
					    "%zu lines are left out: the "
					    "capture has them",
					    left_out));
	memmove(&p->row[ROWS_HEAD + 1], &p->row[p->n - ROWS_TAIL],
		ROWS_TAIL * sizeof(*p->row));
	p->row[ROWS_HEAD] = note.row[0];
	p->n = ROWS_HEAD + 1 + ROWS_TAIL;
}

static void add_picture(struct page_ladders *all, struct picture *p,
			struct page_ladder *ladder)
{
	struct numbers sequence = { .arena = p->arena };
	struct numbers times = { .arena = p->arena };
	int64_t before = 0;

	cut_middle(p);
	for (size_t i = 0; i < p->n; i++) {
		const struct picture_row *row = &p->row[i];

		add_number(&sequence, (int64_t)intern_row(all, p->arena, row));
		add_number(&sequence, (int64_t)row->frame);
		if (row->at_ns < 0)
			continue;
		add_number(&times, row->at_ns / NS_PER_US - before);
		before = row->at_ns / NS_PER_US;
	}
	ladder->ladder = (long)intern_add(&all->ladders, text_of(&sequence));
	ladder->times = text_of(&times);
}

/* Words, each once: there are a few tens at the most. */
struct words {
	struct arena *arena;
	const char *text; /* " ONE TWO " */
};

static void add_word(struct words *w, const char *word, size_t len)
{
	const char *padded = arena_printf(w->arena, " %.*s ", (int)len, word);

	if (!strstr(w->text, padded))
		w->text = arena_printf(w->arena, "%s%s", w->text, padded + 1);
}

static void add_flags(struct words *w, const struct frame *f)
{
	static const struct {
		unsigned int flag;
		const char *word;
	} flags[] = { { FLAG_SYN, "syn" },
		      { FLAG_FIN, "fin" },
		      { FLAG_RST, "rst" } };

	if (f->kind != SEG_TCP)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (f->seg.flags & flags[i].flag)
			add_word(w, flags[i].word, strlen(flags[i].word));
}

static const char *seen_in(struct arena *a, const struct tape *t)
{
	struct words w = { .arena = a, .text = " " };

	for (size_t i = 0; i < t->n_event; i++) {
		const struct tape_event *e = &t->event[i];

		for (int side = SIDE_A; side <= SIDE_B; side++)
			if (e->state[side] != TCP_STATE_NONE)
				add_word(&w, name_state(e->state[side]),
					 strlen(name_state(e->state[side])));
		if (e->kind == TAPE_ACT && e->text)
			add_word(&w, e->text, strcspn(e->text, " "));
		else if (e->kind == TAPE_SEGMENT)
			add_flags(&w, t->frame[e->frame]);
	}
	return arena_strndup(a, w.text + 1,
			     strlen(w.text + 1) ? strlen(w.text + 1) - 1 : 0);
}

void page_ladder_read(struct page_ladders *all, struct arena *a,
		      const char *capture, struct page_ladder *ladder)
{
	struct tape tape = { .n_event = 0 };
	struct picture_of of = { .tape = &tape };
	struct picture picture = { .arena = a };
	const char *unused;
	struct fault f;

	*ladder = (struct page_ladder){ -1, -1, "" };
	if (capture && evidence_read(capture, &tape, &unused, &f) == 0) {
		of.n_mark = picture_marks(a, &tape, &of.mark);
		picture_tape(&picture, &of);
		add_picture(all, &picture, ladder);
		ladder->seen = (long)intern_add(&all->seen, seen_in(a, &tape));
	}
	tape_clear(&tape);
}

void page_ladders_free(struct page_ladders *all)
{
	intern_free(&all->parts);
	intern_free(&all->rows);
	intern_free(&all->ladders);
	intern_free(&all->seen);
}
