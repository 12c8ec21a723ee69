/*
 * gVisor as a stack: runsc's sandbox, in a namespace of ours, with the program
 * lastack-gvisor as all that is in it (harness/gvisor). A sandbox is kept from
 * case to case, and what agents leave behind in it has other ports.
 */
#ifndef STACK_LINUX_GVISOR_STACK_H
#define STACK_LINUX_GVISOR_STACK_H

#include "stack/kind.h"

extern const struct stack_kind gvisor_stack_kind;

#endif
