/*
 * Snapshots of guests that have joined their ends and wait to be told when it
 * is, by which the next one starts at once. One is good for what it was made of
 * alone: the kernel, the initramfs, QEMU's version and command line, the link.
 */
#ifndef VM_SNAPSHOT_H
#define VM_SNAPSHOT_H

#include "base/arena.h"
#include "base/fault.h"
#include "vm/qemu.h"

/*
 * Where the kernel's are, each with "-" and its link's name behind that path;
 * the arena's. NULL with a fault.
 */
const char *snapshot_path(struct arena *a, const struct vm_kernel *k,
			  struct fault *f);

/*
 * A descriptor that QEMU reads the state from, or -1: there is none, or one
 * that is damaged, which snapshot_refuse is told.
 */
int snapshot_open(const char *path);

/* Removes one that is of no use, and notes why, once. */
void snapshot_refuse(const char *path, const char *why);

/*
 * Keeps the state of a guest that waits, whole or not at all, unless somebody
 * else is about to; the guest goes on. 0, or -1 with a fault, and then the guest
 * is of no more use.
 */
int snapshot_save(const char *path, const struct qemu *q, struct fault *f);

#endif
