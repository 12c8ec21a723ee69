/*
 * Connections of the same ends at the same time: the two sides of a box that
 * numbers them anew. Private to check/flows*.c.
 */
#ifndef CHECK_FLOWS_BESIDE_H
#define CHECK_FLOWS_BESIDE_H

#include "check/flows_rows.h"

/*
 * Whether the item begins another connection beside the row's: a SYN, or any
 * segment when the row has ROW_NEW, which it loses in time.
 */
bool beside_begins(struct rows *r, struct row *row,
		   const struct flows_brief *brief, enum side from,
		   const struct seg *seg);

/*
 * Of the rows that have ROW_MARKS and the segment's ends, the one whose numbers
 * it is nearest to; or NULL. Where the numbers do not tell for certain, the
 * judges of the rows learn it: wire_judge_mix.
 */
struct row *beside_find(const struct rows *r, const struct flows_key *key,
			const struct seg *seg);

#endif
