/*
 * What the files of the judge share: the bits of its memory, the scene of one
 * segment. Private to judge/judge*.c.
 */
#ifndef JUDGE_JUDGE_OWN_H
#define JUDGE_JUDGE_OWN_H

#include "base/name.h"
#include "base/seq.h"
#include "judge/judge.h"

/* judge_half.seen */
#define HALF_ANY      0x00001u /* next is valid */
#define HALF_SYN      0x00002u /* isn is valid */
#define HALF_ACKS     0x00004u /* acked is valid */
#define HALF_FIN      0x00008u
#define HALF_RST      0x00010u	/* an RST that may have counted */
#define HALF_TS	      0x00020u	/* its SYN carried timestamps */
#define HALF_SCALE    0x00040u	/* its SYN carried a window scale */
#define HALF_GAP      0x00080u	/* octets of it were not seen, or not yet */
#define HALF_AHEAD    0x00100u	/* acknowledged what was not seen, or not yet */
#define HALF_PASSIVE  0x00200u	/* had the other's FIN when it sent its own */
#define HALF_SHUT     0x00400u	/* its last window was 0 */
#define HALF_LIFE     0x00800u	/* has sent something since the other's FIN */
#define HALF_ANSWERED 0x01000u	/* the other's last FIN has had its answer */
#define HALF_AGAIN    0x02000u	/* sent data again after its FIN */
#define HALF_ON	      0x04000u	/* went on after its RST */
#define HALF_INEXACT  0x08000u	/* its RST was in the window and not exact */
#define HALF_LONE     0x10000u	/* its RST: nothing else of it in flight */
#define HALF_REUSE    0x20000u	/* its SYN must not be accepted */
#define HALF_OLD      0x40000u	/* old data of it after both had closed */
#define HALF_POKED    0x80000u	/* has acknowledged old data in TIME-WAIT */
#define HALF_ANSWERS  0x100000u /* its SYN carried ACK */
#define HALF_LONG     0x200000u /* has sent 2 GB: isn is before no number */
#define HALF_BOTHERED 0x400000u /* alive after the other's second FIN */
#define HALF_PROGRESS 0x800000u /* something was acknowledged since its FIN */
#define HALF_TWIN     0x1000000u  /* its FIN was seen twice at once */
#define HALF_BARE     0x2000000u  /* its first RST had no ACK flag */
#define HALF_FIN_FAR  0x4000000u  /* its FIN was outside the window */
#define HALF_RST_FAR  0x8000000u  /* its RST was */
#define HALF_RST_ODD  0x10000000u /* one was so far that it did not count yet */
#define HALF_RST_LATE 0x20000000u /* it sent one after both had closed */

/* judge.order */
#define JUDGE_A_FIRST 0x01 /* A closed first */
#define JUDGE_B_FIRST 0x02
#define JUDGE_CROSSED 0x04 /* both closed, neither had the other's FIN */
#define JUDGE_A_RESET 0x08 /* A sent the RST that counts */
#define JUDGE_B_RESET 0x10
#define JUDGE_REFUSED 0x20
#define JUDGE_STRAY   0x40 /* stray is valid */
#define JUDGE_STRAY_B 0x80 /* that SYN was B's */

/* A segment, and who is who in it. */
struct scene {
	struct judge *j;
	enum side from;
	struct judge_half *me; /* of its sender */
	struct judge_half *peer;
	const struct seg *seg; /* NULL: the end of all */
	uint32_t end; /* the number behind its octets, FIN and SYN included */
	uint32_t ms;
	uint64_t frame;
	int64_t at_ns;
	const struct judge_ear *ear;
};

/*
 * Both, or one, without a branch: what is asked here differs from segment to
 * segment, and nobody could foretell which way a branch goes.
 */
static inline bool both_of(bool a, bool b)
{
	return a & b;
}

static inline bool either_of(bool a, bool b)
{
	return a | b;
}

static inline bool half_has(const struct judge_half *h, uint32_t bits)
{
	return (h->seen & bits) == bits;
}

/*
 * Whether a number is before the SYN's, as far as it can be told: of what was
 * sent long after, half seems to be.
 */
static inline bool before_syn(const struct judge_half *h, uint32_t seq)
{
	return both_of((h->seen & (HALF_SYN | HALF_LONG)) == HALF_SYN,
		       seq_before(seq, h->isn));
}

/* Whether h's FIN was acknowledged by o. */
static inline bool fin_acked(const struct judge_half *h,
			     const struct judge_half *o)
{
	bool known = both_of(half_has(h, HALF_FIN), half_has(o, HALF_ACKS));

	return both_of(known, seq_after(o->acked, h->fin));
}

static inline bool both_closed(const struct judge *j)
{
	return both_of(fin_acked(&j->half[0], &j->half[1]),
		       fin_acked(&j->half[1], &j->half[0]));
}

/* Both SYNs were seen, so that nothing before is unknown. */
static inline bool both_syns(const struct judge *j)
{
	return j->half[0].seen & j->half[1].seen & HALF_SYN;
}

/* Nothing was missed, as far as it can be told. */
static inline bool is_whole(const struct judge *j)
{
	return both_syns(j) &&
	       !((j->half[0].seen | j->half[1].seen) & (HALF_GAP | HALF_AHEAD));
}

/* By how much an end's windows are shifted, but in its SYN: both offered it. */
static inline unsigned int scale_of(const struct judge *j,
				    const struct judge_half *h)
{
	bool scaled = j->half[0].seen & j->half[1].seen & HALF_SCALE;

	return scaled * h->scale;
}

static inline uint8_t count_up(uint8_t n)
{
	return n < UINT8_MAX ? (uint8_t)(n + 1) : n;
}

/* A number as people read it: from the sender's SYN on, when it was seen. */
static inline uint32_t relative(const struct judge_half *h, uint32_t seq)
{
	return half_has(h, HALF_SYN) ? seq - h->isn : seq;
}

/* judge_say.c */

/* What is said of whom. */
struct claim {
	enum rule_id rule;
	enum side side;
	enum severity severity;
	const char *settles; /* INCONCLUSIVE: what would settle it */
};

struct claim claim_of(enum rule_id rule, enum side side);
struct claim claim_open(enum rule_id rule, enum side side, const char *settles);

bool judge_said(const struct judge *j, enum rule_id rule, enum side side);

/* Once a rule and side. The text is "expected|actual". */
void judge_say(const struct scene *s, struct claim c, const char *text, ...)
	__attribute__((format(printf, 3, 4)));

/* judge_seq.c: what the numbers of one segment prove. */
bool judge_is_known(const struct scene *s);

/*
 * Of a segment that is not: whether it is of this connection all the same, so
 * much of which was not seen; then it is gone on from there.
 */
bool judge_jump(const struct scene *s);
void judge_numbers(const struct scene *s);
void judge_fin(const struct scene *s);
void judge_ack(const struct scene *s);
void judge_timestamp(const struct scene *s);
void judge_without_ack(const struct scene *s);

/* judge_rst.c */
void judge_rst(const struct scene *s);
void judge_after_rst(const struct scene *s);
void judge_after_odd(const struct scene *s);
void judge_odd_end(const struct scene *s);

/* judge_time.c */
void judge_fin_times(const struct scene *s);
void judge_answer_times(const struct scene *s);
void judge_times_end(const struct scene *s);
bool judge_has_had(const struct scene *s);

/* judge_rst.c: old data in TIME-WAIT. */
void judge_wait(const struct scene *s);

/* judge_end.c */
enum tcp_state judge_state(const struct judge *j, enum side side);

/* Of one that has sent its FIN: it was acknowledged, it had the other's. */
enum tcp_state judge_closed_state(uint32_t seen, bool acked, bool had);

/* When both FINs were acknowledged; and who closed first. By judge.order. */
enum ending judge_both_ending(uint8_t order);
enum first judge_first(uint8_t order);

#endif
