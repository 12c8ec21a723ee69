/*
 * Two tables of endings. Counts and prints, and knows nothing of findings.
 */
#include "check/stats.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#define PORTS_SHOWN 20
#define HOUR_NS	    (3600 * NS_PER_S)
#define HOUR_CHARS  13 /* of "2026-11-23T04:15:30Z" */

/* The place of the first row whose key is not less. */
static size_t place_of(const struct stats_table *t, int64_t key)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (t->row[mid].key < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct stats_row *row_of(struct stats_table *t, int64_t key)
{
	size_t at = place_of(t, key);

	if (at < t->n && t->row[at].key == key)
		return &t->row[at];
	if (t->n == t->room) {
		t->room = t->room * 2 + 16;
		t->row = memory_resize(t->row, t->room, sizeof(*t->row));
	}
	memmove(&t->row[at + 1], &t->row[at], (t->n - at) * sizeof(*t->row));
	t->n++;
	memset(&t->row[at], 0, sizeof(*t->row));
	t->row[at].key = key;
	return &t->row[at];
}

static void count(struct stats_table *t, int64_t key, enum ending ending)
{
	struct stats_row *row = row_of(t, key);

	row->n++;
	row->ending[ending]++;
}

void stats_add(struct stats *s, const struct flows_over *o)
{
	int64_t hour = o->start_ns / HOUR_NS - (o->start_ns % HOUR_NS < 0);

	count(&s->by_port, o->end[SIDE_B].port, o->summary.ending);
	count(&s->by_hour, hour, o->summary.ending);
}

static void save_table(const struct stats_table *t, FILE *to)
{
	fwrite(&t->n, sizeof(t->n), 1, to);
	if (t->n)
		fwrite(t->row, sizeof(*t->row), t->n, to);
}

void stats_save(const struct stats *s, FILE *to)
{
	save_table(&s->by_port, to);
	save_table(&s->by_hour, to);
}

static bool merge_table(struct stats_table *t, FILE *from)
{
	struct stats_row in, *row;
	size_t n;

	if (fread(&n, sizeof(n), 1, from) != 1)
		return false;
	for (; n; n--) {
		if (fread(&in, sizeof(in), 1, from) != 1)
			return false;
		row = row_of(t, in.key);
		row->n += in.n;
		for (int e = 0; e < ENDING_COUNT; e++)
			row->ending[e] += in.ending[e];
	}
	return true;
}

bool stats_merge(struct stats *s, FILE *from)
{
	return merge_table(&s->by_port, from) && merge_table(&s->by_hour, from);
}

static void print_head(FILE *out, const char *key, const uint64_t *all)
{
	fprintf(out, "\n%-13s %11s", key, "connections");
	for (int e = 0; e < ENDING_COUNT; e++)
		if (all[e])
			fprintf(out, "  %s", ending_name((enum ending)e));
	putc('\n', out);
}

static void print_row(FILE *out, const char *key, const struct stats_row *row,
		      const uint64_t *all)
{
	fprintf(out, "%-13s %11" PRIu64, key, row->n);
	for (int e = 0; e < ENDING_COUNT; e++)
		if (all[e])
			fprintf(out, "  %*" PRIu64,
				(int)strlen(ending_name((enum ending)e)),
				row->ending[e]);
	putc('\n', out);
}

static void add_up(const struct stats_table *t, uint64_t *all)
{
	memset(all, 0, ENDING_COUNT * sizeof(*all));
	for (size_t i = 0; i < t->n; i++)
		for (int e = 0; e < ENDING_COUNT; e++)
			all[e] += t->row[i].ending[e];
}

static int by_count(const void *a, const void *b)
{
	const struct stats_row *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return (x->key > y->key) - (x->key < y->key);
}

/* The rows behind the first ones, as one. */
static void print_others(FILE *out, const struct stats_row *row, size_t n,
			 const uint64_t *all)
{
	struct stats_row sum = { .n = 0 };

	for (size_t i = 0; i < n; i++) {
		sum.n += row[i].n;
		for (int e = 0; e < ENDING_COUNT; e++)
			sum.ending[e] += row[i].ending[e];
	}
	if (n)
		print_row(out, "others", &sum, all);
}

static void print_ports(FILE *out, const struct stats_table *t)
{
	size_t shown = t->n < PORTS_SHOWN ? t->n : PORTS_SHOWN;
	struct stats_row *row = memory_zeroed(t->n, sizeof(*row));
	uint64_t all[ENDING_COUNT];
	char key[32];

	memcpy(row, t->row, t->n * sizeof(*row));
	qsort(row, t->n, sizeof(*row), by_count);
	add_up(t, all);
	print_head(out, "port of B", all);
	for (size_t i = 0; i < shown; i++) {
		snprintf(key, sizeof(key), "%" PRId64, row[i].key);
		print_row(out, key, &row[i], all);
	}
	print_others(out, row + shown, t->n - shown, all);
	free(row);
}

static void print_hours(FILE *out, const struct stats_table *t)
{
	uint64_t all[ENDING_COUNT];
	char key[TEXT_TIME_MAX];

	add_up(t, all);
	print_head(out, "hour (UTC)", all);
	for (size_t i = 0; i < t->n; i++) {
		text_time(t->row[i].key * HOUR_NS, key);
		key[HOUR_CHARS] = '\0';
		print_row(out, key, &t->row[i], all);
	}
}

void stats_print(const struct stats *s, FILE *out)
{
	if (!s->by_port.n)
		return;
	print_ports(out, &s->by_port);
	print_hours(out, &s->by_hour);
}

void stats_free(struct stats *s)
{
	free(s->by_port.row);
	free(s->by_hour.row);
	memset(s, 0, sizeof(*s));
}
