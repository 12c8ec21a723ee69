/*
 * The rules of ending that a judge can find broken: one table, each row with
 * the requirement it comes from (the first column of cases/requirements.tsv)
 * and one sentence. Pure.
 */
#ifndef JUDGE_RULE_H
#define JUDGE_RULE_H

#include <stddef.h>

enum severity {
	SEVERITY_NOTE,	       /* worth knowing, nothing wrong */
	SEVERITY_INCONCLUSIVE, /* cannot be told from here */
	SEVERITY_SUSPICIOUS,   /* legal in part, or attack-like */
	SEVERITY_VIOLATION,    /* a MUST or SHOULD is proved broken */
	SEVERITY_COUNT,
};

/* "note", "inconclusive", "suspicious", "violation"; and back (COUNT). */
const char *severity_name(enum severity s);
enum severity severity_parse(const char *text, size_t len);

enum rule_id {
	/* What the sender's own segments prove. */
	RULE_DATA_AFTER_FIN,  /* octets beyond its own FIN */
	RULE_FIN_MOVED,	      /* its FIN again, with another number */
	RULE_FIN_WITHOUT_ACK, /* a FIN (or data) without the ACK flag */
	RULE_SEQ_BELOW_FIN,   /* acknowledges with a number before its FIN */
	RULE_NO_TIMESTAMP,    /* negotiated, and missing in a non-RST */
	RULE_AFTER_RST,	      /* goes on after its own RST */
	RULE_RST_WITH_DATA,
	/* What needs both directions. */
	RULE_ACK_UNSENT,  /* acknowledges what was never sent */
	RULE_FIN_ACK_LOW, /* answers a FIN one too low, again and again */
	RULE_FIN_OUTSIDE, /* a FIN outside the window */
	RULE_RST_OUTSIDE, /* an RST outside the window */
	RULE_RST_INEXACT, /* an RST in the window, not exact */
	RULE_RST_INEXACT_OBEYED,
	RULE_RST_ANSWERS_RST,
	RULE_RST_WRONG_SEQ, /* an answering RST is not SEQ=SEG.ACK */
	RULE_ACK_AFTER_RST, /* data acknowledged by an end that had reset */
	/* What needs time. */
	RULE_FIN_NOT_RETRANSMITTED,
	RULE_FIN_NEVER_ACKED,  /* retransmitted, and never answered */
	RULE_LAST_ACK_MISSING, /* both alive, the second FIN unanswered */
	RULE_FIN_ACK_LATE,     /* acknowledged after more than 500 ms */
	RULE_NO_BACKOFF,       /* retransmitted at a constant interval */
	RULE_RETRANSMITTED_EARLY,
	RULE_FIN_STORM,
	RULE_RST_STORM,
	RULE_TIME_WAIT_REUSED, /* by an older SYN */
	RULE_TIME_WAIT_ASSASSINATED,
	/* What needs states, calls and deliveries (a tape). */
	RULE_WRONG_TRANSITION, /* a state the table does not allow */
	RULE_ANSWER_MISSING,   /* an ACK or RST owed and not sent */
	RULE_ANSWER_WRONG,     /* another answer than the one owed */
	RULE_UNASKED_SEGMENT,  /* a FIN or RST nobody asked for */
	RULE_FIN_ON_UNREAD,    /* FIN where unread data asks for RST */
	RULE_DATA_AFTER_CLOSE, /* accepted after close() */
	RULE_FIN_MISSING,      /* close() and no FIN */
	RULE_RST_IGNORED,      /* an exact RST changed nothing */
	RULE_RST_OBEYED,       /* an RST that must not count did */
	RULE_WRONG_RESULT,     /* a call's result contradicts the ending */
	RULE_ACK_STORM,	       /* one delivery, many ACKs, all alike */
	RULE_WINDOW_SHRUNK,    /* its right edge goes back */
	RULE_TIMESTAMP_BACK,   /* its clock goes back */
	RULE_ECN_UNASKED,      /* ECE or CWR, not negotiated */
	RULE_URGENT_UNASKED,   /* URG, and nothing urgent was sent */
	RULE_BAD_CHECKSUM,
	RULE_COUNT,
};

/* Which judge has a row or a test for it. */
#define JUDGE_WIRE 1u /* the judge of segments alone */
#define JUDGE_TAPE 2u /* the judge that knows states and calls */

struct rule {
	const char *name;	/* "data-after-fin": for people, stable */
	const char *id;		/* "RFC9293-3.6-C1-NOSEND" */
	enum severity severity; /* when it is proved */
	unsigned int judges;	/* JUDGE_WIRE, JUDGE_TAPE: who looks at it */
	const char *text;	/* the rule in one sentence */
};

const struct rule *rule_of(enum rule_id id);

/* The row of that name or requirement id, or NULL. */
const struct rule *rule_find(const char *name, size_t len);

/* Its requirement's section, "3.6" of "RFC9293-3.6-C1-NOSEND"; the length. */
const char *rule_section(const struct rule *rule, size_t *len);

#endif
