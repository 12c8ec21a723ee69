/*
 * A ladder's rows as a picture, and what stands around them. Which lines there
 * are, the ladder's layout says.
 */
#include "tape/picture_own.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define MARK_COLUMNS 94 /* of a mark's text, before it goes on below */

const char picture_style[] =
	".lad text{font:12px ui-monospace,Menlo,Consolas,\"DejaVu Sans "
	"Mono\",monospace;fill:#1b1f24;white-space:pre}"
	".lad .bg{fill:#fff}"
	".lad .l{stroke:#8c959f;stroke-width:2;fill:none}"
	".lad .a{stroke:#0b5394;stroke-width:1.6;fill:none}"
	".lad .f{stroke-width:1.2}"
	".lad .x{stroke-dasharray:9 6}"
	".lad .g{stroke-dasharray:3 3}"
	".lad .o{stroke-dasharray:1 7;stroke-linecap:round;stroke-width:3}"
	".lad .h{fill:#0b5394;stroke:none}"
	".lad .r{fill:none;stroke:#0b5394}"
	".lad .d{fill:#1b1f24}"
	".lad .k{fill:#fff;stroke:#b3261e;stroke-width:2;"
	"stroke-dasharray:none}"
	".lad .kd{stroke:#8a5a00;stroke-dasharray:6 3}"
	".lad .s,.lad .n{text-anchor:middle}"
	".lad .e,.lad .t{text-anchor:end}"
	".lad .z{font-weight:700}"
	".lad .t,.lad .n,.lad .m{fill:#57606a}"
	".lad .w{fill:#b3261e;font-weight:700}"
	".lad .v{fill:#8a5a00;font-weight:700}"
	".lad .b{font-weight:700}"
	"@media screen and (prefers-color-scheme:dark){"
	".lad text{fill:#e6edf3}.lad .bg,.lad .k{fill:#0d1117}"
	".lad .l{stroke:#6e7681}.lad .a,.lad .r{stroke:#79c0ff}"
	".lad .h{fill:#79c0ff}.lad .d{fill:#e6edf3}"
	".lad .t,.lad .n,.lad .m{fill:#9da7b3}"
	".lad .w{fill:#ff938a}.lad .k{stroke:#ff938a}"
	".lad .v{fill:#e3b341}.lad .kd{stroke:#e3b341}}";

struct picture_row *picture_add_row(struct picture *p)
{
	struct picture_row *row =
		arena_push(p->arena, &p->row, &p->n, sizeof(*row));

	row->at_ns = -1;
	return row;
}

void picture_add_part(struct picture *p, struct picture_row *row,
		      const char *part)
{
	*(const char **)arena_push(p->arena, &row->part, &row->n_part,
				   sizeof(part)) = part;
}

void picture_heading(struct picture *p, const char *text)
{
	picture_add_part(p, picture_add_row(p),
			 picture_text(p->arena, "b", 8, PICTURE_TEXT_Y, text,
				      PICTURE_WIDTH - 16));
}

static void name_ends(struct picture *p)
{
	picture_add_part(
		p, picture_add_row(p),
		arena_printf(p->arena,
			     "<text class=\"n b\" x=\"%d\" y=\"%d\">A</text>"
			     "<text class=\"n b\" x=\"%d\" y=\"%d\">B</text>",
			     LIFE_A, PICTURE_TEXT_Y, LIFE_B, PICTURE_TEXT_Y));
}

/* So much of text as fits a line: up to a blank, where there is one. */
static size_t fitting(const char *text)
{
	size_t len = strlen(text), cut = MARK_COLUMNS;

	if (len <= MARK_COLUMNS)
		return len;
	while (cut && text[cut] != ' ')
		cut--;
	if (cut)
		return cut;
	cut = MARK_COLUMNS;
	while (cut > 1 && ((unsigned char)text[cut] & 0xC0) == 0x80)
		cut--; /* not into a character */
	return cut;
}

/* "✗ wrong flags" or "≠ RFC...: what it did", in as many rows as it takes. */
static void say_mark(struct picture *p, const struct picture_mark *m)
{
	const char *text = m->text;
	const char *sign = m->is_deviation ? "\xE2\x89\xA0" : "\xE2\x9C\x97";

	if (m->sign)
		sign = m->sign;

	while (*text) {
		size_t len = fitting(text);
		const char *line =
			arena_printf(p->arena, "%s %.*s", sign, (int)len, text);

		picture_add_part(p, picture_add_row(p),
				 picture_text(p->arena,
					      m->is_deviation ? "v" : "w", 92,
					      PICTURE_TEXT_Y, line,
					      PICTURE_WIDTH - 100));
		text += len + strspn(text + len, " ");
		sign = " ";
	}
}

/*
 * A row that the lifelines go through. Of one that is marked, an outline lies
 * below them.
 */
static struct picture_row *add_step(struct picture *p,
				    const struct picture_mark *mark)
{
	struct picture_row *row = picture_add_row(p);

	if (mark)
		picture_add_part(
			p, row,
			arena_printf(p->arena,
				     "<rect class=\"k%s\" x=\"90\" y=\"1\" "
				     "width=\"%d\" height=\"%d\" rx=\"4\"/>",
				     mark->is_deviation ? " kd" : "",
				     PICTURE_WIDTH - 134, PICTURE_ROW - 2));
	picture_add_part(p, row,
			 arena_printf(p->arena,
				      "<path class=\"l\" d=\"M%d 0v%dM%d "
				      "0v%d\"/>",
				      LIFE_A, PICTURE_ROW, LIFE_B,
				      PICTURE_ROW));
	return row;
}

/* What is being drawn: the rows of one tape. */
struct drawing {
	struct picture *picture;
	const struct picture_of *of;
	size_t *sent; /* by frame: the row where it was sent, or 0 */
	enum tcp_state state[2];
};

/* Whether the mark is about what the line shows, and is not drawn yet. */
static bool is_at(const struct picture_mark *m, const struct ladder_line *line)
{
	return line->event->kind == TAPE_SEGMENT && !line->waits &&
	       m->frame == line->event->frame;
}

/* The first of them that is wrong, else the first. */
static const struct picture_mark *mark_at(const struct drawing *d,
					  const struct ladder_line *line)
{
	const struct picture_mark *first = NULL;

	for (size_t i = 0; i < d->of->n_mark; i++) {
		const struct picture_mark *m = &d->of->mark[i];

		if (is_at(m, line) && (!first || !m->is_deviation))
			first = m;
	}
	return first;
}

static void draw_states(struct drawing *d, struct picture_row *row,
			const struct ladder_line *line)
{
	for (int side = SIDE_A; side <= SIDE_B; side++) {
		enum tcp_state state = line->event->state[side];

		if (line->waits || state == TCP_STATE_NONE ||
		    state == d->state[side])
			continue;
		d->state[side] = state;
		picture_draw_state(d->picture, row, (enum side)side, state);
	}
}

/* By how many rows the segment of the last row was sent above it. */
static size_t rows_since(struct drawing *d, const struct ladder_line *line)
{
	size_t here = d->picture->n - 1, *sent;

	if (!line->segment)
		return 0;
	sent = &d->sent[line->event->frame];
	if (!*sent)
		*sent = here;
	return here - *sent;
}

static void draw_line(struct drawing *d, const struct ladder_line *line)
{
	const struct picture_of *of = d->of;
	struct picture_row *row = add_step(d->picture, mark_at(d, line));

	row->at_ns = line->at_ns;
	if (line->segment)
		row->frame = of->number ? of->number[line->event->frame]
					: line->event->frame + 1;
	picture_draw(d->picture, row, of->tape, line, rows_since(d, line));
	draw_states(d, row, line);
	for (size_t i = 0; i < of->n_mark; i++)
		if (is_at(&of->mark[i], line))
			say_mark(d->picture, &of->mark[i]);
}

void picture_tape(struct picture *p, const struct picture_of *of)
{
	struct drawing d = { .picture = p, .of = of };
	struct ladder_lines lines;

	d.sent = arena_alloc(p->arena, of->tape->n_frame * sizeof(*d.sent));
	ladder_lay_out(p->arena, of->tape, true, &lines);
	name_ends(p);
	for (size_t i = 0; i < lines.n; i++)
		draw_line(&d, &lines.line[i]);
	for (size_t i = 0; i < of->n_mark; i++)
		if (of->mark[i].frame >= of->tape->n_frame)
			say_mark(p, &of->mark[i]);
}

static struct picture_mark *add_mark(struct arena *a,
				     struct picture_mark **mark, size_t *n)
{
	return arena_push(a, mark, n, sizeof(**mark));
}

size_t picture_marks(struct arena *a, const struct tape *t,
		     const struct picture_mark **marks)
{
	const struct finding *f = t->finding;
	struct picture_mark *mark = NULL;
	size_t n = 0;

	if (f && t->verdict == VERDICT_NOT_OK)
		*add_mark(a, &mark, &n) = (struct picture_mark){
			.frame = f->frame,
			.text = arena_printf(
				a, "line %d: %s: expected %s, actual %s",
				f->line, f->what, f->expected, f->actual)
		};
	for (size_t i = 0; i < t->n_deviation; i++)
		*add_mark(a, &mark, &n) = (struct picture_mark){
			.is_deviation = true,
			.frame = t->deviation[i].frame,
			.text = arena_printf(a, "%s: %s", t->deviation[i].id,
					     t->deviation[i].text)
		};
	*marks = mark;
	return n;
}

void picture_begin(FILE *out, const char *title, size_t n_row, bool with_style)
{
	size_t height = n_row * PICTURE_ROW + 2 * PICTURE_TOP;

	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"lad\" "
		"role=\"img\" width=\"%d\" height=\"%zu\" "
		"viewBox=\"0 0 %d %zu\"><title>",
		PICTURE_WIDTH, height, PICTURE_WIDTH, height);
	text_xml(out, title);
	fputs("</title>", out);
	if (with_style)
		fprintf(out, "<style>%s</style>", picture_style);
	fputs("<rect class=\"bg\" width=\"100%\" height=\"100%\"/>", out);
}

void picture_end(FILE *out)
{
	fputs("</svg>", out);
}

static void print_row(FILE *out, const struct picture_row *row, size_t at)
{
	fprintf(out, "<g transform=\"translate(0,%zu)\">",
		PICTURE_TOP + at * PICTURE_ROW);
	for (size_t i = 0; i < row->n_part; i++)
		fputs(row->part[i], out);
	if (row->at_ns >= 0)
		fprintf(out, PICTURE_TIME "%" PRId64 ".%06" PRId64 "</text>",
			row->at_ns / NS_PER_S,
			row->at_ns % NS_PER_S / NS_PER_US);
	if (row->frame)
		fprintf(out, PICTURE_FRAME "%" PRIu64 "</text>", row->frame);
	fputs("</g>", out);
}

static void print_all(FILE *out, const struct picture *p, const char *title,
		      bool with_style)
{
	picture_begin(out, title, p->n, with_style);
	for (size_t i = 0; i < p->n; i++)
		print_row(out, &p->row[i], i);
	picture_end(out);
}

void picture_print(FILE *out, const struct picture *p, const char *title)
{
	print_all(out, p, title, true);
}

void picture_put(FILE *out, const struct picture *p, const char *title)
{
	print_all(out, p, title, false);
}

void picture_print_tape(FILE *out, const struct tape *t, const char *title)
{
	struct arena a = { 0 };
	struct picture p = { .arena = &a };
	struct picture_of of = { .tape = t };

	of.n_mark = picture_marks(&a, t, &of.mark);
	picture_heading(&p, title);
	picture_tape(&p, &of);
	picture_print(out, &p, title);
	putc('\n', out);
	arena_free(&a);
}
