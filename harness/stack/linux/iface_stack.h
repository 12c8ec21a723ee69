/*
 * A stack behind an interface of this machine: a board on a cable, the TAP of
 * a virtual machine. The interface is taken for the run and given back. Whoever
 * makes its calls is a command beside it, or nobody.
 */
#ifndef STACK_LINUX_IFACE_STACK_H
#define STACK_LINUX_IFACE_STACK_H

#include "stack/kind.h"

/* "iface:NAME[,addr=ADDRESS]...[,agent=COMMAND]" */
extern const struct stack_kind iface_stack_kind;

/* "tc8:ADDRESS[,iface=NAME]...": its agent is "lastack tc8-agent". */
extern const struct stack_kind tc8_stack_kind;

/*
 * tc8_stack.c: what is written of it as it is written of "iface". The text is
 * the caller's to free. 0, or -1 with a fault.
 */
int tc8_text(const char *argument, char **text, struct fault *f);

#endif
