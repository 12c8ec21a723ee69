/* What a case leaves, in files and as text. Knows no lane. */
#include "run/played.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "tape/ladder.h"

void played_end(struct played *p)
{
	tape_clear(&p->tape);
	free(p->ladder);
	p->ladder = NULL;
}

void played_begin(struct played *p, const struct job *job)
{
	played_end(p);
	p->job = job;
	p->about = (struct evidence_about){ .app = NULL };
}

static int write_evidence(struct played *p, struct fault *f)
{
	if (!p->job->capture)
		return 0;
	return evidence_write(p->job->capture, p->job->script, &p->tape,
			      &p->about, f);
}

static int write_ladder(struct played *p, struct fault *f)
{
	const char *path = p->job->ladder;
	FILE *out;
	bool failed;

	if (!path)
		return 0;
	out = fopen(path, "we");
	if (!out)
		return fault_errno(f, "%s", path);
	ladder_print(out, p->job->script, &p->tape, LADDER_TIMES | LADDER_HEAD);
	failed = ferror(out);
	failed = fclose(out) || failed;
	return failed ? fault_errno(f, "%s", path) : 0;
}

/* Most cases pass, and nobody is shown theirs. */
static void draw_ladder(struct played *p, struct outcome *out)
{
	FILE *text;
	size_t len;

	if (out->verdict == VERDICT_OK && !p->job->shown)
		return;
	text = memory_stream(&p->ladder, &len);
	ladder_print(text, p->job->script, &p->tape, 0);
	memory_stream_end(text);
	out->ladder = p->ladder;
}

static void be_broken(struct played *p, struct outcome *out,
		      const struct fault *f)
{
	out->verdict = VERDICT_BROKEN;
	out->reason = arena_printf(&p->tape.arena, "%s", f->text);
	out->finding = NULL;
}

void played_keep(struct played *p, struct outcome *out)
{
	struct fault f;

	if (out->verdict == VERDICT_SKIP)
		return;
	out->evidence = write_evidence(p, &f) == 0;
	if (!out->evidence || write_ladder(p, &f) < 0)
		be_broken(p, out, &f);
	draw_ladder(p, out);
}
