/*
 * lwIP as a stack: the program lastack-lwip, one an end, which has lwIP's own
 * sockets and timers (harness/lwip). Needs no privilege and no interface.
 */
#ifndef STACK_LWIP_STACK_H
#define STACK_LWIP_STACK_H

#include "stack/kind.h"

extern const struct stack_kind lwip_stack_kind;

#endif
