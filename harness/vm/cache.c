/* Knows no kernel: paths, and how long files are kept. */
#include "vm/cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/hash.h"

const char *cache_path(struct arena *a, const char *name)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");

	if (cache && *cache)
		return arena_printf(a, "%s/lastack/kernels/%s", cache, name);
	return arena_printf(a, "%s/.cache/lastack/kernels/%s", home ? home : "",
			    name);
}

struct kept {
	const char *path;
	struct timespec used;
};

static int last_used_first(const void *a, const void *b)
{
	const struct timespec *x = &((const struct kept *)a)->used;
	const struct timespec *y = &((const struct kept *)b)->used;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec > y->tv_sec ? -1 : 1;
	return (x->tv_nsec < y->tv_nsec) - (x->tv_nsec > y->tv_nsec);
}

/* All regular files of the folder. */
static struct kept *list(struct arena *a, const char *folder, size_t *n)
{
	DIR *dir = opendir(folder);
	struct kept *all = NULL;
	struct dirent *e;
	struct stat st;

	*n = 0;
	while (dir && (e = readdir(dir))) {
		const char *path = arena_printf(a, "%s/%s", folder, e->d_name);
		struct kept *one;

		if (stat(path, &st) || !S_ISREG(st.st_mode))
			continue;
		one = arena_push(a, &all, n, sizeof(*one));
		*one = (struct kept){ path, st.st_mtim };
	}
	if (dir)
		closedir(dir);
	return all;
}

void cache_use(struct arena *a, const char *path, size_t keep)
{
	size_t n, folder = (size_t)(strrchr(path, '/') - path);
	struct kept *all;

	utimensat(AT_FDCWD, path, NULL, 0);
	all = list(a, arena_strndup(a, path, folder), &n);
	if (n > keep)
		qsort(all, n, sizeof(*all), last_used_first);
	for (size_t i = keep; i < n; i++)
		unlink(all[i].path);
}

int cache_hash(const char *path, uint64_t *h, struct fault *f)
{
	size_t len;
	char *data = folder_read(path, &len, f);

	if (!data)
		return -1;
	*h = hash_octets(*h, data, len);
	free(data);
	return 0;
}

int cache_hash_version(const char *path, uint64_t *h, struct fault *f)
{
	struct stat st;

	if (stat(path, &st))
		return fault_errno(f, "%s", path);
	*h = hash_octets(*h, path, strlen(path));
	*h = hash_octets(*h, &st.st_ino, sizeof(st.st_ino));
	*h = hash_octets(*h, &st.st_size, sizeof(st.st_size));
	*h = hash_octets(*h, &st.st_mtim, sizeof(st.st_mtim));
	return 0;
}
