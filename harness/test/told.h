/*
 * Segments of many clients of one server, given to a table of connections, and
 * what that told. For the tests of the table.
 */
#ifndef TEST_TOLD_H
#define TEST_TOLD_H

#include "base/clock.h"
#include "base/name.h"
#include "check/flows.h"

#define START (INT64_C(1700000000) * NS_PER_S)
#define S     FLAG_SYN
#define A     FLAG_ACK
#define F     FLAG_FIN
#define R     FLAG_RST

#define KEPT_MAX 64

/* Of each table, and of what it is given. */
extern const uint64_t told_seed[2];

/*
 * Segments that a table is given and has not judged yet; but for the table all
 * zero at first.
 */
#define BATCH_MAX 40

struct batch {
	struct flows *flows;
	bool briefs; /* of IPv4, where there are not too many octets for one */
	struct seg seg[BATCH_MAX];
	struct flows_brief brief[BATCH_MAX];
	size_t n;
	size_t since; /* segments since any were let go */
};

void batch_add(struct batch *b, const struct seg *seg, uint64_t frame,
	       int64_t at_ns);

/* The same of what an ICMP error quotes. */
void batch_add_quoted(struct batch *b, const struct seg *quoted,
		      enum icmp_error error);

/* And lets go of who is over, once in BATCH_PASS segments. */
#define BATCH_PASS 16

void batch_judge(struct batch *b);

/* What was told of the connections, in the order in which it was. */
struct told {
	struct flows *flows;
	size_t n;
	size_t evicted;
	size_t n_found;
	struct judge_finding found; /* the last */
	struct flows_over kept[KEPT_MAX];
	struct batch batch;
	size_t at_once;
	uint32_t last_id;
	uint64_t sum;  /* of all that was told, in this order */
	uint32_t seen; /* the id of the last segment */
	enum side from;
	uint64_t frame;
};

/* From client number c (or to it), whose address and port tell of it. */
struct step {
	int family;
	uint32_t client;
	bool back;
	uint8_t flags;
	uint32_t seq;
	uint32_t ack;
	size_t len;
	int64_t s;
};

/* Of a table that holds so many; what is given is judged one by one. */
void told_begin(struct told *told, size_t max);

/* The same, of one that flows_pass tells of after a second of quiet. */
void told_begin_live(struct told *told, size_t max);

/* Names its ends: from client number c, or back to it. */
void told_name(struct seg *seg, int family, uint32_t c, bool back);

/* Judged when so many were given as told->at_once. */
void told_give_seg(struct told *told, const struct seg *seg, int64_t at_ns);
void told_give(struct told *told, const struct step *step);
void told_give_all(struct told *told, const struct step *steps, size_t n);

/* Opened, closed by the client, and closed, all at that second. */
void told_give_whole(struct told *told, int family, uint32_t c, int64_t s,
		     uint32_t isn);

/* Segments of nobody else, until it is looked who has ended and who is over. */
void told_pass(struct told *told, int64_t s);

/* The end of the table, at that second. */
void told_end(struct told *told, int64_t s);

#endif
