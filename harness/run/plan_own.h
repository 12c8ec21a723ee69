/* What the files of the plan share. For run/plan*.c only. */
#ifndef RUN_PLAN_OWN_H
#define RUN_PLAN_OWN_H

#include "run/plan.h"

#define PLAN_ENDING ".fin"
#define PLAN_GRID   "grid"

/*
 * The case of that file, which is parsed when it is not in the plan yet; one
 * with faults has no script.
 */
struct plan_case *plan_add_file(struct plan *p, const char *path);

/* All cells of the grid as cases, once. */
void plan_add_grid(struct plan *p);

/*
 * Marks the cases as selected that the text names, and reads them where they
 * have not been read. Returns -1 with a fault when it names none.
 */
int plan_select(struct plan *p, const char *text, struct fault *f);

/* The same of all in a folder; of the cases folder the grid is a part. */
int plan_select_folder(struct plan *p, const char *path, struct fault *f);

#endif
