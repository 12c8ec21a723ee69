/* What several reports have in common. Knows no format. */
#include "report/report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/folder.h"
#include "base/memory.h"
#include "base/text.h"

const char *const report_formats[] = { "tap",	"tap13", "ktap",
				       "human", "auto",	 NULL };

const struct report *report_find(const char *name)
{
	static const struct report *const all[] = { &report_tap, &report_tap13,
						    &report_ktap, &report_human,
						    NULL };
	const struct report *const *r;

	for (r = all; *r; r++)
		if (strcmp((*r)->name, name) == 0)
			return *r;
	return NULL;
}

void report_again(FILE *out, const struct run *run, const struct job *job)
{
	const char *link = link_name(job->link);

	text_word(out, run->program ? run->program : "lastack");
	fprintf(out, " %s ", run->verb);
	if (!link) {
		text_word(out, job->capture);
		return;
	}
	text_word(out, job->script->path);
	fprintf(out, " -%c --link %s", job->family == AF_INET6 ? '6' : '4',
		link);
	if (job->bug)
		fprintf(out, " --bug %s", job->bug->name);
	if (job->ends && job->ends->vm_text) {
		fputs(" --vm ", out);
		text_word(out, job->ends->vm_text);
		if (job->ends->real_time)
			fputs(" --real-time", out);
	}
	for (int side = SIDE_A; job->ends && side <= SIDE_B; side++) {
		const struct stack_choice *c = &job->ends->stack[side];

		if (c->kind->is_kernel)
			continue;
		fprintf(out, " --%s ", side == SIDE_A ? "a" : "b");
		text_word(out, c->text);
	}
}

void report_deviations(FILE *out, const struct outcome *o,
		       void (*put)(FILE *out, const char *text))
{
	struct arena a = { 0 };

	put(out, deviation_text(&a, o->deviation, o->n_deviation));
	arena_free(&a);
}

/* Of the skips, those that scripts/deps could have spared. */
static size_t without_scapy(const struct run *run)
{
	static const char needs[] = "needs scapy";
	const struct record *r;
	size_t n = 0;

	for (r = run->rec; r < run->rec + run->n; r++)
		n += r->phase == RECORD_DONE &&
		     r->out.verdict == VERDICT_SKIP && r->out.reason &&
		     strncmp(r->out.reason, needs, strlen(needs)) == 0;
	return n;
}

static void skipped(FILE *out, const struct run *run)
{
	size_t n = without_scapy(run);

	fprintf(out, ", %zu skipped", run->count[VERDICT_SKIP]);
	if (n)
		fprintf(out, " (%zu of them for want of scapy)", n);
}

static bool show_helps(const struct run *run)
{
	return run_failed(run) ||
	       (run->count[VERDICT_DEVIATES] && !run->expect);
}

void report_closing(FILE *out, const struct run *run)
{
	fprintf(out, "%zu passed", run->count[VERDICT_OK]);
	if (run->count[VERDICT_DEVIATES])
		fprintf(out, ", %zu deviating", run->count[VERDICT_DEVIATES]);
	fprintf(out, ", %zu failed", run->count[VERDICT_NOT_OK]);
	if (run->count[VERDICT_BROKEN])
		fprintf(out, ", %zu broken", run->count[VERDICT_BROKEN]);
	if (run->count[VERDICT_SKIP])
		skipped(out, run);
	if (run->dir && run_exit_status(run) && show_helps(run)) {
		fputs("; see ", out);
		text_word(out, run->program ? run->program : "lastack");
		fputs(" show --failed", out);
		if (run->out_given) {
			fputs(" --out ", out);
			text_word(out, run->out_given);
		}
	}
}

/* The kernel at both ends goes without saying. */
static bool is_usual(const struct ends_plan *ends)
{
	return !ends->vm && ends->stack[SIDE_A].kind->is_kernel &&
	       ends->stack[SIDE_B].kind->is_kernel;
}

static void put_ends(FILE *out, const char *before,
		     const struct ends_plan *ends)
{
	char a[STACK_LABEL_MAX], b[STACK_LABEL_MAX];

	fprintf(out, "%sA %s, B %s%s\n", before,
		stack_label(&ends->stack[SIDE_A], a),
		stack_label(&ends->stack[SIDE_B], b),
		ends_are_virtual(ends) ? ", virtual time" : "");
}

void report_preface(const struct run *run, const char *before, bool all)
{
	if (run->shuffled)
		fprintf(run->out,
			"%sseed %u: --shuffle %u runs in the same order\n",
			before, run->seed, run->seed);
	if (run->bug)
		fprintf(run->out, "%sbug %s\n", before, run->bug);
	/* A run that is refused has not asked the stacks who they are. */
	for (size_t i = 0; run->rec && i < run->n_ends; i++)
		if (all || !is_usual(&run->ends[i]))
			put_ends(run->out, before, &run->ends[i]);
}

void report_bail_out(const struct run *run)
{
	fputs("Bail out! ", run->out);
	if (run->refused)
		text_tap(run->out, run->refused);
	else if (run->signal)
		fprintf(run->out, "interrupted by SIG%s, %zu not run",
			sigabbrev_np(run->signal), run->n - run->done);
	else
		fprintf(run->out, "ended early, %zu not run",
			run->n - run->done);
	putc('\n', run->out);
}

int report_file(const struct run *run, const char *path,
		void (*write)(FILE *out, const struct run *run),
		struct fault *f)
{
	struct arena a = { 0 };
	FILE *out = folder_begin(&a, path, f);
	int rc = -1;

	if (out) {
		write(out, run);
		rc = folder_keep(&a, out, path, f);
	}
	arena_free(&a);
	return rc;
}

bool report_is_in(const struct report_folder *folder, const struct job *job)
{
	const char *end = strrchr(job->name, '/');
	size_t len = end ? (size_t)(end - job->name) : 0;

	if (!end)
		return folder->len == 1 && folder->name[0] == '.';
	return len == folder->len && strncmp(folder->name, job->name, len) == 0;
}

static struct report_folder *find(struct report_folder *all, size_t n,
				  const struct job *job)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (report_is_in(&all[i], job))
			return &all[i];
	return NULL;
}

static int by_name(const void *a, const void *b)
{
	const struct report_folder *x = a, *y = b;
	size_t len = x->len < y->len ? x->len : y->len;
	int diff = strncmp(x->name, y->name, len);

	return diff ? diff : (x->len > y->len) - (x->len < y->len);
}

static struct report_folder *add(struct report_folder **all, size_t *n,
				 const struct job *job)
{
	const char *end = strrchr(job->name, '/');
	struct report_folder *f;

	*all = memory_resize(*all, *n + 1, sizeof(**all));
	f = &(*all)[(*n)++];
	memset(f, 0, sizeof(*f));
	f->name = end ? job->name : ".";
	f->len = end ? (size_t)(end - job->name) : 1;
	return f;
}

struct report_folder *report_folders(const struct run *run, size_t *n)
{
	struct report_folder *all = NULL, *f;
	const struct record *r;

	*n = 0;
	for (r = run->rec; r < run->rec + run->n; r++) {
		if (r->phase != RECORD_DONE)
			continue;
		f = find(all, *n, r->job);
		if (!f)
			f = add(&all, n, r->job);
		f->count[r->out.verdict]++;
		f->duration_ns += r->out.duration_ns;
	}
	if (*n)
		qsort(all, *n, sizeof(*all), by_name);
	return all;
}

void report_inferred(const struct run *run, const char *before)
{
	size_t agree = 0, unseen = 0, i, probed[PROBED_COUNT] = { 0 };

	for (i = 0; i < run->n; i++) {
		agree += run->rec[i].out.inferred;
		unseen += run->rec[i].out.unseen;
		probed[run->rec[i].out.probed[SIDE_A]]++;
		probed[run->rec[i].out.probed[SIDE_B]]++;
	}
	if (agree || unseen)
		fprintf(run->out,
			"%sstates that no stack showed: %zu inferred, as "
			"written; %zu unknown\n",
			before, agree, unseen);
	if (probed[PROBED_NOT] < 2 * run->n)
		fprintf(run->out,
			"%send states that a probe was sent for: %zu proved, "
			"%zu not so, %zu unclear\n",
			before, probed[PROBED_CLOSED], probed[PROBED_OPEN],
			probed[PROBED_UNCLEAR]);
}
