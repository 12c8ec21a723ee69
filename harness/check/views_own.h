/*
 * What the files of the views share: what is kept of one, in which form, and
 * whether two are of one connection. Private to check/views*.c.
 */
#ifndef CHECK_VIEWS_OWN_H
#define CHECK_VIEWS_OWN_H

#include <stddef.h>
#include <string.h>

#include "check/views.h"

/* Of what begins or ends together, so many frames lie between at most. */
#define VIEWS_CLOSE_FRAMES 4

/* A connection as one side of the box has seen it. */
struct view {
	uint32_t place; /* where it is kept */
	uint32_t id;
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

/* Of struct wire_signs all but the times of RSTs, which are seldom there. */
#define VIEWS_SIGNS offsetof(struct wire_signs, rst_ms)

/*
 * The same as it is kept, of thousands: in as few octets, and as few steps, as
 * may be. What IPv4 connections without an RST do not have lies apart, so that
 * its memory is not even touched.
 */
struct view_kept {
	uint8_t signs[VIEWS_SIGNS];
	int64_t start_ns;
	uint64_t first_frame; /* VIEWS_MARKS below it */
	uint32_t id;
	uint32_t last_frame; /* of it the low bits */
	uint32_t addr[2];
	uint16_t port[2];
	uint16_t trail[FLOWS_TRAIL];
	uint8_t ttl[2];
};

struct view_apart {
	uint8_t addr[2][16];
	uint32_t rst_ms[2];
};

/* Marks, and how many of the trail are valid. */
#define VIEWS_LINKED  0x01u
#define VIEWS_BESIDE  0x02u
#define VIEWS_EVICTED 0x04u
#define VIEWS_IPV6    0x08u
#define VIEWS_TRAIL   4 /* from this bit on */
#define VIEWS_MARKS   8 /* bits */

void views_keep(const struct flows_over *o, struct view_kept *kept,
		struct view_apart *apart);

/* All but its place, and the times of RSTs that there are not. */
void views_read(const struct view_kept *kept, const struct view_apart *apart,
		struct view *view);

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

/* False: views_have_passed is false, as most often. */
bool views_may_have_passed(const struct view_kept *a,
			   const struct view_kept *b);

/* Of two that are alike: whether all segments have passed a box, one by one. */
bool views_have_passed(const struct view *a, const struct view *b);

/*
 * What was seen of the end that has the same address in both: more than that
 * it is alike, when it is one, at different places of its way.
 */
bool views_same_end(const struct view *a, const struct view *b);

#endif
