/* A hash table with open addressing, never more than half full. */
#include "base/intern.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

/* The text's slot, or the free one that it would have. */
static size_t *find(const struct intern *in, const char *text)
{
	uint64_t hash = hash_octets(HASH_BEGIN, text, strlen(text));
	size_t at = hash & (in->n_slot - 1);

	while (in->slot[at] && strcmp(in->text[in->slot[at] - 1], text) != 0)
		at = (at + 1) & (in->n_slot - 1);
	return &in->slot[at];
}

static void grow(struct intern *in)
{
	free(in->slot);
	in->n_slot = in->n_slot ? in->n_slot * 2 : 64;
	in->slot = memory_zeroed(in->n_slot, sizeof(*in->slot));
	for (size_t i = 0; i < in->n; i++)
		*find(in, in->text[i]) = i + 1;
}

size_t intern_add(struct intern *in, const char *text)
{
	size_t *slot;

	if (2 * in->n >= in->n_slot)
		grow(in);
	slot = find(in, text);
	if (!*slot) {
		*(const char **)arena_push(&in->arena, &in->text, &in->n,
					   sizeof(text)) =
			arena_strndup(&in->arena, text, strlen(text));
		*slot = in->n;
	}
	return *slot - 1;
}

void intern_free(struct intern *in)
{
	arena_free(&in->arena);
	free(in->slot);
	memset(in, 0, sizeof(*in));
}
