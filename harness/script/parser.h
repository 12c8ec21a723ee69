/*
 * The parser's insides, shared by parse*.c and nobody else. Functions that
 * return int return 0, or -1 when the fault has been reported.
 */
#ifndef SCRIPT_PARSER_H
#define SCRIPT_PARSER_H

#include "base/array.h"
#include "script/lex.h"
#include "script/parse.h"
#include "script/verb.h"

#define PARSE_DEPTH_MAX	 8
#define PARSE_FAULTS_MAX 20
#define PARSE_REPEAT_MAX 1000
#define PARSE_OPEN_MAX	 10000

/* A call that was made with "blocks". */
struct call {
	struct act act;
	int line;
	bool may;  /* it may be out on some way to this line */
	bool must; /* it is out on every way to this line */
};

/* A block being read: the case itself, a repeat, a branch of an either. */
struct frame {
	struct step step;  /* REPEAT, EITHER: what it will become */
	struct block body; /* of this branch */
	int branch_line;
	struct breach breach;  /* of this branch */
	bool spoiled;	       /* a line of it was at fault */
	bool bad_head;	       /* its opening line was at fault */
	bool left;	       /* a branch before this one has been closed */
	struct call before[2]; /* as the block was entered */
	struct call after[2];  /* as the branches before were left */
};

struct parser {
	struct script *s;
	parse_fault_fn *fault;
	void *ctx;
	int faults;
	int silent_line; /* of the first fault that is counted, not told */
	int told_line;	 /* a line whose other faults are not told, or 0 */
	bool spoiled;	 /* a line was not read: later faults may come of it */
	struct line ln;
	struct frame frame[PARSE_DEPTH_MAX + 1];
	size_t depth;	 /* of the innermost frame */
	size_t too_deep; /* blocks open beyond the last frame */
	bool brace_owed; /* the line before lacked its "{" */
	struct call call[2];
	bool held[2];  /* a segment of that side has been held */
	long many;     /* "open N" with N > 1, or 0 */
	int case_line; /* these are 0 until seen */
	int open_line;
	int rung_line; /* the first */
	int step_line; /* the first */
};

/* parse_fault.c: faults and the words they are made of. */

/* Reports the line being read as one that cannot be understood. */
int parse_fault(struct parser *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Reports a line that is understood but wrong after what came before it. In
 * silence when some line before could not be read: it may be the missing one.
 */
int parse_misplaced(struct parser *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* A word as a message shows it: cut when it is long. */
const char *parse_show(struct parser *p, struct word w);

/* "a, b or c". */
const char *parse_list(struct parser *p, const char *const *items, size_t n);

/* The words from..to-1 of the line with single spaces between. */
const char *parse_join(struct parser *p, size_t from, size_t to);

/* Reports words that nothing is expected for. */
int parse_end(struct parser *p, size_t at);

/* Word number at of the line, as a fault when there is none. */
int parse_word(struct parser *p, size_t at, const char *expected,
	       struct word *w);

/* The ith candidate, buf for those that need room; NULL after the last. */
typedef const char *parse_nth_fn(size_t i, char buf[16]);

/* The candidate nearest to w when one is near, else NULL. */
const char *parse_near(struct word w, parse_nth_fn *nth, char buf[16]);

/*
 * Reports that w is none of the candidates, which need no buf: the one that
 * was meant when one is near, else all of them. what is what they are.
 */
int parse_unknown(struct parser *p, struct word w, const char *what,
		  parse_nth_fn *nth);

/* parse_step.c: the small steps, and what they are made of. */

/* What a bound may say. */
#define BOUND_WITHIN 0x1
#define BOUND_AFTER  0x2
#define BOUND_RATIO  0x4
#define BOUND_CALL   (BOUND_WITHIN | BOUND_AFTER)
#define BOUND_RUNG   (BOUND_CALL | BOUND_RATIO)

/* The bound from word at to the end of the line. */
int parse_bound(struct parser *p, size_t at, unsigned int allowed,
		struct bound *b);
bool parse_is_bound(const struct parser *p, size_t at);
int parse_state(struct parser *p, struct word w, enum tcp_state *state);

/* "CLOSED|TIME-WAIT": a set of STATE_BITs. */
int parse_states(struct parser *p, struct word w, uint32_t *states);
int parse_side(struct parser *p, struct word w, enum side *side);

/* One kind of line each. The line's first words have been recognised. */
typedef int parse_step_fn(struct parser *p, struct step *st);

parse_step_fn parse_open, parse_quiet, parse_pass; /* parse_step.c */
parse_step_fn parse_is, parse_count;		   /* "A is", "A count" */
parse_step_fn parse_act, parse_returns;		   /* parse_act.c */
parse_step_fn parse_rung;			   /* parse_rung.c */

bool parse_is_arrow(struct word w);

/* parse_segment.c: the words from..to-1 of a rung. */
int parse_segment(struct parser *p, size_t from, size_t to, bool forged,
		  struct pattern *pat);

/* parse_icmp.c: the same of an ICMP error, "icmp" and what follows. */
int parse_icmp(struct parser *p, size_t from, size_t to, struct pattern *pat);

/* parse_head.c */

/* Where a list of references goes, with the line of each. */
struct refs {
	const char ***text;
	int **line;
	size_t *n;
};

/* "REF, REF": the references of the words from..to-1, which must be some. */
int parse_refs(struct parser *p, size_t from, size_t to, const char *expected,
	       const struct refs *into);

/* What may follow "deviates", for a fault. */
#define PARSE_DEVIATES "a rule such as rst-obeyed, or a requirement"

typedef int parse_line_fn(struct parser *p);

parse_line_fn parse_case, parse_spec, parse_deviates, parse_needs, parse_set,
	parse_sysctl;
parse_line_fn parse_slow;

/* Adds a need that follows from the line being read, unless it is there. */
void parse_need(struct parser *p, enum need_kind kind, const char *what);

/* parse_order.c: what may come after what. Takes note of the step. */
int parse_order(struct parser *p, const struct step *st);
/* Merges what is known of calls where two ways to a line meet. */
void parse_merge_calls(struct call into[2], const struct call from[2]);

/* parse_block.c: steps into blocks, blocks into steps. */
parse_line_fn parse_repeat, parse_either, parse_close;

bool parse_opens_block(const struct parser *p);
/* Adds a step that was read to the innermost block, if it may be there. */
int parse_add(struct parser *p, const struct step *st);
/* Reports what only the end of the file shows, such as an open block. */
void parse_finish(struct parser *p);

#endif
