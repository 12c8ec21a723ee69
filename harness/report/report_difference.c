/* Prints differences. Finds none. */
#include "report/report_difference.h"

#include <jansson.h>

#include "base/document.h"
#include "base/text.h"
#include "run/plan.h"

/* What each kind is, above its rows. */
static const char *const titles[DIFFERENCE_COUNT] = {
	[DIFFERENCE_REGRESSION] = "regressions",
	[DIFFERENCE_FIXED] = "fixed",
	[DIFFERENCE_VERDICT] = "other verdicts",
	[DIFFERENCE_OTHERWISE] = "the same verdict for another reason",
	[DIFFERENCE_LADDER] = "the same verdict, other segments or states",
	[DIFFERENCE_NEW] = "new",
	[DIFFERENCE_GONE] = "gone",
};

static const struct job *job_of(const struct difference *one)
{
	return one->after ? one->after->job : one->before->job;
}

static const struct run *run_of(const struct difference_report *r,
				const struct difference *one)
{
	return one->after ? r->after : r->before;
}

static const char *verdict_of(const struct record *rec)
{
	return rec ? verdict_name(rec->out.verdict) : NULL;
}

/* "ok -> not ok"; a verdict that is the same is told once. */
static void put_verdicts(FILE *out, const struct difference *one)
{
	const char *before = verdict_of(one->before);
	const char *after = verdict_of(one->after);

	if (before && after &&
	    one->before->out.verdict != one->after->out.verdict)
		fprintf(out, "%s -> %s", before, after);
	else
		fputs(after ? after : before, out);
}

static void put_why(FILE *out, struct arena *a, const char *name,
		    const struct record *rec)
{
	const char *why = rec ? difference_why(a, rec) : "";

	if (!*why)
		return;
	fprintf(out, "    %-6s ", name);
	text_plain(out, why);
	putc('\n', out);
}

static void put_line(FILE *out, char sign, const char *line)
{
	fprintf(out, "    %c ", sign);
	text_plain(out, line ? line : "(no more)");
	putc('\n', out);
}

static void put_row(FILE *out, const struct difference_report *r,
		    const struct difference *one)
{
	char label[RUN_LABEL_MAX];

	fputs("  ", out);
	text_plain(out, run_label(run_of(r, one), job_of(one), label));
	fputs(": ", out);
	put_verdicts(out, one);
	putc('\n', out);
	if (one->kind == DIFFERENCE_LADDER) {
		put_line(out, '-', one->line_before);
		put_line(out, '+', one->line_after);
		return;
	}
	put_why(out, r->arena, one->after ? "before" : "was", one->before);
	put_why(out, r->arena, one->before ? "now" : "is", one->after);
}

static void put_run(FILE *out, const char *name, const struct run *run)
{
	char buf[TEXT_TIME_MAX];

	fprintf(out, "%-6s  ", name);
	text_plain(out, run->dir);
	fprintf(out, "  %s  ", text_time(run->start_ns, buf));
	text_plain(out, run->kernel ? run->kernel : "");
	putc('\n', out);
}

void difference_text(FILE *out, const struct difference_report *r)
{
	const struct differences *d = r->d;

	put_run(out, "before", r->before);
	put_run(out, "now", r->after);
	for (size_t i = 0; i < d->n; i++) {
		enum difference_kind kind = d->row[i].kind;

		if (!i || d->row[i - 1].kind != kind)
			fprintf(out, "\n%s, %zu\n", titles[kind],
				d->count[kind]);
		put_row(out, r, &d->row[i]);
	}
	fprintf(out, "\n%zu cases compared", d->compared);
	for (int k = 0; k < DIFFERENCE_COUNT; k++)
		fprintf(out, ", %zu %s", d->count[k],
			difference_name((enum difference_kind)k));
	putc('\n', out);
}

static json_t *side_json(struct arena *a, const struct record *rec)
{
	if (!rec)
		return json_null();
	return json_pack("{s:s, s:o, s:o, s:o, s:o}", "verdict",
			 verdict_name(rec->out.verdict), "why",
			 text_json(difference_why(a, rec)), "path",
			 text_json(rec->job->script->path), "capture",
			 text_json(rec->job->capture), "ladder",
			 text_json(rec->job->ladder));
}

static json_t *row_json(const struct difference_report *r,
			const struct difference *one)
{
	const struct job *job = job_of(one);

	return json_pack("{s:s, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o}",
			 "kind", difference_name(one->kind), "name",
			 text_json(job->name), "link",
			 text_json(link_name(job->link)), "family",
			 text_json(plan_family(job->family)), "round",
			 (int)job->round, "before",
			 side_json(r->arena, one->before), "after",
			 side_json(r->arena, one->after), "line_before",
			 text_json(one->line_before), "line_after",
			 text_json(one->line_after));
}

static json_t *run_json(const struct run *run)
{
	char buf[TEXT_TIME_MAX];

	return json_pack("{s:o, s:o, s:o}", "folder", text_json(run->dir),
			 "started", text_json(text_time(run->start_ns, buf)),
			 "kernel", text_json(run->kernel));
}

void difference_json(FILE *out, const struct difference_report *r)
{
	json_t *count = json_object(), *head;
	struct document doc;

	for (int k = 0; k < DIFFERENCE_COUNT; k++)
		json_object_set_new(count,
				    difference_name((enum difference_kind)k),
				    json_integer((json_int_t)r->d->count[k]));
	head = json_pack("{s:o, s:o, s:I, s:o}", "before", run_json(r->before),
			 "after", run_json(r->after), "compared",
			 (json_int_t)r->d->compared, "count", count);
	document_open(&doc, out, head, "differences");
	for (size_t i = 0; i < r->d->n; i++)
		document_add(&doc, row_json(r, &r->d->row[i]));
	document_close(&doc, NULL);
	putc('\n', out);
}

static const char page_head[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width\">\n"
	"<title>lastack diff</title>\n<style>\n"
	":root { color-scheme: light dark; }\n"
	"body { font: 1rem/1.4 system-ui, sans-serif; margin: 1rem auto; "
	"max-width: 70rem; padding: 0 1rem; }\n"
	"pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }\n"
	"table { border-collapse: collapse; width: 100%; }\n"
	"th, td { border-top: 1px solid; padding: .3rem .5rem; "
	"text-align: left; vertical-align: top; }\n"
	"</style></head><body>\n<h1>lastack diff</h1>\n";

static void html_side(FILE *out, struct arena *a, const struct record *rec,
		      const char *line)
{
	fputs("<td>", out);
	if (rec) {
		text_xml(out, verdict_name(rec->out.verdict));
		fputs("<pre>", out);
		text_xml_data(out, line ? line : difference_why(a, rec));
		fputs("</pre>", out);
	}
	fputs("</td>", out);
}

static void html_row(FILE *out, const struct difference_report *r,
		     const struct difference *one)
{
	char label[RUN_LABEL_MAX];

	fputs("<tr><th scope=\"row\">", out);
	text_xml(out, run_label(run_of(r, one), job_of(one), label));
	fputs("</th>", out);
	html_side(out, r->arena, one->before, one->line_before);
	html_side(out, r->arena, one->after, one->line_after);
	fputs("</tr>\n", out);
}

static void html_run(FILE *out, const char *name, const struct run *run)
{
	char buf[TEXT_TIME_MAX];

	fprintf(out, "<p>%s: ", name);
	text_xml(out, run->dir);
	fprintf(out, ", %s, ", text_time(run->start_ns, buf));
	text_xml(out, run->kernel ? run->kernel : "");
	fputs("</p>\n", out);
}

void difference_html(FILE *out, const struct difference_report *r)
{
	const struct differences *d = r->d;

	fputs(page_head, out);
	html_run(out, "Before", r->before);
	html_run(out, "Now", r->after);
	fprintf(out, "<p>%zu cases compared.</p>\n", d->compared);
	for (size_t i = 0; i < d->n; i++) {
		enum difference_kind kind = d->row[i].kind;

		if (!i || d->row[i - 1].kind != kind)
			fprintf(out,
				"<h2>%s, %zu</h2>\n<table><tr>"
				"<th scope=\"col\">case</th>"
				"<th scope=\"col\">before</th>"
				"<th scope=\"col\">now</th></tr>\n",
				titles[kind], d->count[kind]);
		html_row(out, r, &d->row[i]);
		if (i + 1 == d->n || d->row[i + 1].kind != kind)
			fputs("</table>\n", out);
	}
	fputs("</body></html>\n", out);
}
