/*
 * A compressed archive (tar, gzip) whose members are texts and octets in
 * memory. Owner of libarchive.
 */
#ifndef BUNDLE_ARCHIVE_H
#define BUNDLE_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

struct bundle_member {
	const char *name; /* below the archive's folder */
	const void *octets;
	size_t len;
	bool runs; /* is a program */
};

/*
 * Writes the members, in a folder of that name, to an archive that appears
 * under its path only when it is complete. All are of the time mtime_s, so
 * that the same bundle is the same octets. Returns -1 with a fault.
 */
int archive_write(const char *path, const char *folder,
		  const struct bundle_member *member, size_t n, long mtime_s,
		  struct fault *f);

#endif
