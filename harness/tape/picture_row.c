/*
 * A row of a picture: arrows, calls and states as SVG elements. Knows nothing
 * of the rows around it.
 */
#include "tape/picture_own.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/name.h"
#include "base/text.h"

#define ROOM	 (LIFE_B - LIFE_A - 24) /* for a text between the lifelines */
#define STUB	 90  /* of what is held: so far it is drawn as a line, */
#define FLIGHT	 44  /* and then so far as dots */
#define LOST_END 290 /* where what is lost ends */
#define HEAD	 9   /* the length of an arrow's head */
#define SHORT	 5   /* by so much an arrow ends before a state's dot */
#define LABEL	 16  /* from a lifeline to a text beside it */

static const int life[2] = { LIFE_A, LIFE_B };

const char *picture_escape(struct arena *a, const char *text)
{
	const char *copy;
	char *escaped;
	size_t len;
	FILE *out = memory_stream(&escaped, &len);

	text_xml(out, text);
	memory_stream_end(out);
	copy = arena_strndup(a, escaped, len);
	free(escaped);
	return copy;
}

static size_t count_characters(const char *text)
{
	size_t n = 0;

	while (text_next(&text))
		n++;
	return n;
}

const char *picture_text(struct arena *a, const char *looks, int x, int y,
			 const char *text, int room)
{
	const char *narrower = "";

	if ((double)count_characters(text) * CHARACTER > room)
		narrower = arena_printf(a,
					" textLength=\"%d\" "
					"lengthAdjust=\"spacingAndGlyphs\"",
					room);
	return arena_printf(a,
			    "<text class=\"%s\" x=\"%d\" y=\"%d\"%s>%s</text>",
			    looks, x, y, narrower, picture_escape(a, text));
}

/* The length of (x, y), at least 1, by 4 in 100 too long or short at the most. */
static int length_of(int x, int y)
{
	int long_one = abs(x) > abs(y) ? abs(x) : abs(y);
	int short_one = abs(x) + abs(y) - long_one;

	return 1 + long_one * 24 / 25 + short_one * 2 / 5;
}

/* An arrow's head at (x, y), which comes from (x - dx, y - dy). */
static const char *head(struct arena *a, int x, int y, int dx, int dy)
{
	int len = length_of(dx, dy);
	int bx = HEAD * dx / len, by = HEAD * dy / len;

	return arena_printf(a, "<path class=\"h\" d=\"M%d %dL%d %dL%d %dZ\"/>",
			    x, y, x - bx - by / 2, y - by + bx / 2,
			    x - bx + by / 2, y - by - bx / 2);
}

/* One segment on its way, and what it is drawn with. */
struct flight {
	struct arena *arena;
	enum side from;
	int way;  /* 1 from A to B, else -1 */
	int rise; /* from so far above it comes */
};

static const char *whole(const struct flight *f, const char *looks)
{
	int from = life[f->from], to = life[!f->from] - f->way * SHORT;
	struct arena *a = f->arena;

	return arena_printf(a, "<path class=\"%s\" d=\"M%d %dL%d %d\"/>%s",
			    looks, from, ARROW_Y - f->rise, to, ARROW_Y,
			    head(a, to, ARROW_Y, to - from, f->rise));
}

static const char *delivered(const struct flight *f)
{
	return whole(f, f->rise ? "a f" : "a");
}

static const char *forged(const struct flight *f)
{
	return whole(f, "a g");
}

/* A second line below the first: a copy is kept. */
static const char *kept(const struct flight *f)
{
	return arena_printf(f->arena, "%s<path class=\"a\" d=\"M%d %dH%d\"/>",
			    whole(f, "a"), LIFE_A + HEAD, ARROW_Y + 4,
			    LIFE_B - HEAD);
}

static const char *held(const struct flight *f)
{
	int from = life[f->from];

	return arena_printf(f->arena,
			    "<path class=\"a\" d=\"M%d %dh%d\"/>"
			    "<path class=\"a o\" d=\"M%d %dh%d\"/>",
			    from, ARROW_Y, f->way * STUB, from + f->way * STUB,
			    ARROW_Y, f->way * FLIGHT);
}

static const char *lost(const struct flight *f)
{
	int from = life[f->from], end = from + f->way * LOST_END;

	return arena_printf(f->arena,
			    "<path class=\"a x\" d=\"M%d %dH%d\"/>"
			    "<path class=\"a\" d=\"M%d %dl10 10m0 -10l-10 "
			    "10\"/>",
			    from, ARROW_Y, end, end - 5, ARROW_Y - 5);
}

static const char *(*const by_how[TAPE_HOW_COUNT])(const struct flight *f) = {
	[TAPE_UNCLAIMED] = delivered, [TAPE_DELIVERED] = delivered,
	[TAPE_KEPT] = kept,	      [TAPE_HELD] = held,
	[TAPE_LOST] = lost,	      [TAPE_FORGED] = forged,
};

static enum tape_how how_of(const struct ladder_line *line)
{
	if (line->waits)
		return TAPE_HELD;
	if (line->event->kind == TAPE_RELEASE)
		return TAPE_DELIVERED;
	return line->event->how;
}

static const char *said_of(struct arena *a, const struct ladder_line *line)
{
	const struct tape_event *e = line->event;

	if (e->kind != TAPE_SEGMENT)
		return "";
	if (e->text)
		return arena_printf(a, "  %s", e->text);
	return e->how == TAPE_UNCLAIMED ? "  not claimed by any rung" : "";
}

/*
 * On the arrow: in its middle, at the end where a held one was sent, or where
 * it arrives at last.
 */
static const char *label(struct picture *p, const struct flight *f,
			 const struct ladder_line *line)
{
	bool is_held = how_of(line) == TAPE_HELD;
	bool at_b = (f->from == SIDE_B) == is_held;
	const char *text = arena_printf(p->arena, "%s%s", line->segment,
					said_of(p->arena, line));
	const char *muted =
		line->event->passed || line->event->text ? " m" : "";
	const char *looks;

	if (!is_held && !f->rise) {
		looks = arena_printf(p->arena, "s%s", muted);
		return picture_text(p->arena, looks, MIDDLE, ABOVE_Y, text,
				    ROOM);
	}
	looks = arena_printf(p->arena, "%c%s", at_b ? 'e' : 'c', muted);
	return picture_text(p->arena, looks,
			    at_b ? LIFE_B - LABEL : LIFE_A + LABEL, ABOVE_Y,
			    text, ROOM);
}

static void draw_segment(struct picture *p, struct picture_row *row,
			 const struct tape *t, const struct ladder_line *line,
			 size_t rows)
{
	enum side from = t->frame[line->event->frame]->from;
	struct flight f = { p->arena, from, from == SIDE_A ? 1 : -1,
			    (int)rows * PICTURE_ROW };

	picture_add_part(p, row, by_how[how_of(line)](&f));
	picture_add_part(p, row, label(p, &f, line));
}

/* "A close = 0" at A's lifeline, behind a mark: full for a call, else open. */
static void draw_call(struct picture *p, struct picture_row *row,
		      const struct ladder_line *line)
{
	enum side side = line->event->side;
	int way = side == SIDE_A ? 1 : -1;
	bool is_call = line->event->kind == TAPE_ACT;

	picture_add_part(
		p, row,
		arena_printf(p->arena,
			     "<path class=\"%s\" d=\"M%d %dl%d -5v10Z\"/>",
			     is_call ? "h" : "r", life[side] + 2 * way,
			     ARROW_Y - 4, 9 * way));
	picture_add_part(p, row,
			 picture_text(p->arena, way > 0 ? "c" : "c e",
				      life[side] + LABEL * way, PICTURE_TEXT_Y,
				      line->text + 2, ROOM));
}

static void draw_note(struct picture *p, struct picture_row *row,
		      const struct ladder_line *line)
{
	picture_add_part(p, row,
			 picture_text(p->arena, "n", MIDDLE, PICTURE_TEXT_Y,
				      line->text, ROOM));
}

static bool is_of_an_end(enum tape_kind kind)
{
	return kind == TAPE_ACT || kind == TAPE_RETURN || kind == TAPE_IS ||
	       kind == TAPE_COUNTED;
}

void picture_draw(struct picture *p, struct picture_row *row,
		  const struct tape *t, const struct ladder_line *line,
		  size_t rows)
{
	if (line->segment)
		draw_segment(p, row, t, line, rows);
	else if (is_of_an_end(line->event->kind))
		draw_call(p, row, line);
	else
		draw_note(p, row, line);
}

void picture_draw_state(struct picture *p, struct picture_row *row,
			enum side side, enum tcp_state state)
{
	int way = side == SIDE_A ? -1 : 1;

	picture_add_part(p, row,
			 arena_printf(p->arena,
				      "<circle class=\"d\" cx=\"%d\" cy=\"%d\" "
				      "r=\"4\"/><text class=\"%s\" x=\"%d\" "
				      "y=\"%d\">%s</text>",
				      life[side], ARROW_Y,
				      way < 0 ? "z e" : "z",
				      life[side] + 12 * way, PICTURE_TEXT_Y + 3,
				      name_state(state)));
}
