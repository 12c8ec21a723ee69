/*
 * What a run left of a case as files for a browser: its ladders as a picture,
 * its results as a page.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/folder.h"
#include "base/memory.h"
#include "base/text.h"
#include "cmd/show_own.h"
#include "run/kept.h"
#include "tape/evidence.h"
#include "tape/picture.h"

/* Its heading, and the ladder of its capture when it has one. */
static int add_picture(struct records *r, const struct record_kept *k,
		       struct picture *p, struct fault *f)
{
	const char *path = records_file(r, k, "capture"), *unused;
	struct tape tape = { .n_event = 0 };
	struct picture_of of = { .tape = &tape };
	char *heading;
	size_t len;
	FILE *out = memory_stream(&heading, &len);
	int rc = 0;

	show_heading(out, k->j);
	memory_stream_end(out);
	picture_heading(p, heading);
	free(heading);
	if (*path)
		rc = evidence_read(path, &tape, &unused, f);
	if (*path && rc == 0) {
		of.n_mark = picture_marks(p->arena, &tape, &of.mark);
		picture_tape(p, &of);
	}
	tape_clear(&tape);
	return rc;
}

int show_draw(const struct show *o, struct records *r, struct fault *f)
{
	struct arena a = { 0 };
	struct picture p = { .arena = &a };
	FILE *out;
	int rc = 0;

	for (size_t i = 0; i < r->n && rc == 0; i++)
		rc = add_picture(r, &r->item[i], &p, f);
	out = rc ? NULL : folder_begin(&a, o->svg, f);
	rc = out ? 0 : -1;
	if (out) {
		picture_print(out, &p, text_member(r->item[0].j, "name"));
		putc('\n', out);
		rc = folder_keep(&a, out, o->svg, f);
	}
	arena_free(&a);
	return rc;
}

/* Leaves the others out. */
static void keep_asked_for(const struct show *o, struct run *run,
			   const char *text)
{
	size_t n = 0;

	for (size_t i = 0; i < run->n; i++) {
		const struct record *r = &run->rec[i];

		if (r->phase == RECORD_DONE && show_wants(o, r->job, text) &&
		    (!o->failed || show_is_failure(run, r)))
			run->rec[n++] = *r;
	}
	run->n = run->done = n;
}

/* Of faults in other cases nobody has asked. */
static void unheard(void *ctx, const char *text, size_t n)
{
	(void)ctx;
	(void)text;
	(void)n;
}

long show_page(const struct show *o, const char *text, struct fault *f)
{
	struct run run = { .program = program_invocation_name };
	struct plan p;
	struct fault no_cases;
	long n = -1;

	plan_open(&p, unheard, NULL);
	run.catalogue = &p.catalogue;
	/* Without the cases the page lacks their text, and no more. */
	plan_load(&p, NULL, 0, &no_cases);
	if (kept_read(&run, o->dir, f) == 0) {
		keep_asked_for(o, &run, text);
		n = (long)run.n;
		if (n && report_page(&run, &p, o->html, f))
			n = -1;
	}
	plan_close(&p);
	arena_free(&run.arena);
	return n;
}
