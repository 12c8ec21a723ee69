/*
 * A short connection judged at once, when all of it is there: from the SYN to
 * the ACK of the second FIN. Its segments wait until then as they came.
 */
#ifndef JUDGE_WIRE_WHOLE_H
#define JUDGE_WIRE_WHOLE_H

#include "judge/wire_judge.h"
#include "packet/decap_usual.h"

/* A segment that waits. */
struct wire_kept {
	struct decap_brief tcp;
	uint32_t since_ns; /* the first one was captured */
	uint32_t frames;   /* since the first one, times two; and who sent it */
};

static inline enum side wire_kept_from(const struct wire_kept *kept)
{
	return kept->frames & 1 ? SIDE_B : SIDE_A;
}

/* Of an end what does not follow from the rest. Times are since the SYN. */
struct wire_whole_end {
	uint32_t snd_isn;
	uint32_t fin_seq;
	uint32_t right_edge;
	uint32_t tsval;
	uint16_t last_ms;
	uint16_t rtt_ms;
	uint16_t fin_ms;
	uint16_t sent; /* in its last second, and in the one before */
	uint16_t sent_before;
	uint8_t second : 2;
	uint8_t scale : 4;
	bool offered_ts : 1;
	bool offered_scale : 1;
	uint8_t ttl;
};

/* All that a judge would know of it: it is as small as may be. */
struct wire_whole {
	int64_t start_ns;
	uint32_t since_ns; /* the first segment, of the last */
	uint32_t fin_ts;   /* the timestamp of the first FIN */
	struct wire_whole_end end[2];
	uint16_t fin_len;   /* octets in the second FIN's segment */
	uint8_t first;	    /* enum side: who closed first */
	bool acked_between; /* its FIN, before the other one came */
};

/*
 * Judges these segments, the first of them at start_ns, and none before the one
 * ahead of it; A is who sent the first. False: the connection is not whole, or
 * not plain, or there is more to it than is looked at here, and *whole may hold
 * anything. wire_judge_end would find nothing in one that is.
 */
bool wire_whole_judge(struct wire_whole *whole, const struct wire_kept *kept,
		      size_t n, int64_t start_ns);

static inline int64_t wire_whole_last_ns(const struct wire_whole *whole)
{
	return whole->start_ns + whole->since_ns;
}

/* Octets of data that the end has sent. */
static inline uint32_t wire_whole_octets(const struct wire_whole *whole,
					 enum side side)
{
	const struct wire_whole_end *e = &whole->end[side];

	return e->fin_seq - e->snd_isn - 1;
}

/* wire_judge_summarise of the judge that was given the same segments. */
void wire_whole_summarise(const struct wire_whole *whole,
			  struct wire_summary *s);

/* That judge. */
void wire_whole_unpack(const struct wire_whole *whole, struct wire_judge *j);

#endif
