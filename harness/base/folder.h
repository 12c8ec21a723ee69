/*
 * Folders and files of a run: walking them, making them, and putting a
 * finished thing in its place at once.
 */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/fault.h"

/* Returns -1 with a fault to end the walk. */
typedef int folder_file_fn(void *ctx, const char *path, struct fault *f);

/*
 * Calls fn for every file below path whose name ends with suffix, in the order
 * of their names; also for links that lead nowhere, and for what is no regular
 * file: who reads it will say so. Names that begin with a dot, and the folder
 * whose path is except (NULL: none), are left out. Returns the number of files,
 * or -1 with a fault.
 */
long folder_walk(const char *path, const char *suffix, const char *except,
		 folder_file_fn *fn, void *ctx, struct fault *f);

/*
 * The same where there has to be one: none is a fault, which calls the files
 * what they are ("cases"). Returns 0, or -1 with a fault.
 */
int folder_walk_some(const char *path, const char *suffix, const char *except,
		     const char *what, folder_file_fn *fn, void *ctx,
		     struct fault *f);

bool folder_is(const char *path);
bool folder_has_file(const char *path);
bool folder_ends_with(const char *path, const char *suffix);

/* Whether both are there, and the same. */
bool folder_is_same(const char *a, const char *b);

/* Copies a regular file, making the folders it is to be in. */
int folder_copy(const char *from, const char *to, struct fault *f);

/* A whole regular file, NUL-terminated, malloc'ed. NULL with a fault. */
char *folder_read(const char *path, size_t *len, struct fault *f);

/*
 * Makes the folder, and those above it, where they are missing, and locks it
 * against other runs until the process and its children are gone. A file system
 * without locks is no fault.
 */
int folder_take(const char *path, struct fault *f);

/* Makes the folder that the file at path is to be in. */
int folder_make_for(const char *path, struct fault *f);

/*
 * Removes the files below path whose name ends with suffix, and the folders
 * that are empty then. One that is not there is fine. Follows no links.
 */
int folder_clear(const char *path, const char *suffix, struct fault *f);

/*
 * Makes a folder of that name in parent that was not there before: NAME,
 * NAME-2, NAME-3 ... Returns the name taken, the arena's, or NULL with a fault.
 */
const char *folder_make_new(struct arena *a, const char *parent,
			    const char *name, struct fault *f);

/*
 * A file that appears under its name only when it is complete; a device, a pipe
 * or a symbolic link is written through, and stays. folder_keep closes it,
 * whatever it returns.
 */
FILE *folder_begin(struct arena *a, const char *path, struct fault *f);
int folder_keep(struct arena *a, FILE *file, const char *path, struct fault *f);

/* Whether folder_begin would do; nothing is left of the attempt. */
int folder_try(struct arena *a, const char *path, struct fault *f);

/* Points the symbolic link at target, at once. */
int folder_point(struct arena *a, const char *link, const char *target,
		 struct fault *f);

#endif
