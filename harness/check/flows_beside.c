/*
 * Which row a segment is of when several have its ends. Knows the numbers of a
 * connection by its judge only.
 */
#include "check/flows_beside.h"

/* Boxes one behind another, all of them in one capture, and one end more. */
#define BESIDE_MAX 4

/* SYNs that nobody answers, each with another number, have rows in plenty. */
static bool has_room(const struct rows *r, const struct key *key,
		     const struct seg *seg)
{
	uint32_t at = 0, n = 0;

	while (rows_beside(r, key, seg, &at))
		n++;
	return n < BESIDE_MAX;
}

/* The answer has been seen, and since then nothing of the other end. */
static bool is_fresh(const struct row *row, enum side from)
{
	bool answered = false;

	for (size_t i = 0; i < row->segments && i < FLOWS_TRAIL; i++) {
		bool is_answer = (row->trail[i] & 1) == from;

		if (answered && !is_answer)
			return false;
		answered = answered || is_answer;
	}
	return true;
}

/* After an RST or a SYN that came again, the answer may well be another one. */
bool beside_begins(const struct rows *r, const struct row *row,
		   const struct key *key, enum side from,
		   const struct flows_item *item)
{
	return wire_judge_is_beside(&row->judge, from, &item->seg,
				    item->at_ns) &&
	       (!(item->seg.flags & FLAG_ACK) || is_fresh(row, from)) &&
	       has_room(r, key, &item->seg);
}

/*
 * A segment without any number that differs is seen on both sides in turn: it
 * is of the one that has waited longer.
 */
struct row *beside_find(const struct rows *r, const struct key *key,
			const struct seg *seg)
{
	struct row *row, *nearest = NULL;
	uint64_t apart, least = 0;
	uint32_t at = 0;

	while ((row = rows_beside(r, key, seg, &at))) {
		apart = wire_judge_distance(&row->judge, row_sender(row, key),
					    seg);
		if (nearest &&
		    (apart > least ||
		     (apart == least && row->last_frame > nearest->last_frame)))
			continue;
		nearest = row;
		least = apart;
	}
	return nearest;
}
