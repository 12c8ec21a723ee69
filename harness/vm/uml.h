/*
 * User-mode Linux: a kernel that is an ordinary program, and passes over
 * waiting by itself.
 */
#ifndef VM_UML_H
#define VM_UML_H

#include "vm/qemu.h"

/* "uml:6.12" names such a kernel. */
#define UML_PREFIX "uml:"

/*
 * Sets image and version of the kernel that k->text names: a version that
 * scripts/uml-kernel has built, or the path of a binary. 0, or -1 with a fault
 * when there is none, or it lacks what a guest needs.
 */
int uml_find(struct arena *a, struct vm_kernel *k, struct fault *f);

/*
 * Starts it, as qemu_start starts QEMU; there is no monitor. The calling
 * process' personality, environment and limit of core dumps become what the
 * kernel needs. 0, or -1 with a fault.
 */
int uml_start(struct qemu *q, const struct vm_kernel *k, int cpu,
	      struct fault *f);

#endif
