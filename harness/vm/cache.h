/*
 * The folder that keeps kernels, what they boot with and snapshots, between
 * runs: ~/.cache/lastack/kernels, or below $XDG_CACHE_HOME.
 */
#ifndef VM_CACHE_H
#define VM_CACHE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/fault.h"

/* "FOLDER" or "FOLDER/name"; the arena's. */
const char *cache_path(struct arena *a, const char *name);

/*
 * A file of the cache is made use of: it is among the last to be removed. Of
 * its folder, all but so many that were used last are.
 */
void cache_use(struct arena *a, const char *path, size_t keep);

/* Goes on from *h with what the file has. 0, or -1 with a fault. */
int cache_hash(const char *path, uint64_t *h, struct fault *f);

/* The same with what tells one version of the file from another. */
int cache_hash_version(const char *path, uint64_t *h, struct fault *f);

#endif
