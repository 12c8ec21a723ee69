/* Whether the machine's own processor runs a guest, in real time. */
#ifndef VM_KVM_H
#define VM_KVM_H

#include <stdbool.h>

#include "vm/vm.h"

/*
 * Boots the kernel with KVM, for ten seconds at most: where there is KVM and
 * guests hang nevertheless, as in some virtual machines, it is of no use.
 */
bool kvm_works(const struct vm_kernel *k);

#endif
