/*
 * What the files of the views share: what is kept of one, and whether two are
 * of one connection. Private to check/views*.c.
 */
#ifndef CHECK_VIEWS_OWN_H
#define CHECK_VIEWS_OWN_H

#include <string.h>

#include "check/views.h"

/* A connection as one side of the box has seen it. */
struct view {
	uint32_t id; /* 0: none */
	int family;
	bool linked; /* to another one */
	bool beside; /* another one of the same ends, at the same time */
	bool evicted;
	struct seg_end end[2];
	int64_t start_ns;
	uint64_t first_frame;
	uint64_t last_frame;
	uint16_t trail[FLOWS_TRAIL];
	size_t n_trail;
	uint8_t ttl[2];
	struct wire_signs signs;
};

static inline bool views_same_pair(const uint32_t a[2], const uint32_t b[2])
{
	return a[SIDE_A] == b[SIDE_A] && a[SIDE_B] == b[SIDE_B];
}

static inline int64_t views_apart(int64_t a, int64_t b)
{
	uint64_t ns =
		a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;

	return ns < INT64_MAX ? (int64_t)ns : INT64_MAX;
}

/* The same initial sequence numbers, and a box was on the way of the SYNs. */
bool views_same_isn(const struct view *a, const struct view *b);

/* Of the same ends at the same time, and in use both. */
bool views_are_beside(const struct view *a, const struct view *b);

/*
 * As many octets of both ends, of which one has another address: a box that
 * makes up numbers has passed them on, or they are only alike.
 */
bool views_are_alike(const struct view *a, const struct view *b);

/* Of two that are alike: whether all segments have passed a box, one by one. */
bool views_have_passed(const struct view *a, const struct view *b);

/*
 * What was seen of the end that has the same address in both: more than that
 * it is alike, when it is one, at different places of its way.
 */
bool views_same_end(const struct view *a, const struct view *b);

#endif
