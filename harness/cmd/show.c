/*
 * The verb "show": what a run left of a case, from its results.json, its
 * ladders and its captures. Runs nothing.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/folder.h"
#include "base/text.h"
#include "cmd/show_own.h"
#include "run/kept.h"

static int show_ladder(struct records *r, const struct record_kept *k)
{
	const char *path = records_file(r, k, "ladder");
	struct fault f;
	char *text = NULL;
	size_t len;
	int rc;

	if (*path)
		text = folder_read(path, &len, &f);
	if (text)
		text_indent(stdout, "", text);
	else if (*path)
		fprintf(stderr, "lastack show: %s\n", f.text);
	rc = *path && !text ? CMD_BAD : 0;
	free(text);
	return rc;
}

void show_heading(FILE *out, const json_t *j)
{
	text_plain(out, text_member(j, "name"));
	fprintf(out, "  %s %s", text_member(j, "family"),
		text_member(j, "link"));
	if (*text_member(j, "guest"))
		fprintf(out, " %s", text_member(j, "guest"));
	if (json_integer_value(json_object_get(j, "round")) > 1)
		fprintf(out, " round %lld",
			json_integer_value(json_object_get(j, "round")));
	fprintf(out, "  %s", text_member(j, "verdict"));
	if (*text_member(j, "reason")) {
		fputs(": ", out);
		text_plain(out, text_member(j, "reason"));
	}
}

static int show_text(struct records *r, size_t i)
{
	if (i)
		putchar('\n');
	/* A comment: what is printed is a case. */
	fputs("# ", stdout);
	show_heading(stdout, r->item[i].j);
	putchar('\n');
	return show_ladder(r, &r->item[i]);
}

static int show_found(const struct show *o, struct records *r, struct fault *f)
{
	int rc = 0;

	if (o->svg)
		return show_draw(o, r, f);
	for (size_t i = 0; i < r->n; i++)
		if (show_text(r, i))
			rc = CMD_BAD;
	return rc;
}

static int show(const struct show *o, const char *text)
{
	struct records records = { .n = 0 };
	struct fault f;
	int rc = records_add(&records, o->dir, text, &o->wanted, &f);

	if (rc == 0 && !records.n)
		rc = fault_set(&f,
			       "%s is not in the run kept in %s; run it first: "
			       "lastack run %s",
			       text, o->dir, text);
	if (rc == 0)
		rc = show_found(o, &records, &f);
	if (rc < 0)
		fprintf(stderr, "lastack show: %s\n", f.text);
	records_free(&records);
	return rc < 0 ? CMD_BAD : rc;
}

bool show_is_failure(const struct run *run, const struct record *rec)
{
	switch (rec->out.verdict) {
	case VERDICT_NOT_OK:
	case VERDICT_BROKEN:
		return true;
	case VERDICT_DEVIATES:
		return !run->expect;
	default:
		return false;
	}
}

bool show_wants(const struct show *o, const struct job *job, const char *text)
{
	const struct records_wanted *w = &o->wanted;

	if (w->link && job->link != link_parse(w->link))
		return false;
	if (w->ipv4 != w->ipv6 && w->ipv6 != (job->family == AF_INET6))
		return false;
	return !text || kept_is_case(job->name, job->script->path, text);
}

static int show_failure(struct run *run, struct record *rec, size_t shown)
{
	char label[RUN_LABEL_MAX];
	struct fault f;

	if (kept_ladder(run, rec, &f)) {
		fprintf(stderr, "lastack show: %s\n", f.text);
		return CMD_BAD;
	}
	printf("%s%s  ", shown ? "\n" : "", verdict_name(rec->out.verdict));
	text_plain(stdout, run_label(run, rec->job, label));
	putchar('\n');
	report_failure(stdout, run, rec);
	return 0;
}

static int show_failures(const struct show *o, struct run *run,
			 const char *text)
{
	size_t shown = 0;
	int rc = 0;

	for (size_t i = 0; i < run->n && rc == 0; i++) {
		struct record *rec = &run->rec[i];

		if (rec->phase == RECORD_DONE && show_is_failure(run, rec) &&
		    show_wants(o, rec->job, text))
			rc = show_failure(run, rec, shown++);
	}
	if (run->refused)
		printf("nothing was played: %s\n", run->refused);
	else if (!shown)
		printf("nothing failed in the run kept in %s\n", o->dir);
	return rc;
}

/* All that failed, with what a run says of it when it happens. */
static int show_failed(const struct show *o, const char *text)
{
	struct run run = { .program = program_invocation_name };
	struct plan p;
	struct fault f;
	int rc = CMD_BAD;

	plan_open(&p, option_fault, NULL);
	run.catalogue = &p.catalogue;
	if (plan_catalogue(&p, &f) || kept_read(&run, o->dir, &f))
		fprintf(stderr, "lastack show: %s\n", f.text);
	else
		rc = show_failures(o, &run, text);
	plan_close(&p);
	arena_free(&run.arena);
	return rc;
}

/* Results as a page, which has to have some. */
static int write_page(const struct show *o, const char *text)
{
	struct fault f;
	long n = show_page(o, text, &f);

	if (n == 0)
		fault_set(&f, "no such result is in the run kept in %s",
			  o->dir);
	if (n <= 0)
		fprintf(stderr, "lastack show: %s\n", f.text);
	return n > 0 ? 0 : CMD_BAD;
}

#define TO(member) offsetof(struct show, member)

static const struct option_row rows[] = {
	{ "link", 0, option_text, TO(wanted.link), .help = "this link only",
	  .words = link_names },
	{ NULL, '4', option_flag, TO(wanted.ipv4), .help = "IPv4 only" },
	{ NULL, '6', option_flag, TO(wanted.ipv6), .help = "IPv6 only" },
	{ "failed", 0, option_flag, TO(failed),
	  .help = "all that failed: the frame, the clause it\n"
		  "breaks, and the command that runs it again" },
	{ "svg", 0, option_text, TO(svg), .help = "draw it there, as a picture",
	  .argument = "FILE", .expected = "a file" },
	{ "html", 0, option_text, TO(html),
	  .help = "write it there, as a page for a browser", .argument = "FILE",
	  .expected = "a file" },
	{ "out", 0, option_text, TO(dir),
	  .help = "the run that was kept there, not the\n"
		  "last one (reports/latest)",
	  .argument = "FOLDER", .expected = "a folder" },
	{ 0 },
};

static const struct show usual = { .dir = "reports/latest" };

static int enter(void *options, int argc, char **argv)
{
	const struct show *o = options;

	if (o->svg && (o->html || o->failed))
		return option_bad("show", "--svg goes with CASE alone");
	if (o->html && (o->failed || argc - optind == 1) && argc - optind <= 1)
		return write_page(o, argv[optind]);
	if (o->failed && argc - optind <= 1)
		return show_failed(o, argv[optind]);
	if (argc - optind != 1)
		return option_bad("show", "expected one case");
	return show(o, argv[optind]);
}

const struct cmd cmd_show = {
	.name = "show",
	.line = "show the ladder of a case in the last run",
	.usage = "[OPTION...] CASE\n"
		 "[OPTION...] --failed [CASE]",
	.text = "Prints the ladder of a case in the last run, with states and times,\n"
		"for every link and address family it was run with.",
	.rows = rows,
	.status = "Exit status: 0, or 2 when there is no such run of the case.",
	.size = sizeof(usual),
	.usual = &usual,
	.enter = enter,
};
