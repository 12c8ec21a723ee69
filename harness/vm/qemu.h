/*
 * QEMU with a guest of ours: its process, the stream on which the guest is
 * spoken to, and what its console shows. A user-mode kernel (vm/uml.h) has the
 * same but for the monitor.
 */
#ifndef VM_QEMU_H
#define VM_QEMU_H

#include <stdint.h>

#include "base/arena.h"
#include "base/child.h"
#include "base/fault.h"
#include "vm/vm.h"

struct qemu {
	struct child
		child; /* spoken to, it is the guest's program: vm/message.h */
	int monitor;
	int console; /* what the guest and QEMU print, in memory */
};

/* No process. */
#define QEMU_NONE                                                 \
	{                                                         \
		.child = CHILD_NONE, .monitor = -1, .console = -1 \
	}

/*
 * Starts it, to boot, or with the state that can be read from that descriptor.
 * Pinned to cpu (-1: nowhere). 0, or -1 with a fault.
 */
int qemu_start(struct qemu *q, const struct vm_kernel *k, int cpu, int state,
	       struct fault *f);

/* No process yet, but its console. 0, or -1 with a fault. */
int qemu_begin(struct qemu *q, struct fault *f);

/* Ends it. */
void qemu_stop(struct qemu *q);

/* Why the kernel panicked, or the console's last lines as one; the arena's. */
const char *qemu_console(const struct qemu *q, struct arena *a);

/*
 * Writes the guest's state to that descriptor, a pipe or a socket that is
 * closed then, while it waits for us. qemu_saved, to be called when all of it
 * has been read, has the guest go on. 0, or -1 with a fault.
 */
int qemu_save(const struct qemu *q, int state, struct fault *f);
int qemu_saved(const struct qemu *q, struct fault *f);

/* Goes on from *h with QEMU's version and how it is called. 0, or -1. */
int qemu_hash(const struct vm_kernel *k, uint64_t *h, struct fault *f);

#endif
