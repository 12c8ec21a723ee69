/*
 * What the files of the referee share: what is known of each end. Private to
 * judge/referee*.c. "It" below is the end.
 */
#ifndef JUDGE_REFEREE_OWN_H
#define JUDGE_REFEREE_OWN_H

#include "base/arena.h"
#include "base/seq.h"
#include "judge/referee.h"
#include "judge/rfc9293.h"
#include "script/verb.h"

/* Text above RCV.NXT that was delivered out of order. */
struct range {
	uint32_t from, to;
};

/* What it owes: an ACK of at least that number, or an RST. */
struct owed {
	bool ack, rst;
	uint32_t number;
	bool unread; /* the RST is for data that was not read */
	int64_t at_ns;
	size_t frame; /* that it is owed for, or TAPE_NO_FRAME */
	enum rfc9293_event event;
	const char *id;
};

/* A segment delivered, or a call made, since it last sent anything. */
struct stimulus {
	enum rfc9293_event event;
	enum rfc9293_answer answer;
	bool has_ack;
	uint32_t ack, end; /* the segment's SEG.ACK, SEG.SEQ + SEG.LEN */
	uint32_t owed;	   /* ANSWER_ACK: the least that it must acknowledge */
	bool tolerated;	   /* another state is a known deviation: a note */
	size_t frame;	   /* or TAPE_NO_FRAME */
	const char *id;
};

/* Pure ACKs that differ in nothing. */
struct alike {
	bool any;
	uint32_t seq, ack;
	uint16_t win;
	int64_t left; /* how many more there may be */
};

struct referee_end {
	struct arena *arena; /* what grows is kept there */

	/* What it has sent. */
	bool snd_known;
	uint32_t snd_isn, snd_nxt, snd_una;
	uint32_t usable; /* the right edge of the window it was told of */
	uint64_t handed; /* octets that send and fill took */
	bool fin_sent, fin_acked;
	uint32_t fin;
	bool rst_sent;
	bool acked_known;
	uint32_t acked;	  /* the highest acknowledgment number it sent */
	uint32_t edge;	  /* the right edge of the window it offered */
	uint32_t max_wnd; /* the largest it offered */
	uint32_t wnd;	  /* the last */
	uint8_t scale;	  /* of its windows; 0 until its SYN offers one */
	bool ts;	  /* timestamps in its SYN */
	bool ecn; /* ECE or CWR in its SYN, or in one forged in its name */
	bool tsval_known;
	uint32_t tsval; /* the newest it sent */
	struct alike acks;
	int64_t begun_ns;  /* its first segment of this connection */
	int64_t fin_at_ns; /* its FIN, the last time */
	size_t fin_frame;
	bool fin_again; /* more than once */
	bool fin_alone; /* then: all before was acknowledged */
	bool resent;	/* anything */

	/* What was delivered to it. */
	bool rcv_known;
	uint32_t rcv_nxt;
	struct range *range; /* none touches another */
	size_t n_range;
	bool peer_fin; /* its turn has come */
	bool fin_early;
	uint32_t fin_early_seq;
	uint32_t ts_recent;
	uint32_t ts_newest; /* what that may be, see take_timestamp */
	bool ts_known;
	bool usable_known; /* the window it was told of */
	bool asked;	 /* since its FIN: something that may bring it again */
	bool unsettled;	 /* given to: before or after what it sends next? */
	uint64_t unread; /* octets delivered and not received */
	bool rst_delivered;

	bool maybe; /* text or a FIN that it may have taken or not */
	bool maybe_fin;
	uint32_t maybe_end;
	bool syn_pending; /* a SYN that may begin anew, until the state is read */
	uint32_t syn_next;

	/* Its state: all that are possible. */
	uint32_t states;
	int64_t quiet_ns; /* since when nothing has happened to it */

	/* The calls of its process. */
	int fds;
	bool accepted, listening;
	bool closed; /* close() of the last descriptor, or its process ended */
	bool wr_shut, rd_shut;
	bool linger0, keepalive, user_timeout, forgotten;
	bool rcvbuf;   /* has changed its receive buffer */
	bool vanished; /* once; what it sent meanwhile is not known */
	bool error_told;
	const struct verb *blocked; /* the call it is in */
	bool fin_due;		    /* CLOSE in a state that owes a FIN */
	int64_t close_ns;
	size_t close_frame; /* the last frame before it */

	/* What it may or must answer. */
	struct owed owed;
	struct stimulus *stimulus; /* what may cause an ACK */
	size_t n_given;		   /* of those, ever */
	size_t n_stimulus;	   /* that may not have been answered yet */
	bool mixed;		   /* which answer is whose cannot be told */
	bool has_last;
	struct stimulus last; /* since its state was last read */
	int rst_allowed;
	int64_t challenged_ns; /* when it last had to answer the invalid */
};

/* What has been said, once for each of these. */
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

struct referee {
	const struct tape *tape;
	int64_t rto_min_ns; /* or 0 */
	struct arena arena;
	struct said *said;
	size_t n_said;
	const struct judge_sink *ear;
	struct referee_end end[2];
	struct wire_judge judge;
	bool judging;
	bool forged;	/* in this incarnation */
	bool lossy;	/* some fate other than delivered, or an end is gone */
	int64_t now_ns; /* not later than now */
	struct sending *sending; /* all frames, in the order of their sending */
	size_t n_noted;		 /* of these */
	bool *blamed;		 /* by frame: its sender did wrong with it */
	size_t frame;		 /* the last frame dealt with */
};

/* referee.c */

/* A finding: rule, what it is about, and both texts. id may be NULL. */
typedef void referee_say_fn(struct referee *r, enum rule_id rule,
			    const char *id, enum side side, size_t frame,
			    const char *expected, const char *actual);
referee_say_fn referee_say;

/* The same, of a rule that is proved here and not elsewhere. */
referee_say_fn referee_prove;

/* The same, of what is known and let pass. */
referee_say_fn referee_note;

/* referee_sent.c: what an end sends. */
void referee_sent(struct referee *r, enum side from, const struct seg *seg,
		  size_t frame, int64_t at_ns);

/* At the tape's end: what was owed and did not come. */
void referee_settle(struct referee *r, enum side side);

/*
 * The only thing that has happened to it since it last sent, or NULL: a
 * reader that waits for more may open the window at any time.
 */
const struct stimulus *referee_the_stimulus(const struct referee_end *e);

/* referee_wire.c: what its segments show by themselves. */
void referee_wire(struct referee *r, enum side from, const struct seg *seg,
		  size_t frame, int64_t at_ns);
void referee_wire_settle(struct referee *r, enum side side);
/* It opens a connection with seg. */
void referee_wire_begin(struct referee_end *e, const struct seg *seg);
/* It was given a segment; EVENT_COUNT: any. */
void referee_wire_got(struct referee_end *e, enum rfc9293_event event);

/* referee_got.c: what an end is given. */
void referee_got(struct referee *r, enum side to, const struct seg *seg,
		 size_t frame);

/* referee_class.c: which event a segment is to an end. */
struct class
{
	enum rfc9293_event event; /* EVENT_COUNT: cannot be told */
	bool acks_fin;		  /* acknowledges its FIN, for the first time */
	bool acceptable;	  /* its text and ACK are processed */
	bool above;		  /* text above RCV.NXT */
	bool one_low; /* an RST with the number of the FIN before it */
};

struct class referee_class(const struct referee_end *e,
			   const struct referee_end *peer,
			   const struct seg *seg);

/* Takes text and FIN in; true when a FIN's turn has come. */
bool referee_take(struct referee_end *e, const struct seg *seg);

/* It acknowledges ack: what it may have taken so far, it has. */
void referee_adopt(struct referee_end *e, uint32_t ack);

/* referee_call.c: what its process does. */
void referee_act(struct referee *r, const struct tape_event *e);
void referee_return(struct referee *r, const struct tape_event *e);

/* referee_state.c: the set of states it may be in. */
void referee_step(struct referee_end *e, enum rfc9293_event event);
void referee_read(struct referee *r, enum side side, enum tcp_state got,
		  size_t frame);

/* The row that holds for all states it may be in, or NULL. */
const struct rfc9293_row *referee_row(const struct referee_end *e,
				      enum rfc9293_event event);

static inline bool referee_may_be(const struct referee_end *e, enum tcp_state s)
{
	return e->states & STATE_BIT(s);
}

static inline bool referee_is_only(const struct referee_end *e, uint32_t set)
{
	return e->states && !(e->states & ~set);
}

#endif
