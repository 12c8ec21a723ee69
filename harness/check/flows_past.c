/*
 * Rows packed and unpacked, and the room of those that are. Knows nothing of
 * how they are found and told of.
 */
#include "check/flows_past.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "check/flows_rows.h"

#define FEW_PASTS 1024

bool past_pack(struct past *past, const struct row *row)
{
	if (row->head.family != AF_INET || row->notes ||
	    !wire_past_pack(&past->judge, &row->judge))
		return false;
	past->head = row->head;
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

bool past_pack_whole(struct past_whole *whole, const struct row *row)
{
	const struct row_log *log = &row->log;
	uint32_t n = log_length(log);

	if (!(row->head.family & ROW_KEPT) ||
	    !wire_whole_judge(&whole->judge, log->kept, n, log->at_ns))
		return false;
	whole->first_frame = log->frame;
	whole->frames = log->kept[n - 1].frames >> 1;
	whole->id = row->head.id;
	whole->addr[0] = (uint32_t)row->head.low;
	whole->addr[1] = (uint32_t)row->head.high;
	whole->port[0] = (uint16_t)(row->head.low >> 32);
	whole->port[1] = (uint16_t)(row->head.high >> 32);
	for (uint32_t i = 1; i < FLOWS_TRAIL; i++)
		whole->trail[i - 1] =
			trail_step(log_frame(log, i) - log_frame(log, i - 1),
				   wire_kept_from(&log->kept[i]));
	whole->segments = (uint8_t)n;
	whole->a = row->head.a;
	whole->told = row->head.told;
	return true;
}

static void unpack_head(const struct past_whole *whole, struct row_head *head)
{
	memset(head, 0, sizeof(*head));
	head->low = past_low(whole);
	head->high = past_high(whole);
	head->last_frame = past_last_frame(whole);
	for (int side = SIDE_A; side <= SIDE_B; side++) {
		head->octets[side] = wire_whole_octets(&whole->judge, side);
		head->ttl[side] = whole->judge.end[side].ttl;
	}
	head->segments = whole->segments;
	head->family = AF_INET;
	head->a = whole->a;
	head->waits = true;
	head->told = whole->told;
	head->id = whole->id;
	past_trail(whole, head->trail);
}

void past_unpack_whole(const struct past_whole *whole, uint32_t hash,
		       struct row *row)
{
	unpack_head(whole, &row->head);
	wire_whole_unpack(&whole->judge, &row->judge);
	rows_end(row->head.low, &row->end[0]);
	rows_end(row->head.high, &row->end[1]);
	row->hash = hash;
	row->first_frame = whole->first_frame;
	row->notes = NULL;
	row->follows = 0;
}

static size_t chunk_size(const struct pasts *p)
{
	return CHUNK_PASTS * p->size;
}

/* Few need no huge page: see take_new_row of flows_rows.c. */
static void add_chunk(struct pasts *p)
{
	uint32_t chunks = p->chunks++;

	p->chunk = memory_resize(p->chunk, p->chunks, sizeof(*p->chunk));
	p->chunk[chunks] = memory_aligned(chunk_size(p));
	if (chunks)
		memory_on_huge_pages(p->chunk[chunks], chunk_size(p));
}

/* The one behind it is asked for, which will be next as long as none is free. */
static uint32_t make_free(struct pasts *p)
{
	uint32_t number = ++p->n;
	struct links *links;

	while (number / CHUNK_PASTS >= p->chunks)
		add_chunk(p);
	if (number == FEW_PASTS)
		memory_on_huge_pages(p->chunk[0], chunk_size(p));
	links = pasts_at(p, number);
	*links = (struct links){ PASTS_FREE, 0 };
	if ((number + 1) % CHUNK_PASTS)
		pasts_prefetch(p, number + 1);
	p->free = number;
	return number;
}

uint32_t pasts_free(struct pasts *p)
{
	return p->free ? p->free : make_free(p);
}

void pasts_take(struct pasts *p)
{
	p->free = ((struct links *)pasts_at(p, p->free))->behind;
	p->held++;
}

void pasts_give_back(struct pasts *p, uint32_t number)
{
	struct links *links = pasts_at(p, number);

	*links = (struct links){ PASTS_FREE, p->free };
	p->free = number;
	p->held--;
}

void pasts_end(struct pasts *p)
{
	for (uint32_t i = 0; i < p->chunks; i++)
		free(p->chunk[i]);
	free(p->chunk);
}
