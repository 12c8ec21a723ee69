/*
 * The page's data, written as results come in. How the data is drawn, page.js
 * says, which reads the members that are written here.
 */
#include "report/page_own.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/memory.h"
#include "base/text.h"
#include "run/coverage.h"
#include "tape/picture.h"

struct page {
	FILE *out;
	struct plan *plan;
	char folder[PATH_MAX]; /* the page's, absolute and with a slash */
	size_t n;
	struct coverage coverage;
	struct page_ladders ladders;
	struct intern cases; /* names */
	struct intern about; /* of each case: its title and so on, as JSON */
	struct intern ids;
	struct intern lines;
	struct intern wheres; /* "wire ipv4", with a guest's kernel */
	struct intern places; /* before and behind a case's name, in a link */
	struct intern more;   /* what only some results have, as JSON */
};

/* Links are relative to where the page is, however it was called. */
static void find_folder(struct page *p, const char *path)
{
	char *copy = memory_text(path), *slash = strrchr(copy, '/');

	if (slash)
		slash[slash == copy] = '\0';
	if (!realpath(slash ? copy : ".", p->folder))
		strcpy(p->folder, "");
	else if (strcmp(p->folder, "/") != 0 &&
		 strlen(p->folder) + 1 < sizeof(p->folder))
		strcat(p->folder, "/");
	free(copy);
}

/* The page may run what is in it, and ask nobody for more. */
void page_head(FILE *out, const char *title)
{
	fprintf(out,
		"<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, "
		"initial-scale=1\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" "
		"content=\"default-src 'none'; style-src 'unsafe-inline'; "
		"script-src 'unsafe-inline'\">\n"
		"<title>%s</title>\n<style>\n%s</style>\n",
		title, page_css);
}

struct page *page_begin(FILE *out, const char *path, struct plan *plan)
{
	struct page *p = memory_zeroed(1, sizeof(*p));

	p->out = out;
	p->plan = plan;
	find_folder(p, path);
	coverage_count(&p->coverage, plan);
	page_head(out, "lastack");
	fprintf(out,
		"%s<script id=\"data\" type=\"application/json\">\n"
		"{\"results\":[",
		page_html);
	return p;
}

static json_int_t number(const json_t *j, const char *key)
{
	return json_integer_value(json_object_get(j, key));
}

/* The file at path as the page has to call it: from the page's own folder. */
static const char *relative(const struct page *p, struct arena *a,
			    const char *path)
{
	const char *from = p->folder, *up = "";
	char to[PATH_MAX];
	size_t common = 0;

	if (!realpath(path, to) || !*from)
		return path;
	for (size_t i = 0; from[i] && from[i] == to[i]; i++)
		if (from[i] == '/')
			common = i + 1;
	for (const char *at = from + common; *at; at++)
		if (*at == '/')
			up = arena_printf(a, "%s../", up);
	return arena_printf(a, "%s%s", up, to + common);
}

/* What is before the case's name in the link and behind it, or all of it. */
static long place(struct page *p, struct arena *a, const struct page_result *r)
{
	const char *name = text_member(r->json, "name"), *path, *at;

	if (!r->capture)
		return -1;
	path = relative(p, a, r->capture);
	at = strstr(path, name);
	if (at && *name)
		path = arena_printf(a, "%.*s\t%s", (int)(at - path), path,
				    at + strlen(name));
	return (long)intern_add(&p->places, path);
}

/* Notes are of no use to who looks at a result: there is one in most. */
static json_t *told_by_judge(const json_t *judge)
{
	json_t *list = json_array();

	for (size_t i = 0; i < json_array_size(judge); i++) {
		json_t *one = json_array_get(judge, i);
		const char *severity = text_member(one, "severity");

		if (severity_parse(severity, strlen(severity)) >=
		    SEVERITY_SUSPICIOUS)
			json_array_append(list, one);
	}
	return list;
}

/* What an ordinary result does not have. */
static long more(struct page *p, const struct page_result *r)
{
	static const char *const members[] = { "reason", "finding",
					       "deviations" };
	json_t *all = json_object(), *judge;
	char *text;
	long at = -1;

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		json_t *value = json_object_get(r->json, members[i]);

		if (value && !json_is_null(value) &&
		    !(json_is_array(value) && !json_array_size(value)))
			json_object_set(all, members[i], value);
	}
	judge = told_by_judge(json_object_get(r->json, "judge"));
	if (json_array_size(judge))
		json_object_set(all, "judge", judge);
	json_decref(judge);
	text = json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS);
	if (!text)
		memory_exhausted();
	if (json_object_size(all))
		at = (long)intern_add(&p->more, text);
	free(text);
	json_decref(all);
	return at;
}

static void put_ids(struct page *p, FILE *out, const json_t *spec)
{
	putc('[', out);
	for (size_t i = 0; i < json_array_size(spec); i++) {
		const char *id = json_string_value(json_array_get(spec, i));

		fprintf(out, "%s%zu", i ? "," : "",
			intern_add(&p->ids, id ? id : ""));
	}
	putc(']', out);
}

/* The lines by their numbers; null where the text is not known. */
static void put_lines(struct page *p, FILE *out, const char *text)
{
	struct arena a = { 0 };

	if (!text) {
		fputs("null", out);
		return;
	}
	putc('[', out);
	for (const char *at = text; *at;) {
		size_t len = strcspn(at, "\n");
		const char *line = arena_strndup(&a, at, len);

		fprintf(out, "%s%zu", at == text ? "" : ",",
			intern_add(&p->lines, line));
		at += len + (at[len] == '\n');
	}
	putc(']', out);
	arena_free(&a);
}

/* The number of the result's case. */
static size_t find_case(struct page *p, const struct page_result *r)
{
	const char *name = text_member(r->json, "name"),
		   *path = text_member(r->json, "path");
	size_t n = p->cases.n, at = intern_add(&p->cases, name), len;
	char *text;
	FILE *out;

	if (at < n)
		return at;
	/* The name makes each text another: they are as many as the names. */
	out = memory_stream(&text, &len);
	page_text(out, name);
	putc(',', out);
	page_text(out, text_member(r->json, "title"));
	putc(',', out);
	put_ids(p, out, json_object_get(r->json, "spec"));
	putc(',', out);
	page_text(out, strcmp(path, name) ? path : "");
	putc(',', out);
	put_lines(p, out, r->text);
	memory_stream_end(out);
	intern_add(&p->about, text);
	free(text);
	return at;
}

static size_t find_where(struct page *p, struct arena *a, const json_t *j)
{
	const char *link = text_member(j, "link"),
		   *guest = text_member(j, "guest");

	return intern_add(&p->wheres,
			  arena_printf(a, "%s %s%s%s", *link ? link : "-",
				       text_member(j, "family"),
				       *guest ? " " : "", guest));
}

void page_add(struct page *p, const struct page_result *r)
{
	const char *verdict = text_member(r->json, "verdict");
	struct page_ladder ladder;
	struct arena a = { 0 };

	coverage_add_case(&p->coverage, p->plan, r->json);
	page_ladder_read(&p->ladders, &a, r->capture, &ladder);
	fprintf(p->out, "%s\n[%zu,%d,%zu,%lld,%lld,%ld,[%s],%ld,%ld,%ld]",
		p->n++ ? "," : "", find_case(p, r),
		(int)verdict_parse(verdict, strlen(verdict)),
		find_where(p, &a, r->json), (long long)number(r->json, "round"),
		(long long)(1e6 * json_number_value(json_object_get(
					  r->json, "duration_s"))),
		ladder.ladder, ladder.times, ladder.seen, place(p, &a, r),
		more(p, r));
	arena_free(&a);
}

static void put_verdicts(FILE *out)
{
	fputs(",\n\"verdicts\":[", out);
	for (int v = 0; v < VERDICT_COUNT; v++)
		fprintf(out, "%s\"%s\"", v ? "," : "",
			verdict_name((enum verdict)v));
	putc(']', out);
}

static void put_requirements(const struct page *p)
{
	fputs(",\n\"requirements\":[", p->out);
	for (size_t i = 0; i < p->coverage.n; i++) {
		const struct coverage_row *row = &p->coverage.row[i];
		const struct requirement *q = row->requirement;

		fputs(i ? ",\n" : "\n", p->out);
		page_json(p->out,
			  json_pack("[o,o,o,o,o,s]", text_json(q->id),
				    text_json(q->level), text_json(q->source),
				    text_json(q->section), text_json(q->text),
				    coverage_run_name(row->run)));
	}
	putc(']', p->out);
}

/* In which order the tables of the grid have its states and events. */
static void put_order(const struct page *p)
{
	const struct grid *g = &p->plan->grid;

	fputs(",\n\"states\":[", p->out);
	for (size_t i = 0; i < g->n_state; i++) {
		fputs(i ? "," : "", p->out);
		page_text(p->out, g->state[i].name);
	}
	fputs("],\n\"events\":[", p->out);
	for (size_t i = 0; i < g->n_event; i++) {
		fputs(i ? "," : "", p->out);
		page_text(p->out, g->event[i].name);
	}
	putc(']', p->out);
}

/* What stands around the rows of a ladder, and how high they are. */
static void put_svg(FILE *out)
{
	char *begin, *end;
	size_t len;
	FILE *text = memory_stream(&begin, &len);

	picture_begin(text, "", 0, true);
	memory_stream_end(text);
	text = memory_stream(&end, &len);
	picture_end(text);
	memory_stream_end(text);
	fputs(",\n\"svg\":", out);
	page_json(out, json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "begin",
				 begin, "end", end, "time", PICTURE_TIME,
				 "frame", PICTURE_FRAME, "row", PICTURE_ROW,
				 "top", PICTURE_TOP));
	free(begin);
	free(end);
}

static void page_free(struct page *p)
{
	page_ladders_free(&p->ladders);
	intern_free(&p->cases);
	intern_free(&p->about);
	intern_free(&p->ids);
	intern_free(&p->lines);
	intern_free(&p->wheres);
	intern_free(&p->places);
	intern_free(&p->more);
	free(p);
}

void page_end(struct page *p, json_t *head)
{
	FILE *out = p->out;

	fputs("],\n\"run\":", out);
	page_json(out, head);
	put_verdicts(out);
	put_svg(out);
	page_list(out, "cases", &p->about, page_brackets);
	page_list(out, "ids", &p->ids, page_text);
	page_list(out, "more", &p->more, page_whole);
	page_list(out, "lines", &p->lines, page_text);
	page_list(out, "wheres", &p->wheres, page_text);
	page_list(out, "places", &p->places, page_text);
	page_list(out, "parts", &p->ladders.parts, page_text);
	page_list(out, "rows", &p->ladders.rows, page_brackets);
	page_list(out, "ladders", &p->ladders.ladders, page_brackets);
	page_list(out, "seen", &p->ladders.seen, page_text);
	put_order(p);
	put_requirements(p);
	fprintf(out, "}\n</script>\n<script>\n%s</script>\n</html>\n", page_js);
	page_free(p);
}
