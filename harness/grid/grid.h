/*
 * The grid: every state of an ending against every event that may meet it.
 * Its tables (in cases/grid) say how a state is reached and what an event
 * is; what must come of the two is the row of judge/rfc9293.c, unless the
 * tables say otherwise and why. Each cell becomes a case of the language. Pure.
 */
#ifndef GRID_GRID_H
#define GRID_GRID_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "judge/rfc9293.h"
#include "script/parse.h"

/* A list of words, as it was written with commas or blanks between them. */
struct grid_words {
	const char **word;
	size_t n;
};

/* "FIN-WAIT-1.orphan": how B gets there, and B's numbers then, relative. */
struct grid_state {
	const char *name;
	enum tcp_state state;
	long snd_una;
	long snd_nxt;
	long rcv_nxt;
	long seg_ack;	  /* acceptable, and covers no FIN of B's */
	const char *text; /* lines of a case */
};

/* A column of the grid: one or more events that are a kind of one thing. */
struct grid_column {
	const char *name;
	const char *kind; /* "arrives", "call", "time" */
	const char *title;
	struct grid_words in; /* patterns of the states that can have it */
	const char *path;     /* where it is written, for faults */
	int line;
};

struct grid_event {
	const char *name;
	const char *title;
	size_t column;	  /* of the grid's */
	const char *path; /* where it is written, for faults */
	int line;
	bool has_row;
	enum rfc9293_event row; /* the judge's name for it */
	long takes;		/* octets of RCV.NXT, when it is accepted */
	bool needs_timestamps;	/* it is about them */
	struct grid_words in;	/* fewer states than the column has; or none */
	struct grid_words spec;
	const char *text; /* what happens, in lines of a case */
};

/*
 * What the tables say of some cells. Later ones say more, or otherwise, than
 * those before them.
 */
struct grid_cell {
	struct grid_words states; /* patterns */
	struct grid_words events; /* names of events or columns */
	const char *path;
	int line;
	const char *because; /* why it is otherwise than the row */
	struct grid_words spec;
	bool has_row; /* another than the event's */
	enum rfc9293_event row;
	const char *to; /* "CLOSED|TIME-WAIT", "same", or NULL */
	bool has_answer;
	enum rfc9293_answer answer;
	struct grid_words cases; /* what fills the cell instead */
	const char *excuse;	 /* why nothing does */
	const char *first; /* a line before the way into the state, or NULL */
	const char *text;  /* after "to" the answer, else the whole cell */
};

struct grid {
	struct arena arena;
	struct grid_state *state;
	size_t n_state;
	struct grid_column *column;
	size_t n_column;
	struct grid_event *event;
	size_t n_event;
	struct grid_cell *cell;
	size_t n_cell;
};

/* With which options the connection of a case is opened. */
enum grid_variant {
	GRID_PLAIN, /* timestamps and SACK */
	GRID_NO_TIMESTAMPS,
	GRID_NO_SACK,
	GRID_NO_OPTIONS, /* neither */
	GRID_VARIANTS,
};

/*
 * Reads one file of tables, of len octets, behind those read before. Tells
 * every fault. Returns how many there were.
 */
size_t grid_read(struct grid *g, const char *path, const char *text, size_t len,
		 parse_fault_fn *fault, void *ctx);

/*
 * After the last file: whether everything that is named exists, and every
 * cell says what must come of it. Returns the number of faults told.
 */
size_t grid_check(struct grid *g, parse_fault_fn *fault, void *ctx);

/* The column can meet that state. */
bool grid_has(const struct grid_column *column, const struct grid_state *s);

/* What fills a cell of the grid. */
struct grid_filling {
	struct grid_words events; /* those that become cases here */
	struct grid_words cases;  /* written by hand */
	const char *excuse;	  /* or NULL */
};

/* For a state that the column has. Its texts are g's or a's. */
void grid_filling(const struct grid *g, const struct grid_state *s,
		  const struct grid_column *column, struct arena *a,
		  struct grid_filling *filling);

/* The case of a cell: "grid/FIN-WAIT-1.orphan/syn", its text below it. */
struct grid_case {
	const char *name;
	const char *text;
	enum grid_variant variant;
};

typedef void grid_case_fn(void *ctx, const struct grid_case *c);

/*
 * Makes the cases of all cells and variants, state by state. Texts live until
 * the function returns.
 */
void grid_each(const struct grid *g, grid_case_fn *fn, void *ctx);

/* Gives everything back. */
void grid_free(struct grid *g);

#endif
