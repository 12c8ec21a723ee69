/* Packs what is in memory. Knows nothing of what it is. */
#include "bundle/archive.h"

#include <stdio.h>
#include <stdlib.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/folder.h"
#include "base/memory.h"

static int put(struct archive *to, const char *folder,
	       const struct bundle_member *m, long mtime_s)
{
	struct arena a = { 0 };
	struct archive_entry *e = archive_entry_new();
	int rc = -1;

	archive_entry_set_pathname(e,
				   arena_printf(&a, "%s/%s", folder, m->name));
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, m->runs ? 0755 : 0644);
	archive_entry_set_mtime(e, mtime_s, 0);
	archive_entry_set_size(e, (la_int64_t)m->len);
	if (archive_write_header(to, e) == ARCHIVE_OK &&
	    archive_write_data(to, m->octets, m->len) == (la_ssize_t)m->len)
		rc = 0;
	archive_entry_free(e);
	arena_free(&a);
	return rc;
}

static int put_all(struct archive *to, FILE *file, const char *folder,
		   const struct bundle_member *m, size_t n, long mtime_s)
{
	archive_write_add_filter_gzip(to);
	/* gzip's header would have the time of packing. */
	archive_write_set_options(to, "gzip:!timestamp");
	archive_write_set_format_ustar(to);
	archive_write_set_bytes_in_last_block(to, 1);
	if (archive_write_open_FILE(to, file) != ARCHIVE_OK)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (put(to, folder, &m[i], mtime_s))
			return -1;
	return archive_write_close(to) == ARCHIVE_OK ? 0 : -1;
}

/* The whole archive, malloc'ed; NULL with a fault. */
static char *pack(const char *folder, const struct bundle_member *member,
		  size_t n, long mtime_s, size_t *len, struct fault *f)
{
	char *octets = NULL;
	FILE *file = memory_stream(&octets, len);
	struct archive *to = archive_write_new();
	int rc = put_all(to, file, folder, member, n, mtime_s);

	if (rc)
		fault_set(f, "cannot pack: %s", archive_error_string(to));
	archive_write_free(to);
	memory_stream_end(file);
	if (rc == 0)
		return octets;
	free(octets);
	return NULL;
}

int archive_write(const char *path, const char *folder,
		  const struct bundle_member *member, size_t n, long mtime_s,
		  struct fault *f)
{
	struct arena a = { 0 };
	size_t len = 0;
	char *octets = pack(folder, member, n, mtime_s, &len, f);
	FILE *file = octets ? folder_begin(&a, path, f) : NULL;
	int rc = -1;

	if (file) {
		fwrite(octets, 1, len, file);
		rc = folder_keep(&a, file, path, f);
	}
	free(octets);
	arena_free(&a);
	return rc;
}
