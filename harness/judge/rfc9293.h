/*
 * RFC 9293's state machine while a connection ends, as data: for each state
 * and event the states that may follow and the answer that must be given. The
 * rows are those of section 3.10 in its order, with RFC 5961, 1337 and 6191
 * where they say otherwise; where the specifications leave it open a row
 * allows all of it. The call OPEN, and what SYN-SENT does, are not here: no
 * connection ends by them. Pure.
 */
#ifndef JUDGE_RFC9293_H
#define JUDGE_RFC9293_H

#include <stddef.h>
#include <stdint.h>

#include "base/name.h"

enum rfc9293_event {
	/* 3.10.4, 3.10.5: calls. */
	EVENT_CLOSE, /* close() or shutdown for writing, nothing unread */
	EVENT_CLOSE_UNREAD, /* close() with received data unread */
	EVENT_ABORT,	    /* close() with linger 0, SOCK_DESTROY */
	/* 3.10.7: a segment arrives; the first check that decides names it. */
	EVENT_DATA_OLD,	    /* wholly before RCV.NXT; a keep-alive too */
	EVENT_DATA_OUTSIDE, /* beyond the window */
	EVENT_FIN_AGAIN,    /* a FIN received before */
	EVENT_RST_EXACT,    /* SEG.SEQ = RCV.NXT */
	EVENT_RST_INSIDE,   /* in the window, not exact */
	EVENT_RST_OUTSIDE,
	EVENT_SYN,	  /* any SYN in a synchronized state */
	EVENT_SYN_NEW,	  /* in TIME-WAIT: one that may reopen it */
	EVENT_NO_ACK,	  /* data or FIN without the ACK flag */
	EVENT_ACK_UNSENT, /* SEG.ACK > SND.NXT */
	EVENT_ACK,	  /* acknowledges nothing that matters here */
	EVENT_ACK_FIN,	  /* acknowledges our FIN */
	EVENT_DATA,	  /* in-order data */
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
	ANSWER_ANY,
};

#define STATE_BIT(s) (UINT32_C(1) << (s))

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
 * The row for it, never NULL. LISTEN has the row of CLOSED: neither has a
 * connection. So have SYN-SENT and NONE, of which the rows say nothing true.
 */
const struct rfc9293_row *rfc9293_row(enum tcp_state from,
				      enum rfc9293_event event);

/*
 * The states that may follow when one of these states has the event. A state
 * that cannot have it was not the one: it leads nowhere, and 0 is returned
 * when all are such. STATES_ANY when one of STATES_WITHOUT_ROWS is among them.
 */
uint32_t rfc9293_step(uint32_t states, enum rfc9293_event event);

/* "FIN", "ACK of FIN", ... */
const char *rfc9293_event_name(enum rfc9293_event event);

#endif
