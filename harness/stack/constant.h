/*
 * Settings of a stack that has no sysctls: constants of its build, by the
 * names that Linux has for them. Pure but for errno, see stack_ops.option_*.
 */
#ifndef STACK_CONSTANT_H
#define STACK_CONSTANT_H

#include "base/fault.h"
#include "stack/stack.h"

/* A row; one without a name is behind the last. */
struct stack_constant {
	const char *name;
	const char *value;
};

/* who: the stack, as messages have it. 0, or -1 with a fault and ENOENT. */
int stack_constant_read(const struct stack_constant *all, const char *who,
			const char *name, char value[STACK_OPTION_MAX],
			struct fault *f);

/* The same; EROFS when the value is another one. */
int stack_constant_write(const struct stack_constant *all, const char *who,
			 const char *name, const char *value, struct fault *f);

#endif
