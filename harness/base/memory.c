#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

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
