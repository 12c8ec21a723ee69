/*
 * Rows packed and unpacked, and the room of those that are. Knows nothing of
 * how they are found and told of.
 */
#include "check/flows_past.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "check/flows_rows.h"

#define CHUNK_SIZE (CHUNK_PASTS * sizeof(struct past))
#define FEW_PASTS  1024

/* What the table counts of a segment, of all that are kept. */
static void count_kept(struct row_head *head, const struct wire_past *judge,
		       const struct row_log *log)
{
	uint32_t n = log_length(log);

	for (int side = 0; side < 2; side++) {
		const struct wire_past_end *e = &judge->end[side];

		head->octets[side] = e->fin_seq - e->snd_isn - 1;
		head->ttl[side] = judge->ttl[side];
	}
	head->trail[0] = trail_step(log->frame, SIDE_A);
	for (uint32_t i = 1; i < FLOWS_TRAIL; i++)
		head->trail[i] =
			trail_step(log_frame(log, i) - log_frame(log, i - 1),
				   wire_kept_from(&log->kept[i]));
	head->last_frame = log_frame(log, n - 1);
	head->segments = n;
	head->waits = true;
}

/* The connection is whole: this is the first that is judged of it. */
static bool pack_kept(struct past *past, const struct row *row)
{
	const struct row_log *log = &row->log;

	if (!wire_past_whole(&past->judge, log->kept, log_length(log),
			     log->at_ns))
		return false;
	past->head = row->head;
	past->head.family = AF_INET;
	count_kept(&past->head, &past->judge, log);
	return true;
}

static bool pack_judged(struct past *past, const struct row *row)
{
	if (row->head.family != AF_INET || row->notes ||
	    !wire_past_pack(&past->judge, &row->judge))
		return false;
	past->head = row->head;
	return true;
}

bool past_pack(struct past *past, const struct row *row)
{
	if (!(row->head.family & ROW_KEPT ? pack_kept : pack_judged)(past, row))
		return false;
	past->first_frame = row->first_frame;
	past->hash = row->hash;
	past->follows = row->follows;
	return true;
}

void past_unpack(const struct past *past, struct row *row)
{
	row->head = past->head;
	wire_past_unpack(&past->judge, &row->judge);
	rows_end(row->head.low, &row->end[0]);
	rows_end(row->head.high, &row->end[1]);
	row->hash = past->hash;
	row->first_frame = past->first_frame;
	row->notes = NULL;
	row->follows = past->follows;
}

/* Few need no huge page: see take_new_row of flows_rows.c. */
static void add_chunk(struct pasts *p)
{
	uint32_t chunks = p->chunks++;

	p->chunk = memory_resize(p->chunk, p->chunks, sizeof(struct past *));
	p->chunk[chunks] = memory_aligned(CHUNK_SIZE);
	if (chunks)
		memory_on_huge_pages(p->chunk[chunks], CHUNK_SIZE);
}

/* The one behind it is asked for, which will be next as long as none is free. */
static uint32_t make_free(struct pasts *p)
{
	uint32_t number = ++p->n;
	struct past *past;

	while (number / CHUNK_PASTS >= p->chunks)
		add_chunk(p);
	if (number == FEW_PASTS)
		memory_on_huge_pages(p->chunk[0], CHUNK_SIZE);
	past = pasts_at(p, number);
	past->head.family = 0;
	past->links.behind = 0;
	past_prefetch(past + 1);
	p->free = number;
	return number;
}

uint32_t pasts_free(struct pasts *p)
{
	return p->free ? p->free : make_free(p);
}

void pasts_take(struct pasts *p)
{
	p->free = pasts_at(p, p->free)->links.behind;
	p->held++;
}

void pasts_give_back(struct pasts *p, uint32_t number)
{
	struct past *past = pasts_at(p, number);

	past->head.family = 0;
	past->links.behind = p->free;
	p->free = number;
	p->held--;
}

void pasts_end(struct pasts *p)
{
	for (uint32_t i = 0; i < p->chunks; i++)
		free(p->chunk[i]);
	free(p->chunk);
}
