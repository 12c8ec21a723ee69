/* What the parts of the simulator share. */
#ifndef TEST_SIM_OWN_H
#define TEST_SIM_OWN_H

#include "base/seq.h"
#include "base/clock.h"
#include "test/sim.h"

#define SIM_NEVER    INT64_MAX
#define SIM_PACKETS  512
#define SIM_RANGES   16
#define SIM_RETRIES  9
#define SIM_TIMEWAIT (60 * NS_PER_S)

enum sim_timer {
	SIM_T_APP,  /* the application's next deed */
	SIM_T_READ, /* it reads again */
	SIM_T_RESEND,
	SIM_T_TAIL,
	SIM_T_ACK,
	SIM_T_PERSIST,
	SIM_T_KEEP,
	SIM_T_WAIT, /* TIME-WAIT, or FIN-WAIT-2 of an orphan */
	SIM_T_BUG,
	SIM_T_COUNT,
};

struct sim_packet {
	enum side from;
	bool passed;	/* the vantage point */
	int64_t at_ns;	/* when it arrives at the end of its hop */
	struct seg seg; /* opts and data are not set */
	uint8_t opts[40];
	size_t opts_len;
	uint8_t scale; /* SYN: 255 is not offered */
	uint16_t mss;  /* SYN */
};

struct sim_range {
	uint32_t from, to;
};

struct sim_end {
	const struct sim_side *plan;
	enum side side;
	enum tcp_state state;
	/* una <= nxt <= max: first unacknowledged, next, highest sent */
	uint32_t una, nxt, max, limit; /* limit: right edge of the peer's */
	uint32_t irs, rcv_nxt, edge, unread;
	uint32_t written, recover, resent;
	bool fin_wanted, fin_sent, fin_got, closed, recovering;
	uint32_t fin; /* its number */
	uint32_t peer_fin;
	bool peer_fin_known;
	bool scaling, ts;
	uint8_t peer_scale;
	uint32_t mss, ts_recent;
	struct sim_range early[SIM_RANGES];
	int n_early;
	int64_t timer[SIM_T_COUNT];
	int64_t rto_ns, close_at;
	int next_write;
	unsigned int backoff, dupacks, unanswered;
	int bug_count;	/* how often its bug has shown */
	bool bug_sends; /* sim_bug_timer sends what it sends now */
	uint32_t delivered;
};

struct sim {
	const struct sim_plan *plan;
	/* Of an end that stands alone: where its segments go, or NULL. */
	void (*send)(struct sim *s, const struct sim_packet *p);
	sim_seen_fn *seen;
	void *ctx;
	struct sim_truth *truth;
	uint64_t random;
	int64_t now;
	struct sim_end end[2];
	struct sim_packet packet[SIM_PACKETS];
	int n_packets;
	int64_t last_at[2][2];	/* by sender and hop: keeps the order */
	struct sim_packet kept; /* by the capture, handed over late */
	int64_t kept_at;
	bool keeping;
	int fins_lost;
	/* Lost behind the vantage point, by sender. */
	bool lost_fin[2], lost_ack[2], lost_rst[2], rst_came[2];
};

/* sim_net.c: the only source of chance */
uint64_t sim_random(uint64_t *state);
uint64_t sim_below(uint64_t *state, uint64_t n);
bool sim_chance(uint64_t *state, unsigned int in_thousand);

/* sim_net.c: the hops and the vantage point */
void sim_send(struct sim *s, const struct sim_packet *p);
void sim_arrive(struct sim *s, int packet);
void sim_capture_end(struct sim *s);

/* sim_end.c: what an end sends, and when */
void sim_end_start(struct sim *s, enum side side);
void sim_end_timer(struct sim *s, struct sim_end *e, enum sim_timer t);
void sim_emit(struct sim *s, struct sim_end *e, uint8_t flags, uint32_t seq,
	      uint32_t len);
void sim_ack(struct sim *s, struct sim_end *e);
void sim_push(struct sim *s, struct sim_end *e);
void sim_resend(struct sim *s, struct sim_end *e);
void sim_finish(struct sim_end *e);
void sim_keep_alive(struct sim *s, struct sim_end *e);

/* sim_app.c: the application */
void sim_app(struct sim *s, struct sim_end *e);
void sim_app_read(struct sim *s, struct sim_end *e);
void sim_app_eof(struct sim *s, struct sim_end *e);
void sim_abort(struct sim *s, struct sim_end *e);
bool sim_app_deaf(const struct sim *s, const struct sim_end *e);

/* sim_got.c: what an end does with what arrives */
void sim_got(struct sim *s, struct sim_end *e, const struct sim_packet *p);

/* sim_bug.c: broken ends */
bool sim_bug_emit(struct sim *s, struct sim_end *e, struct sim_packet *p);
void sim_bug_timer(struct sim *s, struct sim_end *e);
void sim_bug_rst(struct sim *s, struct sim_end *e);

#endif
