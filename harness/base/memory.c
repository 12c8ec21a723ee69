/* Memory. Knows nothing of what is kept in it. */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void memory_exhausted(void)
{
	fputs("lastack: out of memory\n", stderr);
	exit(2);
}

static void *or_exhausted(void *p)
{
	if (!p)
		memory_exhausted();
	return p;
}

void *memory_zeroed(size_t n, size_t size)
{
	return or_exhausted(calloc(n, size));
}

void *memory_resize(void *old, size_t n, size_t size)
{
	/* As reallocarray(3), which not every system has. */
	if (size && n > SIZE_MAX / size)
		memory_exhausted();
	return or_exhausted(realloc(old, n && size ? n * size : 1));
}

void memory_clear(void *p, size_t size)
{
	memset(p, 0, size);
}

char *memory_text(const char *text)
{
	return or_exhausted(strdup(text));
}
