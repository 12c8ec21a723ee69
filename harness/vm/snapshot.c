/*
 * A snapshot is a file of the cache: the hash of what follows, and the stream
 * by which QEMU moves a guest to another machine. That says itself when it ends
 * too early, but nothing of octets that are not what they were.
 */
#include "vm/snapshot.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/folder.h"
#include "base/hash.h"
#include "base/memory.h"
#include "vm/cache.h"

#define SNAPSHOTS_MAX 12 /* of some 100 MB */
#define HEAD	      sizeof(uint64_t)
#define PIECE	      ((size_t)256 * 1024)
#define PIECE_NS      (20 * NS_PER_S)

const char *snapshot_path(struct arena *a, const struct vm_kernel *k,
			  struct fault *f)
{
	uint64_t h = HASH_BEGIN;

	if (cache_hash(k->image, &h, f) || cache_hash(k->initrd, &h, f) ||
	    qemu_hash(k, &h, f))
		return NULL;
	return cache_path(a, arena_printf(a, "snapshots/%s-%016jx", k->version,
					  (uintmax_t)h));
}

static bool is_whole(int fd)
{
	uint64_t head, *at;
	struct stat st;
	bool whole;

	if (fstat(fd, &st) || (size_t)st.st_size <= HEAD ||
	    read(fd, &head, HEAD) != HEAD)
		return false;
	at = mmap(NULL, (size_t)st.st_size, PROT_READ,
		  MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (at == MAP_FAILED)
		return false;
	whole = hash_octets(HASH_BEGIN, at + 1, (size_t)st.st_size - HEAD) ==
		head;
	munmap(at, (size_t)st.st_size);
	return whole;
}

int snapshot_open(const char *path)
{
	struct arena a = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (is_whole(fd)) {
		cache_use(&a, path, SNAPSHOTS_MAX);
		arena_free(&a);
		return fd;
	}
	close(fd);
	snapshot_refuse(path, "is damaged");
	return -1;
}

void snapshot_refuse(const char *path, const char *why)
{
	if (unlink(path) == 0)
		fprintf(stderr,
			"lastack: the snapshot %s %s: the guest is booted\n",
			path, why);
}

/* As many octets as there are room for, fewer at the end; -1: none come. */
static ssize_t read_piece(int fd, char *buf, size_t room)
{
	size_t len = 0;
	ssize_t n;

	do {
		if (!child_wait_readable(fd, clock_mono_ns() + PIECE_NS))
			return -1;
		n = read(fd, buf + len, room - len);
		if (n > 0)
			len += (size_t)n;
	} while (n > 0 && len < room);
	return n < 0 ? -1 : (ssize_t)len;
}

/* To the end, also when the disk is full: QEMU shall not wait for us. */
static int copy(int from, FILE *to, uint64_t *h, struct fault *f)
{
	char *buf = memory_resize(NULL, PIECE, 1);
	ssize_t n;

	while ((n = read_piece(from, buf, PIECE)) > 0) {
		*h = hash_octets(*h, buf, (size_t)n);
		fwrite(buf, 1, (size_t)n, to);
	}
	free(buf);
	return n < 0 ? fault_set(f, "QEMU does not write the guest's state")
		     : 0;
}

static int write_state(const struct qemu *q, FILE *to, struct fault *f)
{
	uint64_t head = 0, h = HASH_BEGIN;
	int pair[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return fault_errno(f, "cannot make a socketpair");
	fwrite(&head, HEAD, 1, to);
	rc = qemu_save(q, pair[1], f);
	if (rc == 0)
		rc = copy(pair[0], to, &h, f);
	close(pair[0]);
	if (rc || qemu_saved(q, f))
		return -1;
	/* Not rewind(), which would forget that the disk was full. */
	if (fseek(to, 0, SEEK_SET) == 0)
		fwrite(&h, HEAD, 1, to);
	return 0;
}

/* A descriptor that holds the lock of the file's folder; -1: another has it. */
static int lock_folder(struct arena *a, const char *path)
{
	size_t len = (size_t)(strrchr(path, '/') - path);
	int fd = open(arena_strndup(a, path, len),
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return -1;
	}
	return fd;
}

int snapshot_save(const char *path, const struct qemu *q, struct fault *f)
{
	struct arena a = { 0 };
	struct fault note;
	FILE *file = NULL;
	int lock = -1, rc = 0;

	if (folder_make_for(path, &note) == 0)
		lock = lock_folder(&a, path);
	if (lock >= 0 && access(path, F_OK) != 0)
		file = folder_begin(&a, path, &note);
	if (file) {
		rc = write_state(q, file, f);
		/* Without one, the next guest is booted too. */
		if (folder_keep(&a, file, path, &note))
			fprintf(stderr, "lastack: no snapshot: %s\n",
				note.text);
		else if (rc)
			unlink(path);
		else
			cache_use(&a, path, SNAPSHOTS_MAX);
	}
	if (lock >= 0)
		close(lock);
	arena_free(&a);
	return rc;
}
