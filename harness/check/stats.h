/*
 * How connections ended, by the port of B and by the hour in which they
 * began: for people.
 */
#ifndef CHECK_STATS_H
#define CHECK_STATS_H

#include <stdio.h>

#include "check/flows.h"

struct stats_row {
	int64_t key; /* a port, or the hours since the epoch */
	uint64_t n;
	uint64_t ending[ENDING_COUNT];
};

struct stats_table {
	struct stats_row *row; /* in the order of their keys */
	size_t n;
	size_t room;
};

/* All zero at first. */
struct stats {
	struct stats_table by_port;
	struct stats_table by_hour;
};

void stats_add(struct stats *s, const struct flows_over *o);

/* Those of another process, through a file; false: they were not whole. */
void stats_save(const struct stats *s, FILE *to);
bool stats_merge(struct stats *s, FILE *from);

void stats_print(const struct stats *s, FILE *out);
void stats_free(struct stats *s);

#endif
