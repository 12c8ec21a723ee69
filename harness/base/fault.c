/* Faults: sentences for people. Knows nothing of what they are about. */
#include "base/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The old text may be among what is printed into the new one. */
static void print(struct fault *f, const char *fmt, va_list ap)
{
	struct fault whole;

	vsnprintf(whole.text, sizeof(whole.text), fmt, ap);
	memcpy(f->text, whole.text, strlen(whole.text) + 1);
}

int fault_set(struct fault *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print(f, fmt, ap);
	va_end(ap);
	return -1;
}

int fault_errno(struct fault *f, const char *fmt, ...)
{
	int err = errno;
	size_t len;
	va_list ap;

	va_start(ap, fmt);
	print(f, fmt, ap);
	va_end(ap);
	len = strlen(f->text);
	snprintf(f->text + len, sizeof(f->text) - len, ": %s", strerror(err));
	errno = err;
	return -1;
}
