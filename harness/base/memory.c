#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

void memory_exhausted(void)
{
	fputs("lastack: out of memory\n", stderr);
	exit(2);
}

void *memory_resize(void *old, size_t size)
{
	void *p = realloc(old, size);

	if (!p)
		memory_exhausted();
	return p;
}

void *memory_zeroed(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p)
		memory_exhausted();
	return p;
}

void *memory_huge(size_t size)
{
	void *p;

	size = (size + MEMORY_HUGE - 1) / MEMORY_HUGE * MEMORY_HUGE;
	p = aligned_alloc(MEMORY_HUGE, size);
	if (!p)
		memory_exhausted();
	madvise(p, size, MADV_HUGEPAGE); /* only advice: it may fail */
	return p;
}
