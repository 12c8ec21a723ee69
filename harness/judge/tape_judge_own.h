/*
 * What the files of the tape judge share: what is known of each end. Private to
 * judge/tape_judge*.c. "It" below is that end.
 */
#ifndef JUDGE_TAPE_JUDGE_OWN_H
#define JUDGE_TAPE_JUDGE_OWN_H

#include "base/arena.h"
#include "base/seq.h"
#include "judge/rfc9293.h"
#include "judge/tape_judge.h"
#include "packet/flow.h"
#include "script/verb.h"

/* The states of an end that has no connection. */
#define NO_CONNECTION \
	(STATE_BIT(TCP_STATE_CLOSED) | STATE_BIT(TCP_STATE_LISTEN))

/* Text above RCV.NXT that was delivered out of order. */
struct range {
	uint32_t from, to;
};

/* What an end owes: an ACK of at least that number, or an RST. */
struct owed {
	bool ack, rst;
	uint32_t number;
	bool unread; /* the RST is for data that was not read */
	int64_t at_ns;
	size_t frame; /* that it is owed for, or TAPE_NO_FRAME */
	enum rfc9293_event event;
	const char *id;
};

/* A segment delivered to an end, or a call of its process. */
struct stimulus {
	enum rfc9293_event event;
	enum rfc9293_answer answer;
	bool has_ack, has_fin;
	uint32_t ack, end; /* the segment's SEG.ACK, SEG.SEQ + SEG.LEN */
	uint32_t owed;	   /* ANSWER_ACK: the least that it must acknowledge */
	size_t frame;	   /* or TAPE_NO_FRAME */
	const char *id;
};

/* Pure ACKs with the same SEG.SEQ, SEG.ACK and window, in a row. */
struct alike {
	bool any;
	uint32_t seq, ack;
	uint16_t win;
	int64_t left; /* how many more there may be */
};

/* A call that has not returned: its row, and what follows it on the tape. */
struct call_out {
	const struct verb *verb; /* NULL: none */
	const char *args;
};

struct tape_judge_end {
	struct arena *arena; /* what grows is kept there */

	/*
	 * What the end has sent. Its shown.rcv_nxt is what it says of what was
	 * delivered to it, which rcv_nxt below is.
	 */
	struct flow_tcb shown;
	uint32_t snd_una;
	uint32_t snd_edge; /* SND.UNA+SND.WND: of the window it was told of */
	bool snd_edge_known;
	uint64_t handed;  /* octets that send and fill took */
	uint64_t up;	  /* of those, up to the last urgent one: SND.UP */
	int64_t moved_ns; /* since when what waits at SND.UNA has waited */
	bool fin_acked;
	uint32_t rcv_wnd_max; /* the largest window it offered, scaled */
	bool ecn; /* ECE or CWR in its SYN, or in one forged in its name */
	bool tsval_known;
	uint32_t tsval_newest;
	struct alike acks;
	int64_t begun_ns;  /* its first segment of this connection */
	int64_t fin_at_ns; /* its FIN, the last time */
	size_t fin_frame;
	unsigned int n_fin; /* how often its FIN was sent */
	bool fin_alone;	    /* then all before the FIN was acknowledged */
	bool resent;	    /* anything was sent again */

	/* What was delivered to the end. */
	bool rcv_known;
	uint32_t rcv_nxt;
	struct range *range; /* none touches another */
	size_t n_range;
	bool fin_rcvd; /* the peer's FIN, and all before it */
	bool fin_held; /* a FIN above RCV.NXT */
	uint32_t fin_held_seq;
	uint32_t ts_recent; /* TS.Recent */
	uint32_t ts_newest; /* what that may be, see take_timestamp */
	bool ts_known;
	bool asked;	 /* since its FIN: what may bring the FIN again */
	bool unsettled;	 /* given to: before or after what it sends next? */
	uint64_t unread; /* octets delivered and not received */
	uint64_t urgent; /* of those, at most, passed over: they were urgent */
	bool rst_delivered;

	/* Text or a FIN that the end may have taken or not. */
	bool maybe;
	bool maybe_fin;
	uint32_t maybe_end;
	bool syn_pending; /* a SYN that may begin anew, until the state is read */
	uint32_t syn_next;
	bool reopened; /* from TIME-WAIT, by a SYN it has yet to answer */

	uint32_t states;  /* all states it may be in */
	int64_t quiet_ns; /* since when nothing has happened to the end */

	/* The calls of its process. */
	int fds;
	bool accepted, listening;
	bool closed; /* close() of the last descriptor, or its process ended */
	bool wr_shut, rd_shut;
	bool close_waits; /* for a call of another thread, which may be over */
	bool linger0, keepalive, user_timeout, forgotten;
	bool rcvbuf;   /* its receive buffer was changed */
	bool vanished; /* once; what it sent meanwhile is not known */
	bool error_told;
	struct call_out blocked;  /* the call it is in */
	struct call_out threaded; /* that its second thread is in */
	bool fin_due;		  /* CLOSE in a state that owes a FIN */
	int64_t close_ns;
	int64_t linger_ns;	/* SO_LINGER's time, or 0 */
	int64_t linger_over_ns; /* when that of its close() is over, or 0 */
	size_t close_frame;	/* the last frame before the CLOSE */

	/* What the end may or must answer. */
	struct owed owed;
	struct stimulus *stimulus; /* what may cause an ACK */
	size_t n_given;		   /* of those, ever */
	size_t n_stimulus;	   /* that may not have been answered yet */
	bool mixed;		   /* which answer is whose cannot be told */
	bool has_last;
	struct stimulus last; /* since its state was last read */
	int rst_allowed;
	int64_t challenged_ns;	 /* when it last had to answer the invalid */
	struct stimulus refused; /* the last RST that it was not to obey, */
	bool has_refused;	 /* if any */
};

/* A finding that was said, and is not said again. */
struct said {
	const struct rule *rule;
	const char *id;
	enum severity severity;
	enum side side;
};

struct sending {
	int64_t at_ns;
	size_t frame;
};

struct tape_judge {
	const struct tape *tape;
	int64_t rto_min_ns; /* or 0 */
	struct arena arena;
	struct said *said;
	size_t n_said;
	const struct judge_sink *sink;
	tape_judge_wanted_fn *wanted; /* or NULL */
	bool shows[2];		      /* by side: its states were read */
	bool opening;		      /* what "open" lets through goes on */
	struct tape_judge_end end[2];
	struct wire_judge judge;
	bool judging;
	bool forged;	/* in this incarnation */
	bool lossy;	/* some fate other than delivered, or an end is gone */
	int64_t now_ns; /* not later than now */
	int64_t given_ns; /* when what an end is given had been delivered */
	struct sending *sending; /* all frames, in the order of their sending */
	size_t n_noted;		 /* of these */
	bool *blamed;		 /* by frame: its sender did wrong with it */
	size_t frame;		 /* the last frame dealt with */
};

/* tape_judge.c */

/* A finding: rule, what it is about, and both texts. id may be NULL. */
typedef void tape_judge_say_fn(struct tape_judge *j, enum rule_id rule,
			       const char *id, enum side side, size_t frame,
			       const char *expected, const char *actual);
tape_judge_say_fn tape_judge_say;

/* The same, of a rule that is proved here and not elsewhere. */
tape_judge_say_fn tape_judge_prove;

/* The same, of what is known and let pass. */
tape_judge_say_fn tape_judge_note;

/* A segment that an end really sent. */
struct sent {
	struct tape_judge *j;
	enum side from;
	struct tape_judge_end *e; /* its sender */
	const struct seg *seg;
	size_t frame;
	int64_t at_ns;
};

/* A finding about it; actual as printf(3) takes it. id may be NULL. */
void tape_judge_say_sent(const struct sent *s, tape_judge_say_fn *say,
			 enum rule_id rule, const char *id,
			 const char *expected, const char *actual, ...)
	__attribute__((format(printf, 6, 7)));

/* tape_judge_send.c: what an end sends. */
void tape_judge_sent(struct tape_judge *j, enum side from,
		     const struct seg *seg, size_t frame, int64_t at_ns);

/* At the tape's end: what was owed and did not come. */
void tape_judge_settle(struct tape_judge *j, enum side side);

/* The same of its FIN, at the latest when its connection is gone. */
void tape_judge_settle_fin(struct tape_judge *j, enum side side);

/*
 * The only thing that has happened to it since it last sent, or NULL: a
 * reader that waits for more may open the window at any time.
 */
const struct stimulus *tape_judge_only_stimulus(const struct tape_judge_end *e);

/* tape_judge_shown.c: what its segments show by themselves. */
void tape_judge_shown(const struct sent *s);
void tape_judge_shown_settle(struct tape_judge *j, enum side side);
/* It opens a connection with seg. */
void tape_judge_shown_begin(struct tape_judge_end *e, const struct seg *seg);
/* It was given a segment; EVENT_COUNT: any. */
void tape_judge_shown_given(struct tape_judge_end *e, enum rfc9293_event event);

/* tape_judge_arrive.c: what an end is given. */
void tape_judge_arrived(struct tape_judge *j, enum side to,
			const struct seg *seg, size_t frame);

/* tape_judge_event.c: which event a segment is to an end. */
struct arrival {
	enum rfc9293_event event; /* EVENT_COUNT: cannot be told */
	bool acks_fin;		  /* acknowledges its FIN, for the first time */
	bool acceptable;	  /* its text and ACK are processed */
};

struct arrival tape_judge_event(const struct tape_judge_end *e,
				const struct tape_judge_end *peer,
				const struct seg *seg);

/* Takes text and FIN in; true when a FIN's turn has come. */
bool tape_judge_take(struct tape_judge_end *e, const struct seg *seg);

/* It acknowledges ack: what it may have taken so far, it has. */
void tape_judge_adopt(struct tape_judge_end *e, uint32_t ack);

/* tape_judge_call.c: what its process does. */
void tape_judge_act(struct tape_judge *j, const struct tape_event *e);
void tape_judge_return(struct tape_judge *j, const struct tape_event *e);

/* tape_judge_state.c: the set of states it may be in. */
void tape_judge_step(struct tape_judge_end *e, enum rfc9293_event event);
void tape_judge_read(struct tape_judge *j, enum side side, enum tcp_state got,
		     size_t frame);

/*
 * The states it may be in by now, time included, those without a connection
 * taken together; 0: it may be in any.
 */
uint32_t tape_judge_may_be_by_now(const struct tape_judge *j,
				  const struct tape_judge_end *e);

/* Text or a FIN of it is not acknowledged, or not sent. */
bool tape_judge_waits(const struct tape_judge_end *e);

/*
 * Whether it may abort the connection by now (3.10.8). With a user timeout, or
 * without a process, that runs while anything waits to be acknowledged, or for
 * the window (RFC 5482, RFC 6429), whatever it hears meanwhile.
 */
bool tape_judge_may_give_up(const struct tape_judge *j,
			    const struct tape_judge_end *e);

/* It has begun a connection, of which it expects that number next. */
void tape_judge_begin(struct tape_judge_end *e, uint32_t rcv_nxt);

/* The row that holds for all states it may be in, or NULL. */
const struct rfc9293_row *tape_judge_row(const struct tape_judge_end *e,
					 enum rfc9293_event event);

static inline bool tape_judge_may_be(const struct tape_judge_end *e,
				     enum tcp_state s)
{
	return e->states & STATE_BIT(s);
}

/* Whether an RST may be the answer. */
static inline bool tape_judge_may_reset(enum rfc9293_answer answer)
{
	return answer == ANSWER_RST || answer == ANSWER_MAY_RST ||
	       answer == ANSWER_ANY;
}

static inline bool tape_judge_is_only(const struct tape_judge_end *e,
				      uint32_t set)
{
	return e->states && !(e->states & ~set);
}

#endif
