/*
 * The table of connections in parts, of which several threads can each have
 * some: a connection's part follows from its addresses. There are as many parts
 * whether one thread has them all or not, so that all comes out the same.
 */
#ifndef CHECK_PARTS_H
#define CHECK_PARTS_H

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "check/flows.h"

struct parts {
	struct flows *flows[FLOWS_PARTS];
	size_t n;
	uint64_t seed[2];
	uint32_t last_id;
};

/*
 * The plan is that of all, its max too; when that is small, there is but one
 * part. p must stay where it is.
 */
void parts_new(struct parts *p, const struct flows_plan *plan);
void parts_free(struct parts *p);

/*
 * A segment's part, by what both directions have in common: the exclusive or
 * of all four-octet words of both addresses, and of both ports, as they lie in
 * the packet.
 */
static inline uint32_t parts_at(const struct parts *p, uint32_t addresses,
				uint32_t ports)
{
	uint32_t mixed = (addresses + ports * UINT32_C(0x85ebca6b)) *
			 UINT32_C(0x9e3779b1);

	return (uint32_t)((uint64_t)mixed * p->n >> 32);
}

static inline uint32_t parts_word(const struct seg *seg, size_t word)
{
	uint32_t src, dst;

	memcpy(&src, seg->src.addr + 4 * word, sizeof(src));
	memcpy(&dst, seg->dst.addr + 4 * word, sizeof(dst));
	return src ^ dst;
}

static inline uint32_t parts_of(const struct parts *p, const struct seg *seg)
{
	uint32_t addresses = parts_word(seg, 0);

	for (size_t i = 1; i < (seg->family == AF_INET ? 1 : 4); i++)
		addresses ^= parts_word(seg, i);
	return parts_at(p, addresses, htons(seg->src.port ^ seg->dst.port));
}

#endif
