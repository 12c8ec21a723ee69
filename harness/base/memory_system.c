/* Memory as a stream, and in large pages: what only some systems have. */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

static void *or_exhausted(void *p)
{
	if (!p)
		memory_exhausted();
	return p;
}

static size_t whole(size_t size)
{
	return (size + MEMORY_HUGE - 1) / MEMORY_HUGE * MEMORY_HUGE;
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
	return or_exhausted(aligned_alloc(MEMORY_HUGE, whole(size)));
}

void memory_on_huge_pages(void *p, size_t size)
{
	madvise(p, size, MADV_HUGEPAGE); /* only advice: it may fail */
}

/* As much more is mapped as it takes to begin where a huge page may. */
void *memory_map(size_t size)
{
	size_t room = whole(size) + MEMORY_HUGE, before;
	uint8_t *p = mmap(NULL, room, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		memory_exhausted();
	before = -(uintptr_t)p % MEMORY_HUGE;
	if (before)
		munmap(p, before);
	munmap(p + before + whole(size), MEMORY_HUGE - before);
	memory_on_huge_pages(p + before, whole(size));
	return p + before;
}

void memory_unmap(void *p, size_t size)
{
	munmap(p, whole(size));
}
