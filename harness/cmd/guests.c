/* Splits the list; knows of a kernel its version. */
#include "cmd/guests.h"

#include <stdio.h>
#include <string.h>

#include "vm/vm.h"

static int check_other(const struct ends_plan *all, size_t n, struct fault *f)
{
	const struct ends_plan *last = &all[n - 1];

	for (size_t i = 0; i + 1 < n; i++)
		if (strcmp(all[i].vm->version, last->vm->version) == 0)
			return fault_set(f,
					 "%s and %s are both %s: expected "
					 "kernels of different versions",
					 all[i].vm_text, last->vm_text,
					 last->vm->version);
	return 0;
}

static int choose(struct arena *a, const char *text, bool keep_snapshots,
		  struct ends_plan *ends, struct fault *f)
{
	struct vm_kernel *k = arena_alloc(a, sizeof(*k));

	if (vm_find(a, text, k, f))
		return -1;
	k->real_time = ends->real_time;
	vm_prepare(a, k, keep_snapshots);
	ends->vm = k;
	ends->vm_text = text;
	for (int side = SIDE_A; side <= SIDE_B; side++)
		snprintf(ends->stack[side].version, STACK_VERSION_MAX, "%s",
			 k->version);
	return 0;
}

size_t guests_choose(struct arena *a, const char *list,
		     const struct ends_plan *usual, bool keep_snapshots,
		     const struct ends_plan **ends, struct fault *f)
{
	char *rest = arena_strndup(a, list, strlen(list)), *text;
	struct ends_plan *all = NULL;
	size_t n = 0;

	while ((text = strsep(&rest, ","))) {
		struct ends_plan *one = arena_push(a, &all, &n, sizeof(*one));

		*one = *usual;
		if (choose(a, text, keep_snapshots, one, f) ||
		    check_other(all, n, f))
			return 0;
	}
	*ends = all;
	return n;
}
