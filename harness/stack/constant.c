/* Settings that are constants. Knows no stack. */
#include "stack/constant.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int stack_constant_read(const struct stack_constant *all, const char *who,
			const char *name, char value[STACK_OPTION_MAX],
			struct fault *f)
{
	while (all->name && strcmp(all->name, name) != 0)
		all++;
	if (all->name) {
		snprintf(value, STACK_OPTION_MAX, "%s", all->value);
		return 0;
	}
	fault_set(f, "%s has nothing like %s", who, name);
	errno = ENOENT;
	return -1;
}

int stack_constant_write(const struct stack_constant *all, const char *who,
			 const char *name, const char *value, struct fault *f)
{
	char is[STACK_OPTION_MAX];

	if (stack_constant_read(all, who, name, is, f) < 0)
		return -1;
	if (strcmp(is, value) == 0)
		return 0;
	fault_set(f, "%s was built with what %s would set: %s, not %.50s", who,
		  name, is, value);
	errno = EROFS;
	return -1;
}
