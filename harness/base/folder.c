/*
 * Folders and files of a run. Knows nothing of what is in them.
 */
#include "base/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

bool folder_is(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool folder_has_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

bool folder_ends_with(const char *path, const char *suffix)
{
	size_t len = strlen(path), n = strlen(suffix);

	return len >= n && strcmp(path + len - n, suffix) == 0;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

/* 1: a file that is asked for, 0: not, -1 with a fault. */
static int examine(FTS *fts, FTSENT *e, const char *suffix, const char *except,
		   struct fault *f)
{
	bool hidden = e->fts_level > 0 && e->fts_name[0] == '.';

	switch (e->fts_info) {
	case FTS_D:
		if (hidden || (except && strcmp(e->fts_path, except) == 0))
			fts_set(fts, e, FTS_SKIP);
		return 0;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		errno = e->fts_errno;
		return fault_errno(f, "%s", e->fts_path);
	case FTS_DC:
	case FTS_DP:
		return 0;
	default:
		return !hidden && folder_ends_with(e->fts_name, suffix);
	}
}

long folder_walk(const char *path, const char *suffix, const char *except,
		 folder_file_fn *fn, void *ctx, struct fault *f)
{
	char *start = memory_text(path);
	char *paths[] = { start, NULL };
	long n = 0;
	FTSENT *e;
	FTS *fts;
	int ask = 0;

	while (start[1] && folder_ends_with(start, "/"))
		start[strlen(start) - 1] = '\0';
	fts = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	if (!fts) {
		free(start);
		return fault_errno(f, "%s", path);
	}
	while (ask >= 0 && (e = fts_read(fts))) {
		ask = examine(fts, e, suffix, except, f);
		if (ask > 0)
			ask = fn(ctx, e->fts_path, f) ? -1 : (n++, 0);
	}
	fts_close(fts);
	free(start);
	return ask < 0 ? -1 : n;
}

int folder_walk_some(const char *path, const char *suffix, const char *except,
		     const char *what, folder_file_fn *fn, void *ctx,
		     struct fault *f)
{
	long n = folder_walk(path, suffix, except, fn, ctx, f);

	if (n == 0)
		return fault_set(f,
				 "no %s in %s: expected files that end with %s",
				 what, path, suffix);
	return n < 0 ? -1 : 0;
}

static int clear_one(const FTSENT *e, const char *suffix)
{
	if (e->fts_info == FTS_DP)
		return rmdir(e->fts_path) && errno != ENOTEMPTY ? -1 : 0;
	if (e->fts_info == FTS_F && folder_ends_with(e->fts_name, suffix))
		return unlink(e->fts_path);
	if (e->fts_info != FTS_DNR && e->fts_info != FTS_ERR)
		return 0;
	errno = e->fts_errno;
	return -1;
}

int folder_clear(const char *path, const char *suffix, struct fault *f)
{
	char *start = memory_text(path);
	char *paths[] = { start, NULL };
	FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *e;
	int rc = 0;

	if (!fts)
		rc = fault_errno(f, "cannot clear %s", path);
	while (rc == 0 && (e = fts_read(fts)))
		if (clear_one(e, suffix))
			rc = fault_errno(f, "cannot remove %s", e->fts_path);
	if (fts)
		fts_close(fts);
	free(start);
	return rc;
}

/* Reads all of fd into *buf, which grows. */
static int read_all(int fd, char **buf, size_t *len)
{
	size_t cap = 0;
	ssize_t n = 1;

	for (*len = 0; n > 0; *len += (size_t)n) {
		if (*len + 1 >= cap) {
			cap = cap ? cap * 2 : 8192;
			*buf = memory_resize(*buf, cap, 1);
		}
		n = read(fd, *buf + *len, cap - *len - 1);
		if (n < 0)
			return -1;
	}
	(*buf)[*len] = '\0';
	return 0;
}

char *folder_read(const char *path, size_t *len, struct fault *f)
{
	/* Non-blocking, so that opening a pipe does not wait for a writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *buf = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st)) {
		fault_errno(f, "%s", path);
	} else if (!S_ISREG(st.st_mode)) {
		fault_set(f, "%s: not a regular file", path);
	} else if (read_all(fd, &buf, len)) {
		fault_errno(f, "%s", path);
		free(buf);
		buf = NULL;
	}
	if (fd >= 0)
		close(fd);
	return buf;
}

/* Makes the folder and those above it. One that is there is fine. */
static int make_folder(const char *path, struct fault *f)
{
	char *copy = memory_text(path), *at = copy;
	int rc = 0;

	while (rc == 0 && at) {
		at = strchr(at + 1, '/');
		if (at)
			*at = '\0';
		if (mkdir(copy, 0777) && (errno != EEXIST || !folder_is(copy)))
			rc = -1;
		if (at)
			*at = '/';
	}
	if (rc)
		rc = fault_errno(f, "cannot make the folder %s", path);
	free(copy);
	return rc;
}

bool folder_is_same(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

int folder_copy(const char *from, const char *to, struct fault *f)
{
	struct arena a = { 0 };
	FILE *out = NULL;
	char *text = NULL;
	struct fault second;
	size_t len = 0;
	int rc = folder_make_for(to, f);

	if (rc == 0)
		text = folder_read(from, &len, f);
	if (text)
		out = folder_begin(&a, to, f);
	rc = out ? 0 : -1;
	if (out && fwrite(text, 1, len, out) < len)
		rc = fault_errno(f, "%s", to);
	/* Closed in any case; the first fault is told. */
	if (out && folder_keep(&a, out, to, rc ? &second : f))
		rc = -1;
	free(text);
	arena_free(&a);
	return rc;
}

int folder_take(const char *path, struct fault *f)
{
	int fd;

	if (make_folder(path, f))
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fault_errno(f, "%s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
		close(fd);
		return fault_set(f, "%s: another run is using it", path);
	}
	return 0;
}

int folder_make_for(const char *path, struct fault *f)
{
	const char *end = strrchr(path, '/');
	char *dir;
	int rc;

	if (!end || end == path)
		return 0;
	dir = strndup(path, (size_t)(end - path));
	if (!dir)
		return fault_errno(f, "%s", path);
	rc = folder_is(dir) ? 0 : make_folder(dir, f);
	free(dir);
	return rc;
}

const char *folder_make_new(struct arena *a, const char *parent,
			    const char *name, struct fault *f)
{
	const char *taken = arena_printf(a, "%s", name);
	int i;

	if (make_folder(parent, f))
		return NULL;
	for (i = 2; i < 10000; i++) {
		if (mkdir(arena_printf(a, "%s/%s", parent, taken), 0777) == 0)
			return taken;
		if (errno != EEXIST)
			break;
		taken = arena_printf(a, "%s-%d", name, i);
	}
	fault_errno(f, "cannot make the folder %s/%s", parent, name);
	return NULL;
}

static const char *unfinished(struct arena *a, const char *path)
{
	return arena_printf(a, "%s.%ld", path, (long)getpid());
}

/* A device, a pipe or a link stays what it is: it is written through. */
static bool is_written_through(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

FILE *folder_begin(struct arena *a, const char *path, struct fault *f)
{
	bool through = is_written_through(path);
	FILE *file = fopen(through ? path : unfinished(a, path), "we");

	if (!file)
		fault_errno(f, "cannot write %s", path);
	return file;
}

int folder_keep(struct arena *a, FILE *file, const char *path, struct fault *f)
{
	const char *temp =
		is_written_through(path) ? NULL : unfinished(a, path);
	int bad = ferror(file);

	if (fclose(file) || bad || (temp && rename(temp, path))) {
		fault_errno(f, "cannot write %s", path);
		if (temp)
			unlink(temp);
		return -1;
	}
	return 0;
}

int folder_try(struct arena *a, const char *path, struct fault *f)
{
	bool through = is_written_through(path);
	FILE *file;

	/* To open a pipe would be to wait for its reader. */
	if (through && !folder_is(path))
		return access(path, W_OK) == 0
			       ? 0
			       : fault_errno(f, "cannot write %s", path);
	file = folder_begin(a, path, f);
	if (!file)
		return -1;
	fclose(file);
	unlink(unfinished(a, path));
	return 0;
}

int folder_point(struct arena *a, const char *link, const char *target,
		 struct fault *f)
{
	const char *temp = unfinished(a, link);

	unlink(temp);
	if (symlink(target, temp) || rename(temp, link)) {
		fault_errno(f, "cannot point %s at %s", link, target);
		unlink(temp);
		return -1;
	}
	return 0;
}
