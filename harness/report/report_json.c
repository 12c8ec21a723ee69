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
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "ok",
			 (json_int_t)run->count[VERDICT_OK], "deviates",
			 (json_int_t)run->count[VERDICT_DEVIATES], "not_ok",
			 (json_int_t)run->count[VERDICT_NOT_OK], "skip",
			 (json_int_t)run->count[VERDICT_SKIP], "broken",
			 (json_int_t)run->count[VERDICT_BROKEN], "not_run",
			 (json_int_t)(run->n - run->done));
}

/* Of both ends; null where it was not this program that played. */
static json_t *stacks_json(const struct run *run)
{
	json_t *j = json_object();

	for (int side = SIDE_A; side <= SIDE_B; side++) {
		const struct stack_choice *c =
			run->n_ends ? &run->ends->stack[side] : NULL;
		char letter[] = { side_letter((enum side)side), '\0' };

		json_object_set_new(
			j, letter,
			c ? json_pack("{s:o, s:o, s:o}", "name",
				      text_json(c->kind->name), "version",
				      text_json(*c->version ? c->version
							    : NULL),
				      "as", text_json(c->text))
			  : json_null());
	}
	return j;
}

static json_t *clock_json(const struct ends_plan *ends)
{
	if (!ends)
		return json_null();
	return json_string(ends_are_virtual(ends) ? "virtual" : "real");
}

/* The kernel of the guest that they are in; or NULL. */
static const char *guest_version(const struct ends_plan *ends)
{
	return ends && ends->vm_text ? ends->stack[SIDE_B].version : NULL;
}

static json_t *guests_json(const struct run *run)
{
	json_t *list = json_array();

	for (size_t i = 0; i < run->n_ends; i++) {
		const struct ends_plan *ends = &run->ends[i];

		if (ends->vm_text)
			json_array_append_new(
				list,
				json_pack("{s:o, s:o}", "version",
					  text_json(guest_version(ends)), "as",
					  text_json(ends->vm_text)));
	}
	return list;
}

/* What was at both ends, with its version; null where it was recorded. */
static json_t *labels_json(const struct ends_plan *ends)
{
	char a[STACK_LABEL_MAX], b[STACK_LABEL_MAX];

	if (!ends)
		return json_pack("{s:n, s:n}", "A", "B");
	return json_pack("{s:o, s:o}", "A",
			 text_json(stack_label(&ends->stack[SIDE_A], a)), "B",
			 text_json(stack_label(&ends->stack[SIDE_B], b)));
}

static json_t *shard_json(const struct run *run)
{
	if (!run->parts)
		return json_null();
	return json_pack("{s:i, s:i}", "part", (int)run->part, "of",
			 (int)run->parts);
}

json_t *report_json_head(const struct run *run)
{
	const char *link = run->n ? link_name(run->rec[0].job->link) : NULL;

	return json_pack("{s:s, s:o, s:o, s:o, s:f, s:o, s:o, s:o, s:o, s:o, "
			 "s:i, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "lastack", VERSION, "kernel", text_json(run->kernel),
			 "machine", text_json(run->machine), "started",
			 time_json(run->start_ns), "duration_s",
			 (double)run->duration_ns / (double)NS_PER_S, "link",
			 text_json(link), "seed",
			 run->shuffled ? json_integer(run->seed) : json_null(),
			 "bug", text_json(run->bug), "liar",
			 text_json(run->bug), "command",
			 text_json_list((const char *const *)run->argv,
					(size_t)run->argc),
			 "exit", run_exit_status(run), "fault",
			 text_json(run->refused), "summary", summary_json(run),
			 "stacks", stacks_json(run), "guests", guests_json(run),
			 "clock", clock_json(run->n_ends ? run->ends : NULL),
			 "shard", shard_json(run));
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

json_t *report_json_record(const struct run *run, const struct record *rec)
{
	json_t *j = result_json(&rec->out);
	const struct job *job = rec->job;

	add_script(j, job);
	json_object_set_new(j, "link", text_json(link_name(job->link)));
	json_object_set_new(j, "family", text_json(plan_family(job->family)));
	json_object_set_new(j, "round", json_integer(job->round));
	json_object_set_new(j, "kernel", text_json(run->kernel));
	json_object_set_new(j, "stacks", labels_json(job->ends));
	json_object_set_new(j, "guest", text_json(guest_version(job->ends)));
	json_object_set_new(j, "clock", clock_json(job->ends));
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

	document_open(&d, out, report_json_head(run), "cases");
	for (r = run->rec; r < run->rec + run->n; r++)
		if (r->phase == RECORD_DONE)
			document_add(&d, report_json_record(run, r));
	document_close(&d, NULL);
	putc('\n', out);
}

int report_json(const struct run *run, const char *path, struct fault *f)
{
	return report_file(run, path, write_run, f);
}
