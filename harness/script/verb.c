/* The verbs by name and id. Knows not how any is carried out. */
#include "script/verb.h"

#include <string.h>

#define ROW(id, name, args, by, gives, how) \
	[VERB_##id] = { VERB_##id, name, args, by, GIVES_##gives, how },

static const struct verb verbs[VERB_COUNT] = { VERBS(ROW) };

const struct verb *verb_find(const char *name, size_t len)
{
	for (size_t i = 0; i < VERB_COUNT; i++)
		if (strlen(verbs[i].name) == len &&
		    memcmp(verbs[i].name, name, len) == 0)
			return &verbs[i];
	return NULL;
}

const struct verb *verb_of(enum verb_id id)
{
	return &verbs[id];
}
