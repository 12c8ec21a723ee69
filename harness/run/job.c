/* The names of the links. Knows nothing of how they are made. */
#include "run/job.h"

#include <string.h>

static const char *const names[LINK_COUNT] = {
	[LINK_WIRE] = "wire",
	[LINK_VETH] = "veth",
	[LINK_LOOPBACK] = "loopback",
};

const char *link_name(enum link_kind link)
{
	return link < LINK_COUNT ? names[link] : NULL;
}

enum link_kind link_parse(const char *text)
{
	unsigned int i;

	for (i = 0; i < LINK_COUNT; i++)
		if (strcmp(names[i], text) == 0)
			break;
	return i;
}
