/*
 * index.html: a run as a page. Knows which results, texts and captures go on
 * it, and not how it looks.
 */
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/folder.h"
#include "base/memory.h"
#include "report/page.h"

/* Of a run that was kept the texts are where they were: in their files. */
static char *read_text(const struct plan *plan, const struct job *job)
{
	struct fault f;
	size_t len;

	for (size_t i = 0; i < plan->n; i++)
		if (strcmp(plan->item[i].name, job->name) == 0)
			return memory_text(plan->item[i].script->text);
	return folder_read(job->script->path, &len, &f);
}

static void add(struct page *p, const struct run *run, const struct plan *plan,
		const struct record *r)
{
	const struct job *job = r->job;
	json_t *json = report_json_record(run, r);
	char *text = job->script->text ? NULL : read_text(plan, job);
	struct page_result result = {
		.json = json,
		.text = text ? text : job->script->text,
		.capture = r->out.evidence ? job->capture : NULL,
	};

	page_add(p, &result);
	json_decref(json);
	free(text);
}

/*
 * A browser would not show many more. Then of a case's rounds those that are
 * ok, but for the first, are not there.
 */
#define RESULTS_MAX 20000

static bool is_left_out(const struct run *run, const struct record *r)
{
	return run->done > RESULTS_MAX && r->out.verdict == VERDICT_OK &&
	       r->job->round > 1;
}

int report_page(const struct run *run, struct plan *plan, const char *path,
		struct fault *f)
{
	struct arena a = { 0 };
	FILE *out = folder_begin(&a, path, f);
	json_int_t left_out = 0;
	struct page *p;
	json_t *head;
	int rc = -1;

	if (out) {
		p = page_begin(out, path, plan);
		for (size_t i = 0; i < run->n; i++) {
			const struct record *r = &run->rec[i];

			if (r->phase != RECORD_DONE)
				continue;
			if (is_left_out(run, r))
				left_out++;
			else
				add(p, run, plan, r);
		}
		head = report_json_head(run);
		json_object_set_new(head, "left_out", json_integer(left_out));
		page_end(p, head);
		rc = folder_keep(&a, out, path, f);
	}
	arena_free(&a);
	return rc;
}
