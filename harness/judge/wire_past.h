/*
 * What a judge keeps of a connection that has ended plainly: the rest of its
 * memory is zero then.
 */
#ifndef JUDGE_WIRE_PAST_H
#define JUDGE_WIRE_PAST_H

#include "judge/wire_judge.h"

/* The first members of struct wire_end, in the same order. */
struct wire_past_end {
	uint64_t seen;
	uint16_t second;
	uint16_t sent;
	uint16_t sent_before;
	uint16_t rsts;
	uint32_t snd_nxt;
	uint32_t rcv_nxt;
	uint32_t right_edge;
	uint32_t tsval;
	uint32_t last_ms;
	uint16_t rtt_ms;
	uint8_t scale;
	uint8_t fins;
	uint32_t snd_isn;
	uint32_t fin_seq;
	uint32_t fin_ts;
	uint32_t fin_ms;
	uint32_t fin_last_ms;
	uint32_t peer_nxt;
};

/* And of struct wire_judge, but for what lies between end and loop_mark. */
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
	struct wire_past_end end[2];
	uint32_t loop_mark;
	uint32_t loop_ms;
	uint32_t loop_to_ms;
	uint16_t loop_nxt;
	uint8_t ttl[2];
};

/*
 * False: the judge's connection has not ended plainly, with a FIN of each end
 * that was sent once, and nothing was written.
 * wire_judge_end, which was not called for it, would find nothing in one that
 * has, and change nothing in what is summarised of it.
 */
bool wire_past_pack(struct wire_past *past, const struct wire_judge *j);

/* wire_judge_summarise of the judge that was packed. */
void wire_past_summarise(const struct wire_past *past, struct wire_summary *s);

/* The judge that was packed. */
void wire_past_unpack(const struct wire_past *past, struct wire_judge *j);

#endif
