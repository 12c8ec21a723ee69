/*
 * A page of captures: static HTML, a part for each capture. Knows how findings
 * and connections look, and not which are shown.
 */
#include "report/page_capture.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/text.h"
#include "report/page_own.h"
#include "tape/picture.h"

/*
 * More connections of a capture, with findings or without, and more findings
 * are only counted.
 */
#define CONNECTIONS_MAX (PAGE_CAPTURE_LADDERS / 2)
#define FINDINGS_MAX	5000

/* What is written of a connection, but for its ladder. */
struct connection {
	uint32_t id;
	const char *head; /* one line, as HTML */
	const char *body;
	bool has_findings;
};

struct page_capture {
	FILE *parts; /* of the captures so far */
	char *parts_text;
	size_t parts_len;
	size_t n_capture;
	/* Of the capture that is being read: */
	struct arena arena;
	struct connection *connection;
	size_t n_connection;
	size_t n_with_findings; /* of these */
	uint64_t left_out;
	FILE *rows; /* of the table of findings */
	char *rows_text;
	size_t rows_len;
	size_t n_finding;
};

/* As a result that is as bad looks on a run's page. */
static const char *const looks[SEVERITY_COUNT] = {
	[SEVERITY_NOTE] = "v ok",
	[SEVERITY_INCONCLUSIVE] = "v skip",
	[SEVERITY_SUSPICIOUS] = "v deviates",
	[SEVERITY_VIOLATION] = "v not-ok",
};

struct page_capture *page_capture_begin(void)
{
	struct page_capture *p = memory_zeroed(1, sizeof(*p));

	p->parts = memory_stream(&p->parts_text, &p->parts_len);
	p->rows = memory_stream(&p->rows_text, &p->rows_len);
	return p;
}

static void put_severity(FILE *out, enum severity s)
{
	fprintf(out, "<span class=\"%s\">%s %s</span>", looks[s],
		listing_sign(s), severity_name(s));
}

static void put_cell(FILE *out, const char *text)
{
	fputs("<td>", out);
	text_xml(out, text ? text : "");
	fputs("</td>", out);
}

/* A row of the table, which leads to the connection. */
static void add_finding(struct page_capture *p, const struct flows_over *o,
			const struct judge_finding *f)
{
	FILE *out = p->rows;

	if (p->n_finding++ >= FINDINGS_MAX)
		return;
	fputs("<tr><td>", out);
	put_severity(out, f->severity);
	fprintf(out,
		"</td><td class=\"n\"><a href=\"#c%zu-%" PRIu32 "\">%" PRIu32
		"</a></td><td class=\"n\">%" PRIu64 "</td><td>%c</td>",
		p->n_capture, o->id, o->id, f->frame, side_letter(f->side));
	fputs("<td><code>", out);
	text_xml(out, f->rule->name);
	fputs("</code><br>", out);
	text_xml(out, f->rule->id);
	fputs("</td>", out);
	put_cell(out, f->expected);
	put_cell(out, f->actual);
	fputs("</tr>\n", out);
}

static void say(FILE *out, const char *what, const char *text)
{
	if (!text || !*text)
		return;
	fprintf(out, "<dt>%s</dt><dd>", what);
	text_xml(out, text);
	fputs("</dd>", out);
}

static void put_finding(FILE *out, const struct judge_finding *f)
{
	fputs("<p>", out);
	put_severity(out, f->severity);
	fprintf(out, " of %c, frame %" PRIu64 ": <code>", side_letter(f->side),
		f->frame);
	text_xml(out, f->rule->name);
	fputs("</code> (", out);
	text_xml(out, f->rule->id);
	fputs(")</p><dl class=\"said\">", out);
	say(out, "rule", f->rule->text);
	say(out, "expected", f->expected);
	say(out, "actual", f->actual);
	say(out, "settled by", f->settles);
	fputs("</dl>\n", out);
}

/* What one of the listing's functions prints, as HTML in the arena. */
static const char *told(struct page_capture *p,
			void (*put)(FILE *out, const struct flows_over *o),
			const struct flows_over *o)
{
	const char *escaped;
	char *text, *html;
	size_t len;
	FILE *out = memory_stream(&text, &len);

	put(out, o);
	memory_stream_end(out);
	out = memory_stream(&html, &len);
	text_xml(out, text);
	memory_stream_end(out);
	escaped = arena_strndup(&p->arena, html, len);
	free(text);
	free(html);
	return escaped;
}

static const char *body_of(struct page_capture *p, const struct listing *list,
			   const struct flows_over *o)
{
	const char *body;
	char *text;
	size_t len;
	FILE *out = memory_stream(&text, &len);

	fprintf(out, "<p class=\"dim\">%s</p>\n",
		told(p, listing_put_course, o));
	for (size_t i = 0; i < o->n_found; i++)
		if (listing_wants(list, o->found[i]))
			put_finding(out, o->found[i]);
	memory_stream_end(out);
	body = arena_strndup(&p->arena, text, len);
	free(text);
	return body;
}

static bool has_room(const struct page_capture *p, bool has_findings)
{
	size_t with = p->n_with_findings, without = p->n_connection - with;

	return (has_findings ? with : without) < CONNECTIONS_MAX;
}

bool page_capture_add(struct page_capture *p, const struct listing *list,
		      const struct flows_over *o)
{
	bool has_findings = listing_has(list, o);
	struct connection *c;

	if (!listing_shows(list, o))
		return false;
	for (size_t i = 0; i < o->n_found; i++)
		if (listing_wants(list, o->found[i]))
			add_finding(p, o, o->found[i]);
	if (!has_room(p, has_findings)) {
		p->left_out++;
		return false;
	}
	c = arena_push(&p->arena, &p->connection, &p->n_connection, sizeof(*c));
	p->n_with_findings += has_findings;
	c->id = o->id;
	c->has_findings = has_findings;
	c->head = told(p, listing_put_head, o);
	c->body = body_of(p, list, o);
	return true;
}

static void put_sum(FILE *out, const struct listing_sum *sum)
{
	fprintf(out,
		"<p>%" PRIu64 " packets, %" PRIu64 " connections, %" PRIu64
		" with findings",
		sum->packets, sum->connections, sum->with_findings);
	for (int s = SEVERITY_COUNT; s-- > 0;)
		fprintf(out, "%s%" PRIu64 " %s",
			s == SEVERITY_COUNT - 1 ? ": " : ", ", sum->found[s],
			severity_name((enum severity)s));
	fputs("</p>\n", out);
	if (sum->damage) {
		fputs("<p class=\"v broken\">not read to its end: ", out);
		text_xml(out, sum->damage);
		fputs("</p>\n", out);
	}
}

static void put_findings(struct page_capture *p)
{
	memory_stream_end(p->rows);
	fputs("<h3>Findings</h3>\n", p->parts);
	if (!p->n_finding)
		fputs("<p>None.</p>\n", p->parts);
	else
		fprintf(p->parts,
			"<div class=\"wide\"><table><thead><tr>"
			"<th scope=\"col\">Severity</th>"
			"<th scope=\"col\">Connection</th>"
			"<th scope=\"col\">Frame</th>"
			"<th scope=\"col\">Of</th>"
			"<th scope=\"col\">Rule</th>"
			"<th scope=\"col\">Expected</th>"
			"<th scope=\"col\">Actual</th></tr></thead>\n"
			"<tbody>%s</tbody></table></div>\n",
			p->rows_text);
	if (p->n_finding > FINDINGS_MAX)
		fprintf(p->parts, "<p>and %zu more</p>\n",
			p->n_finding - FINDINGS_MAX);
	free(p->rows_text);
	p->rows = memory_stream(&p->rows_text, &p->rows_len);
	p->n_finding = 0;
}

static void put_connection(struct page_capture *p, const struct connection *c,
			   const struct picked *picked)
{
	struct arena a = { 0 };
	struct picture picture = { .arena = &a };

	fprintf(p->parts,
		"<details id=\"c%zu-%" PRIu32 "\"%s><summary><span "
		"class=\"name\">%" PRIu32 "  %s</span></summary>\n%s",
		p->n_capture, c->id, c->has_findings ? " open" : "", c->id,
		c->head, c->body);
	if (picked_draw(picked, c->id, &picture)) {
		fputs("<div class=\"ladder\" tabindex=\"0\" role=\"group\" "
		      "aria-label=\"the ladder\">",
		      p->parts);
		picture_put(p->parts, &picture,
			    arena_printf(&a, "Ladder of connection %" PRIu32,
					 c->id));
		fputs("</div>\n", p->parts);
	} else {
		fputs("<p class=\"dim\">Its ladder is not drawn: the "
		      "others take too much room.</p>\n",
		      p->parts);
	}
	fputs("</details>\n", p->parts);
	arena_free(&a);
}

static int by_id(const void *a, const void *b)
{
	const struct connection *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

void page_capture_close(struct page_capture *p, const struct listing *list,
			const struct picked *picked)
{
	fputs("<section><h2>", p->parts);
	text_xml(p->parts, list->sum.name);
	fputs("</h2>\n", p->parts);
	put_sum(p->parts, &list->sum);
	put_findings(p);
	fputs("<h3>Connections</h3>\n", p->parts);
	if (p->n_connection)
		qsort(p->connection, p->n_connection, sizeof(*p->connection),
		      by_id);
	for (size_t i = 0; i < p->n_connection; i++)
		put_connection(p, &p->connection[i], picked);
	if (p->left_out)
		fprintf(p->parts,
			"<p>%" PRIu64 " more connections are not here; "
			"--flow picks one.</p>\n",
			p->left_out);
	fputs("</section>\n", p->parts);
	arena_free(&p->arena);
	p->connection = NULL;
	p->n_connection = p->n_with_findings = 0;
	p->left_out = 0;
	p->n_capture++;
}

static void write_page(FILE *out, const struct page_capture *p)
{
	page_head(out, "lastack check");
	fprintf(out,
		"<style>%s</style>\n<header><h1>lastack check</h1>\n"
		"<p class=\"dim\">lastack " VERSION
		"; how the TCP connections of captures end</p></header>\n"
		"<main>\n%s</main>\n</html>\n",
		picture_style, p->parts_text);
}

int page_capture_end(struct page_capture *p, const char *path, struct fault *f)
{
	struct arena a = { 0 };
	FILE *out = folder_begin(&a, path, f);
	int rc = -1;

	memory_stream_end(p->parts);
	memory_stream_end(p->rows);
	if (out) {
		write_page(out, p);
		rc = folder_keep(&a, out, path, f);
	}
	arena_free(&a);
	arena_free(&p->arena);
	free(p->parts_text);
	free(p->rows_text);
	free(p);
	return rc;
}
