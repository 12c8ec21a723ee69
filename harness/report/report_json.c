/*
 * results.json: everything that is known of a run, for programs. Written
 * record by record, so that a run of many rounds needs no tree of them all.
 */
#include "report/report.h"

#include "base/clock.h"
#include "base/document.h"
#include "base/folder.h"
#include "run/plan.h"
#include "run/result.h"
#include "base/text.h"

static json_t *time_json(int64_t real_ns)
{
	char buf[TEXT_TIME_MAX];

	return json_string(text_time(real_ns, buf));
}

static json_t *summary_json(const struct run *run)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "ok",
			 (json_int_t)run->count[VERDICT_OK], "not_ok",
			 (json_int_t)run->count[VERDICT_NOT_OK], "skip",
			 (json_int_t)run->count[VERDICT_SKIP], "broken",
			 (json_int_t)run->count[VERDICT_BROKEN], "not_run",
			 (json_int_t)(run->n - run->done));
}

static json_t *head_json(const struct run *run)
{
	const char *link = run->n ? link_name(run->rec[0].job->link) : NULL;

	return json_pack(
		"{s:s, s:o, s:o, s:o, s:f, s:o, s:o, s:o, s:o, s:o, "
		"s:i, s:o}",
		"lastack", VERSION, "kernel", text_json(run->kernel), "machine",
		text_json(run->machine), "started", time_json(run->start_ns),
		"duration_s", (double)run->duration_ns / (double)NS_PER_S,
		"link", text_json(link), "seed",
		run->shuffled ? json_integer(run->seed) : json_null(), "bug",
		text_json(run->bug), "liar", text_json(run->bug), "command",
		text_json_list((const char *const *)run->argv,
			       (size_t)run->argc),
		"exit", run_exit_status(run), "summary", summary_json(run));
}

static void add_script(json_t *j, const struct job *job)
{
	const struct script *s = job->script;

	json_object_set_new(j, "path", text_json(s->path));
	json_object_set_new(j, "name", text_json(job->name));
	json_object_set_new(j, "title", text_json(s->title));
	json_object_set_new(j, "spec", text_json_list(s->spec, s->n_spec));
	json_object_set_new(j, "slow", json_boolean(s->slow));
}

static json_t *record_json(const struct run *run, const struct record *rec)
{
	json_t *j = result_json(&rec->out);
	const struct job *job = rec->job;

	add_script(j, job);
	json_object_set_new(j, "link", text_json(link_name(job->link)));
	json_object_set_new(j, "family", text_json(plan_family(job->family)));
	json_object_set_new(j, "round", json_integer(job->round));
	json_object_set_new(j, "kernel", text_json(run->kernel));
	json_object_set_new(j, "started", time_json(rec->out.start_ns));
	json_object_set_new(
		j, "duration_s",
		json_real((double)rec->out.duration_ns / (double)NS_PER_S));
	json_object_set_new(j, "capture",
			    text_json(rec->out.evidence ? job->capture : NULL));
	json_object_set_new(j, "ladder",
			    text_json(rec->out.evidence ? job->ladder : NULL));
	return j;
}

static void write_run(FILE *out, const struct run *run)
{
	const struct record *r;
	struct document d;

	document_open(&d, out, head_json(run), "cases");
	for (r = run->rec; r < run->rec + run->n; r++)
		if (r->phase == RECORD_DONE)
			document_add(&d, record_json(run, r));
	document_close(&d, NULL);
	putc('\n', out);
}

int report_json(const struct run *run, const char *path, struct fault *f)
{
	return report_file(run, path, write_run, f);
}
