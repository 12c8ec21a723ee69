/*
 * Linux kernels in virtual machines: a lane (run/runner.h) whose jobs are
 * played by a guest in QEMU, both ends inside it. Without acceleration the
 * guest's clock is warped to its next timer whenever it is idle, so that
 * waiting costs next to nothing. A user-mode Linux is such a guest without QEMU.
 */
#ifndef VM_VM_H
#define VM_VM_H

#include "base/arena.h"
#include "base/fault.h"
#include "run/runner.h"

#define VM_QEMU "/usr/bin/qemu-system-x86_64"

struct vm_kernel {
	const char *text;     /* as the user named it */
	const char *image;    /* a bzImage or vmlinux, or a program */
	const char *modules;  /* the folder that has them, or NULL */
	const char *initrd;   /* made for it, with lastack inside */
	const char *version;  /* "6.1.0-53-cloud-amd64" */
	const char *snapshot; /* of snapshot_path(); NULL: it is booted */
	const char *lacks;    /* why it cannot be booted, or NULL */
	bool user_mode;	      /* it is a program (vm/uml.h) */
	bool real_time;	      /* the clock is not warped */
	bool kvm;	      /* the processor is not emulated */
};

/*
 * What "vm:6.1" names where a stack is asked for, "6.1"; "uml:6.1" names itself.
 * NULL: another stack.
 */
const char *vm_named(const char *stack);

/*
 * Finds a kernel by its version, as scripts/kernel has fetched it, or by the
 * path of an image, with ":MODULES" behind it where it has any; or as uml_find
 * does. Texts are the arena's. 0, or -1 with a fault.
 */
int vm_find(struct arena *a, const char *text, struct vm_kernel *k,
	    struct fault *f);

/*
 * Makes what it boots with, and finds its snapshot, where one is to be kept.
 * In real time KVM is taken where it works. Why that cannot be, the lane says
 * that is opened: other kernels are played nevertheless.
 */
void vm_prepare(struct arena *a, struct vm_kernel *k, bool keep_snapshot);

/* Within which a lane is open, or its own words say why not. */
#define VM_OPEN_NS INT64_C(240000000000)

/* Plays jobs on plan->vm (struct ends_plan), which has to be set. */
extern const struct runner_lane vm_lane;

#endif
