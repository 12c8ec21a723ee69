/*
 * RFC 9293's state machine while a connection ends, as data: for each state
 * and event the states that may follow and the answer that must be given. The
 * rows are those of section 3.10 in its order, with RFC 5961, 7323, 1337 and
 * 6191 where they say otherwise; where the specifications leave it open a row
 * allows all of it. What a stack does otherwise is no reason to. The call
 * OPEN, and what SYN-SENT does, are not here: no connection ends by them. Pure.
 */
#ifndef JUDGE_RFC9293_H
#define JUDGE_RFC9293_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/name.h"

enum rfc9293_event {
	/* 3.10.4, 3.10.5: calls. */
	EVENT_CLOSE, /* close() or shutdown for writing, nothing unread */
	EVENT_CLOSE_UNREAD, /* close() with received data unread */
	EVENT_ABORT,	    /* close() with linger 0, SOCK_DESTROY */
	/*
	 * 3.10.7: a segment arrives; the first check that decides names it.
	 * Without a connection the flags alone do: RST, ACK, SYN, in that
	 * order, so that a SYN,ACK is EVENT_ACK there. Elsewhere SYN decides
	 * before ACK and FIN.
	 */
	EVENT_TS_OLD,	    /* SEG.TSval < TS.Recent, and neither RST nor SYN */
	EVENT_TS_MISSING,   /* no timestamp though they were agreed on */
	EVENT_DATA_OLD,	    /* wholly before RCV.NXT; a keep-alive too */
	EVENT_DATA_OUTSIDE, /* beyond the window; an ACK without text too */
	EVENT_FIN_AGAIN,    /* a FIN received before */
	EVENT_RST_EXACT,    /* SEG.SEQ = RCV.NXT */
	EVENT_RST_TS_OLD,   /* the same, SEG.TSval < TS.Recent */
	EVENT_RST_INSIDE,   /* in the window, not exact */
	EVENT_RST_OUTSIDE,  /* RCV.NXT+RCV.WND is outside */
	EVENT_SYN_OUTSIDE,  /* a SYN that the first check refuses */
	EVENT_SYN,	    /* one in the window */
	EVENT_SYN_NEW,	    /* in TIME-WAIT: one that may reopen it */
	EVENT_NO_ACK,	    /* in the window, without the ACK flag */
	EVENT_ACK_UNSENT,   /* SEG.ACK > SND.NXT */
	/*
	 * SEG.ACK < SND.UNA-MAX.SND.WND; in SYN-RECEIVED, SEG.ACK =< SND.UNA.
	 */
	EVENT_ACK_OLD,
	EVENT_ACK,	  /* acknowledges nothing that matters here */
	EVENT_ACK_FIN,	  /* acknowledges our FIN */
	EVENT_DATA,	  /* in-order data */
	EVENT_DATA_EARLY, /* data above RCV.NXT */
	EVENT_DATA_LATE,  /* either of these after close(), half-duplex */
	EVENT_FIN_EARLY,  /* a FIN above RCV.NXT */
	EVENT_FIN,	  /* in-order FIN that does not acknowledge ours */
	EVENT_FIN_ACK,	  /* in-order FIN that acknowledges ours */
	/* 3.10.8. */
	EVENT_TIMEOUT, /* nothing happened but time */
	EVENT_COUNT,
};

/* What the end must answer. */
enum rfc9293_answer {
	ANSWER_NONE, /* nothing: an answer is wrong */
	ANSWER_ACK,  /* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> */
	ANSWER_RST,
	ANSWER_FIN,	/* its FIN, at once or behind its data */
	ANSWER_MAY_ACK, /* an ACK or nothing */
	ANSWER_MAY_RST, /* an RST or nothing */
	ANSWER_MAY_FIN, /* its FIN at once, or when the call's turn comes */
	ANSWER_SYN_ACK, /* <SEQ=ISS><ACK=SEG.SEQ+1><CTL=SYN,ACK> */
	ANSWER_SYN_ACK_OR_ACK, /* that, or ANSWER_ACK */
	ANSWER_ANY,
	ANSWER_COUNT,
};

/* The states that have no rows. A set with one of them is not judged. */
#define STATES_WITHOUT_ROWS \
	(STATE_BIT(TCP_STATE_NONE) | STATE_BIT(TCP_STATE_SYN_SENT))

/* A set of states of which nothing is known. */
#define STATES_ANY UINT32_MAX

struct rfc9293_row {
	/* STATE_BIT of every state allowed afterwards; 0: impossible. */
	uint32_t to;
	enum rfc9293_answer answer;
	const char *id;		/* requirement; NULL: impossible */
	const char *impossible; /* why the state cannot have this event */
};

/*
 * The row for it, never NULL. SYN-SENT and NONE have that of CLOSED, which says
 * nothing true of them.
 */
const struct rfc9293_row *rfc9293_row(enum tcp_state from,
				      enum rfc9293_event event);

/*
 * The states that may follow when one of these states has the event. A state
 * that cannot have it was not the one: it leads nowhere, and 0 is returned
 * when all are such. STATES_ANY when one of STATES_WITHOUT_ROWS is among them.
 */
uint32_t rfc9293_step(uint32_t states, enum rfc9293_event event);

/* Whether a row is what that requirement asks for. */
bool rfc9293_cites(const char *id);

/* "FIN", "ACK of FIN", ... */
const char *rfc9293_event_name(enum rfc9293_event event);

/* The event so called: false when there is none. */
bool rfc9293_event_find(const char *name, enum rfc9293_event *event);

/* "none", "ACK", "ACK or none", ... */
const char *rfc9293_answer_name(enum rfc9293_answer answer);

/* The answer so called: false when there is none. */
bool rfc9293_answer_find(const char *name, enum rfc9293_answer *answer);

#endif
