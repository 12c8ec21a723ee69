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

/* By side; IPv4 first. */
static uint8_t addresses[2][2][16] = {
	{ { 192, 0, 2, 1 },
	  { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 } },
	{ { 192, 0, 2, 2 },
	  { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2 } },
};

void link_address(int family, enum side side, uint8_t addr[16])
{
	memcpy(addr, addresses[side][family == AF_INET6], 16);
}

void link_set_address(int family, enum side side, const uint8_t addr[16])
{
	memcpy(addresses[side][family == AF_INET6], addr, 16);
}
