/*
 * A run as it was kept: the book of a run (run.h) read back from the
 * results.json that was written of it, wherever its folder is now.
 */
#ifndef RUN_KEPT_H
#define RUN_KEPT_H

#include <jansson.h>

#include "run/run.h"

/*
 * The results.json in that folder, or that file, as it is. The caller releases
 * it. NULL with a fault when none is there or it is damaged.
 */
json_t *kept_load(const char *path, struct fault *f);

/*
 * Where a file of a run kept in dir is now: what is "captures" or "ladders", path
 * where the run wrote it. Captures may be beside the reports, in
 * captures/run/TIME. In the arena, or path itself.
 */
const char *kept_place(struct arena *a, const char *dir, const char *what,
		       const char *link, const char *family, const char *path);

/*
 * Whether the command line's word names a case of that name and path: either,
 * "cases/" before the name and .fin behind it spared or not, or another way to
 * the same file.
 */
bool kept_is_case(const char *name, const char *path, const char *text);

/*
 * Reads DIR/results.json into an empty run, whose arena then owns all of it;
 * dir must outlast it. Captures and ladders are named where they are now. Every
 * record is done, but for those that were not run, which come last; the scripts
 * have what reports say of a case, and no steps. Ladders are left in their
 * files: see kept_ladder. Returns 0, or -1 with a fault.
 */
int kept_read(struct run *run, const char *dir, struct fault *f);

/* Reads the ladder of a record; one without stays so. 0, or -1 with a fault. */
int kept_ladder(struct run *run, struct record *rec, struct fault *f);

#endif
