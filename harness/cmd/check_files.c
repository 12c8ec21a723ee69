/*
 * Which files the verb "check" reads, in which order, and how many at once.
 * Knows nothing of what is in them but the time of the first frame.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/check_own.h"
#include "base/folder.h"
#include "base/memory.h"

/* What a reader of one file has to say, as its exit status. */
#define SAID_FOUND  1
#define SAID_BAD    2
#define SAID_MET    4
#define SAID_OPENED 8
#define SAID_ALL    16 /* it got to its end */

/* So many files for each job are begun before the first is printed. */
#define AHEAD 4

static void add(struct check_files *files, const char *name)
{
	if (files->n == files->room) {
		files->room = files->room * 2 + 16;
		files->name = memory_resize(files->name, files->room,
					    sizeof(*files->name));
	}
	files->name[files->n++] = arena_printf(&files->arena, "%s", name);
}

static int on_file(void *ctx, const char *path, struct fault *f)
{
	(void)f;
	if (capture_seems(path))
		add(ctx, path);
	return 0;
}

int check_files_find(struct check_files *files, const char *const *operand,
		     int n, struct fault *f)
{
	for (int i = 0; i < n; i++) {
		size_t before = files->n;

		if (!folder_is(operand[i])) {
			add(files, operand[i]);
			continue;
		}
		if (folder_walk(operand[i], "", NULL, on_file, files, f) < 0)
			return -1;
		if (files->n == before)
			return fault_set(f, "%s: no capture is in this folder",
					 operand[i]);
	}
	return 0;
}

void check_files_free(struct check_files *files)
{
	arena_free(&files->arena);
	free(files->name);
}

struct first_frame {
	const char *name;
	size_t number;
	int64_t at_ns; /* of its first frame; INT64_MAX: there is none */
	struct capture *capture;
};

static void take_first(void *ctx, const struct capture_frame *frame)
{
	struct first_frame *first = ctx;

	if (first->at_ns != INT64_MAX)
		return;
	first->at_ns = frame->at_ns;
	capture_break(first->capture);
}

static void read_first(struct first_frame *first)
{
	struct fault unused; /* the reading itself will tell */

	first->at_ns = INT64_MAX;
	first->capture = capture_open(first->name, &unused);
	if (first->capture)
		capture_read(first->capture, take_first, first, &unused);
	capture_close(first->capture);
}

static int by_time(const void *a, const void *b)
{
	const struct first_frame *x = a, *y = b;

	if (x->at_ns != y->at_ns)
		return x->at_ns < y->at_ns ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

void check_files_sort(struct check_files *files)
{
	struct first_frame *first = memory_zeroed(files->n, sizeof(*first));

	for (size_t i = 0; i < files->n; i++) {
		first[i].name = files->name[i];
		first[i].number = i;
		read_first(&first[i]);
	}
	qsort(first, files->n, sizeof(*first), by_time);
	for (size_t i = 0; i < files->n; i++)
		files->name[i] = first[i].name;
	free(first);
}

/* A file that a process of its own reads. */
struct reader {
	pid_t pid; /* 0: not begun, or over */
	bool over;
	int said;
	FILE *out;
	FILE *err;
	FILE *stats;
};

static FILE *scratch(void)
{
	FILE *file = tmpfile();

	if (!file) {
		perror("lastack check: a temporary file");
		exit(CMD_BAD);
	}
	return file;
}

/* A write that failed before leaves nothing for fflush to fail at. */
static bool is_kept(FILE *file)
{
	return fflush(file) == 0 && !ferror(file);
}

static void __attribute__((noreturn))
work(struct check *c, struct reader *job, const char *name)
{
	c->listing.out = job->out;
	c->listing.opened = 0;
	c->found = c->bad = c->met = false;
	memset(&c->stats, 0, sizeof(c->stats)); /* the parent's */
	if (dup2(fileno(job->err), STDERR_FILENO) < 0)
		_exit(0);
	check_captures(c, &name, 1);
	stats_save(&c->stats, job->stats);
	if (!is_kept(job->out) || !is_kept(job->stats) || fflush(stderr))
		_exit(0);
	_exit(SAID_ALL | (c->found ? SAID_FOUND : 0) | (c->bad ? SAID_BAD : 0) |
	      (c->met ? SAID_MET : 0) | (c->listing.opened ? SAID_OPENED : 0));
}

static void begin(struct check *c, struct reader *job, const char *name)
{
	job->out = scratch();
	job->err = scratch();
	job->stats = scratch();
	fflush(NULL);
	job->pid = fork();
	if (job->pid == 0)
		work(c, job, name);
	if (job->pid > 0)
		return;
	perror("lastack check: fork");
	exit(CMD_BAD);
}

/* Waits until one of them is over. */
static void wait_for_one(struct reader *job, size_t n)
{
	int status;
	pid_t pid;

	do
		pid = waitpid(-1, &status, 0);
	while (pid < 0 && errno == EINTR);
	for (size_t i = 0; i < n; i++) {
		if (job[i].pid != pid)
			continue;
		job[i].pid = 0;
		job[i].over = true;
		job[i].said = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	}
}

static void copy(FILE *from, FILE *to)
{
	char buf[65536];
	size_t n;

	rewind(from);
	while ((n = fread(buf, 1, sizeof(buf), from)) > 0)
		fwrite(buf, 1, n, to);
	fclose(from);
}

/* Passes on what it has said, as if it had been read here. */
static void take_over(struct check *c, struct reader *job, const char *name)
{
	struct fault f;

	if (job->said & SAID_OPENED)
		listing_next(&c->listing);
	copy(job->out, c->listing.out);
	fflush(c->listing.out);
	copy(job->err, stderr);
	c->found = c->found || job->said & SAID_FOUND;
	c->bad = c->bad || job->said & SAID_BAD;
	c->met = c->met || job->said & SAID_MET;
	rewind(job->stats);
	if (!(job->said & SAID_ALL) || !stats_merge(&c->stats, job->stats)) {
		fault_set(&f, "%s: the process that read it failed", name);
		check_complain(c, &f);
	}
	fclose(job->stats);
}

static void read_side_by_side(struct check *c, const struct check_files *files)
{
	struct reader *job = memory_zeroed(files->n, sizeof(*job));
	size_t begun = 0, told = 0, busy = 0;

	while (told < files->n) {
		while (begun < files->n && busy < c->jobs &&
		       begun - told < (size_t)c->jobs * AHEAD) {
			begin(c, &job[begun], files->name[begun]);
			begun++;
			busy++;
		}
		wait_for_one(job, begun);
		busy--;
		for (; told < begun && job[told].over; told++)
			take_over(c, &job[told], files->name[told]);
	}
	free(job);
}

void check_files_read(struct check *c, const struct check_files *files)
{
	if (c->jobs > 1 && files->n > 1) {
		read_side_by_side(c, files);
		return;
	}
	for (size_t i = 0; i < files->n; i++)
		check_captures(c, &files->name[i], 1);
}
