/*
 * Liars: named faults that make a healthy stack look broken. The cable bends
 * what one end sends, or what reaches it, as a stack with that bug would have
 * sent or taken it, so that the judge can be tested against known bugs. Pure.
 */
#ifndef BUG_BUG_H
#define BUG_BUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/side.h"
#include "tape/frame.h"

struct lie;

/* What becomes of a segment. */
enum lie_said {
	LIE_PASS, /* it goes on as it is */
	LIE_DROP, /* it does not */
	LIE_BENT, /* what was made of it goes on in its place */
};

typedef enum lie_said liar_fn(struct lie *lie);

struct liar {
	const char *name;   /* "fin-once" */
	enum side side;	    /* the end that lies */
	const char *text;   /* what a stack with that bug does */
	const char *source; /* where the bug is known or forbidden from */
	const char *rule;   /* what the judge calls it (judge/rule.h) */
	const char *shows;  /* cases that catch it, separated by blanks */
	liar_fn *sent;	    /* for what the end sends, or NULL */
	liar_fn *got;	    /* for what is on its way to the end, or NULL */
};

extern const struct liar liars[];
extern const size_t n_liars;

/* The row so called, or NULL. */
const struct liar *liar_find(const char *name);

/* What one end has sent, the other's as far as it reached the liar. */
struct liar_half {
	bool known;	 /* a segment of it was seen */
	uint32_t next;	 /* after all it has sent, FIN included */
	uint32_t ack;	 /* its last acknowledgment number */
	uint32_t opened; /* octets it has sent */
	uint16_t win;
	bool fin, rst;
	uint32_t fin_seq; /* of its FIN */
	bool has_ts;
	uint32_t tsval; /* its last */
};

/* What a liar remembers of a case. All zero is the beginning. */
struct liar_memory {
	struct liar_half half[2];
	/* The last that reached the lying end, unless it has sent since. */
	bool asked;
	uint8_t asked_flags;
	uint32_t asked_seq, asked_ack;
	size_t asked_len;
	unsigned int lies; /* told so far */
};

/*
 * Where frames go: those from the lying end to whoever watches it, those from
 * the other to the lying end. after_ns is how much later.
 */
struct liar_sink {
	void (*put)(void *ctx, enum side from, const uint8_t *frame, size_t len,
		    int64_t after_ns);
	void *ctx;
};

/*
 * A frame with a TCP segment that the lying end has sent, or one that is
 * about to reach it. What is to be there instead (nothing, the frame itself,
 * others) goes to the sink before this returns.
 */
void liar_bend(const struct liar *liar, struct liar_memory *memory,
	       const struct frame *frame, const struct liar_sink *to);

#endif
