/* The guests of --vm: what a run's jobs are played on, once for each kernel. */
#ifndef CMD_GUESTS_H
#define CMD_GUESTS_H

#include "base/arena.h"
#include "base/fault.h"
#include "stack/ends.h"

/*
 * The ends as usual in a guest of each kernel of the list "6.1,6.12"; the
 * arena's. What a kernel lacks its lane says (vm/vm.h). Returns how many, or 0
 * with a fault: there is no such kernel, or the same one twice.
 */
size_t guests_choose(struct arena *a, const char *list,
		     const struct ends_plan *usual, bool keep_snapshots,
		     const struct ends_plan **ends, struct fault *f);

#endif
