/*
 * What a judge keeps of a connection that has ended plainly: the rest of its
 * memory is zero then.
 */
#ifndef JUDGE_WIRE_PAST_H
#define JUDGE_WIRE_PAST_H

#include "judge/wire_judge.h"

/* From there on all members of an end tell of what is not plain. */
#define WIRE_END_PLAIN offsetof(struct wire_end, fin_gap_ms)

/* The same members as in struct wire_judge, in the same order. */
struct wire_past {
	int64_t start_ns;
	int64_t last_ns;
	bool any;
	bool closed;
	bool followed;
	uint8_t order;
	uint8_t aborted_in;
	uint8_t loop_has;
	uint16_t loops;
	uint64_t end[2][WIRE_END_PLAIN / sizeof(uint64_t)];
	uint32_t loop_mark;
	uint32_t loop_ms;
	uint32_t loop_to_ms;
	uint16_t loop_nxt;
};

/*
 * False: the judge's connection has not ended plainly, and nothing was written.
 * wire_judge_end, which was not called for it, would find nothing in one that
 * has, and change nothing in what is summarised of it.
 */
bool wire_past_pack(struct wire_past *past, const struct wire_judge *j);

/* The judge that was packed. */
void wire_past_unpack(const struct wire_past *past, struct wire_judge *j);

#endif
