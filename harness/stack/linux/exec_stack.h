/*
 * A stack behind a program: the command of an agent, started in a namespace
 * of its own that has one Ethernet interface. The program's calls are either
 * those of the kernel there, or of a TCP it brings itself, whose frames pass
 * by a descriptor. Nothing is asked of it but calls.
 */
#ifndef STACK_LINUX_EXEC_STACK_H
#define STACK_LINUX_EXEC_STACK_H

#include "stack/kind.h"

/* "exec:COMMAND", of the shell. It is started when it is plugged in. */
extern const struct stack_kind exec_stack_kind;

#endif
