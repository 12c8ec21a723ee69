/*
 * RFC 9293's states and events while a connection ends, as data: what may
 * follow, and what must be answered. The rows are those of section 3.10, with
 * RFC 5961, 1337 and 6191 where they say otherwise; where the specifications
 * leave it open a row allows all of it. Pure.
 */
#ifndef JUDGE_TABLE_H
#define JUDGE_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/name.h"

enum table_event {
	EVENT_CLOSE, /* close() or shutdown for writing, nothing unread */
	EVENT_CLOSE_UNREAD, /* close() with received data unread */
	EVENT_ABORT,	    /* close() with linger 0, SOCK_DESTROY */
	EVENT_FIN,     /* in-order FIN, ours (if sent) not acknowledged by it */
	EVENT_FIN_ACK, /* in-order FIN that acknowledges ours */
	EVENT_FIN_AGAIN,    /* a FIN received before */
	EVENT_FIN_EARLY,    /* a FIN above RCV.NXT */
	EVENT_ACK_FIN,	    /* acknowledges our FIN */
	EVENT_ACK,	    /* acknowledges nothing that matters here */
	EVENT_ACK_UNSENT,   /* SEG.ACK > SND.NXT */
	EVENT_DATA,	    /* in-order data */
	EVENT_DATA_OLD,	    /* wholly before RCV.NXT; a keep-alive too */
	EVENT_DATA_OUTSIDE, /* beyond the window */
	EVENT_RST_EXACT,
	EVENT_RST_INSIDE, /* in the window, not exact */
	EVENT_RST_OUTSIDE,
	EVENT_SYN,     /* any SYN in a synchronized state */
	EVENT_SYN_NEW, /* in TIME-WAIT: one that may reopen it */
	EVENT_NO_ACK,  /* data or FIN without the ACK flag */
	EVENT_TIMEOUT, /* nothing happened but time */
	EVENT_COUNT,
};

/* What the end must answer. */
enum table_answer {
	ANSWER_NONE, /* nothing: an answer is wrong */
	ANSWER_ACK,  /* <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> */
	ANSWER_RST,
	ANSWER_FIN,	/* its FIN, at once or behind its data */
	ANSWER_MAY_ACK, /* an ACK or nothing */
	ANSWER_ANY,
};

#define STATE_BIT(s) (UINT32_C(1) << (s))

struct table_row {
	enum tcp_state from;
	enum table_event event;
	uint32_t to; /* STATE_BIT of every state allowed afterwards */
	enum table_answer answer;
	const char *id; /* requirement */
};

/* The row for it; never NULL for the nine states of teardown. */
const struct table_row *table_find(enum tcp_state from, enum table_event event);

/* "FIN", "ACK of FIN", ... */
const char *table_event_name(enum table_event event);

#endif
