/*
 * Which connections are wanted, by their addresses.
 */
#ifndef CHECK_SELECTION_H
#define CHECK_SELECTION_H

#include <stdbool.h>

#include "packet/seg.h"

/* Connections between a and b, or of a alone when b is not set. */
struct selection {
	struct selection_point {
		bool set;
		bool any_port;
		int family;
		struct seg_end end;
	} a, b;
};

/*
 * Reads "host", "host:port" or "host:port-host:port"; an IPv6 address with a
 * port is in brackets. Hosts are addresses. Returns 0, or -1.
 */
int selection_parse(const char *text, struct selection *s);

/* True for all connections when nothing is set. */
bool selection_has(const struct selection *s, int family,
		   const struct seg_end *a, const struct seg_end *b);

#endif
