/* The kinds of links and the ends' addresses. Knows not how any is made. */
#include "link/link.h"

#include <string.h>
#include <sys/socket.h>

const char *const link_names[LINK_COUNT + 1] = {
	[LINK_CABLE] = "wire",
	[LINK_VETH] = "veth",
	[LINK_LOOPBACK] = "loopback",
};

const char *link_name(enum link_kind kind)
{
	return kind < LINK_COUNT ? link_names[kind] : NULL;
}

enum link_kind link_parse(const char *text)
{
	unsigned int i;

	for (i = 0; i < LINK_COUNT; i++)
		if (strcmp(link_names[i], text) == 0)
			break;
	return i;
}

bool link_has_cable(enum link_kind kind)
{
	return kind == LINK_CABLE;
}

void link_address(int family, enum side side, uint8_t addr[16])
{
	static const uint8_t v4[4] = { 192, 0, 2, 0 };
	static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8 };
	size_t len = family == AF_INET ? 4 : 16;

	memset(addr, 0, 16);
	memcpy(addr, family == AF_INET ? v4 : v6, len);
	addr[len - 1] = side == SIDE_A ? 1 : 2;
}
