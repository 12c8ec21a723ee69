/*
 * Which row a segment is of when several have its ends. Knows the numbers of a
 * connection by its judge only.
 */
#include "check/flows_beside.h"

/* Boxes one behind another, all of them in one capture, and one end more. */
#define BESIDE_MAX 4

/* Two rows are near when a number is less than that from those of both. */
#define APART (UINT64_C(1) << 22)

/* SYNs that nobody answers, each with another number, have rows in plenty. */
static bool has_room(const struct rows *r, const struct flows_key *key,
		     const struct seg *seg)
{
	uint32_t at = 0, n = 0;

	while (rows_marked(r, key, seg, &at))
		n++;
	return n < BESIDE_MAX;
}

/* The answer has been seen, and since then nothing of the other end. */
static bool is_fresh(const struct row *row, enum side from)
{
	bool answered = false;

	for (size_t i = 0; i < row->head.segments && i < FLOWS_TRAIL; i++) {
		bool is_answer = (row->head.trail[i] & 1) == from;

		if (answered && !is_answer)
			return false;
		answered = answered || is_answer;
	}
	return true;
}

/*
 * After an RST or a SYN that came again, the answer may well be another one; of
 * one that has been acknowledged the judge has said all.
 */
static bool may_be_beside(const struct row *row, enum side from,
			  const struct seg *seg)
{
	if (!(seg->flags & FLAG_SYN))
		return row->head.family & ROW_NEW &&
		       row->head.segments < FLOWS_TRAIL;
	return !(seg->flags & FLAG_ACK) || is_fresh(row, from) ||
	       wire_judge_has_taken(&row->judge, side_other(from));
}

/* From then on all is as if it had never been new. */
static void grow_old(struct rows *r, struct row *row)
{
	if (row->head.family & ROW_NEW && row->head.segments >= FLOWS_TRAIL)
		rows_mark(r, row, row->head.family & ROW_BESIDE);
}

bool beside_begins(struct rows *r, struct row *row,
		   const struct flows_brief *brief, enum side from,
		   const struct seg *seg)
{
	if (wire_judge_is_beside(&row->judge, from, seg, brief->at_ns) &&
	    may_be_beside(row, from, seg))
		return has_room(r, &brief->key, seg);
	grow_old(r, row);
	return false;
}

static bool is_next(const struct row *row, const struct flows_key *key,
		    const struct seg *seg)
{
	return wire_judge_is_next(&row->judge, row_sender(row, key), seg);
}

/*
 * Of two rows whose numbers are near: they tell whose a segment is only if it
 * is the next one of that row alone. Without ACK it may be of both.
 */
static void note_near(struct row *row, struct row *other,
		      const struct flows_key *key, const struct seg *seg)
{
	if (!(seg->flags & FLAG_ACK) ||
	    (is_next(row, key, seg) && !is_next(other, key, seg)))
		return;
	wire_judge_mix(&row->judge);
	wire_judge_mix(&other->judge);
}

/*
 * The nearer of two. A segment without any number that differs is seen on both
 * sides in turn: it is of the one that has waited longer.
 */
static struct row *nearer(struct row *a, struct row *b,
			  const struct flows_key *key, const struct seg *seg)
{
	uint64_t to_a, to_b;
	bool is_a;

	to_a = wire_judge_distance(&a->judge, row_sender(a, key), seg);
	to_b = wire_judge_distance(&b->judge, row_sender(b, key), seg);
	is_a = to_a == to_b ? a->head.last_frame < b->head.last_frame
			    : to_a < to_b;
	if (to_a < APART && to_b < APART)
		note_near(is_a ? a : b, is_a ? b : a, key, seg);
	return is_a ? a : b;
}

struct row *beside_find(const struct rows *r, const struct flows_key *key,
			const struct seg *seg)
{
	uint32_t at = 0;
	struct row *nearest = rows_marked(r, key, seg, &at), *row;

	while (nearest && (row = rows_marked(r, key, seg, &at)))
		nearest = nearer(nearest, row, key, seg);
	return nearest;
}
