/* What several reports have in common. Knows no format. */
#include "report/report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/folder.h"
#include "base/memory.h"
#include "base/text.h"

const char *const report_formats[] = { "tap", "human", "auto", NULL };

const struct report *report_find(const char *name)
{
	static const struct report *const all[] = { &report_tap, &report_human,
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
}

void report_closing(FILE *out, const struct run *run)
{
	fprintf(out, "%zu passed, %zu failed", run->count[VERDICT_OK],
		run->count[VERDICT_NOT_OK]);
	if (run->count[VERDICT_BROKEN])
		fprintf(out, ", %zu broken", run->count[VERDICT_BROKEN]);
	if (run->count[VERDICT_SKIP])
		fprintf(out, ", %zu skipped", run->count[VERDICT_SKIP]);
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
