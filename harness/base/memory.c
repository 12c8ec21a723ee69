/* Memory. Knows nothing of what is kept in it. */
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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
	return or_exhausted(reallocarray(old, n, size));
}

char *memory_text(const char *text)
{
	return or_exhausted(strdup(text));
}

FILE *memory_stream(char **text, size_t *len)
{
	return or_exhausted(open_memstream(text, len));
}

void memory_stream_end(FILE *stream)
{
	if (fclose(stream))
		memory_exhausted();
}

void *memory_huge(size_t size)
{
	void *p;

	size = (size + MEMORY_HUGE - 1) / MEMORY_HUGE * MEMORY_HUGE;
	p = or_exhausted(aligned_alloc(MEMORY_HUGE, size));
	madvise(p, size, MADV_HUGEPAGE); /* only advice: it may fail */
	return p;
}
