/*
 * What the files of the grid share: one cell, with all that the tables say of
 * it. Private to grid/grid*.c.
 */
#ifndef GRID_GRID_OWN_H
#define GRID_GRID_OWN_H

#include <stdio.h>

#include "grid/grid.h"

/* Instead of a STATE: it stays what it was. */
#define GRID_SAME "same"

/* A state and an event, and which of the tables' cells decide. */
struct grid_view {
	const struct grid_state *state;
	const struct grid_event *event;
	const struct grid_cell *oracle; /* instead of the row, or NULL */
	const struct rfc9293_row *row;	/* the judge's, or NULL */
	const struct grid_cell *filled; /* by hand or excused, or NULL */
};

/* Whether a pattern ("FIN-WAIT-1", "*.orphan") is of the state. */
bool grid_is_state(const struct grid_words *patterns,
		   const struct grid_state *s);

/* Whether the table's cell speaks of that state and event. */
bool grid_is_of(const struct grid *g, const struct grid_cell *c,
		const struct grid_state *s, const struct grid_event *e);

/* What the tables say of a state and an event that may meet. */
struct grid_view grid_look(const struct grid *g, const struct grid_state *s,
			   const struct grid_event *e);

/* Whether the event can meet the state. */
bool grid_meets(const struct grid *g, const struct grid_event *e,
		const struct grid_state *s);

/*
 * Writes what happens and what must come of it. Returns NULL, or what is
 * missing.
 */
const char *grid_write_oracle(FILE *out, struct arena *a,
			      const struct grid_view *v);

#endif
