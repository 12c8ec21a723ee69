/* Memory as a stream, and in large pages: what only some systems have. */
#include "base/memory.h"

#include <stdlib.h>
#include <sys/mman.h>

static void *or_exhausted(void *p)
{
	if (!p)
		memory_exhausted();
	return p;
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

void *memory_aligned(size_t size)
{
	size = (size + MEMORY_HUGE - 1) / MEMORY_HUGE * MEMORY_HUGE;
	return or_exhausted(aligned_alloc(MEMORY_HUGE, size));
}

void memory_on_huge_pages(void *p, size_t size)
{
	madvise(p, size, MADV_HUGEPAGE); /* only advice: it may fail */
}
