/*
 * What several tables have told of, until it is put in order: blocks of
 * connections that began and that are over, of which each thread has one for
 * the same stretch of frames. Knows nothing of threads.
 */
#ifndef CHECK_BLOCKS_H
#define CHECK_BLOCKS_H

#include "base/memory.h"
#include "check/flows.h"

/* Ids are given when blocks meet; until then those of a part count from here. */
#define OWN_IDS UINT32_C(0x80000000)

/* Room that grows, and is used again. */
struct pile {
	unsigned char *at;
	size_t n;
	size_t room;
};

/*
 * All zero is an empty one. Several threads write each to its own at the same
 * time: no two lie in one line of the cache.
 */
struct block {
	struct pile begun;
	struct pile told;
	unsigned char apart[CACHE_LINE];
};

/* A pile keeps so many octets of room at most when it is emptied. */
#define BLOCK_ROOM_KEPT ((size_t)1 << 20)

/* Empties it, to be filled again or freed. */
void block_clear(struct block *b);
void block_free(struct block *b);

/* A connection of that part has begun, with that frame. */
void block_begun(struct block *b, uint64_t frame, uint32_t part);

/*
 * A connection of that part is over, by what makes it come before others: when
 * it was let go, or the frame that made it end.
 */
void block_told(struct block *b, uint64_t when, uint32_t part,
		const struct flows_over *o);

/* The ids that those of a part have become. */
struct ids {
	uint32_t *id;
	uint32_t n, room;
};

struct merger {
	struct ids ids[FLOWS_PARTS];
	uint32_t *last_id;
	flows_over_fn *over;
	void *ctx;
};

/*
 * Gives ids to those that began, in the order of their frames, and then tells
 * of those that are over, as one table would. The blocks are of no use
 * afterwards but to be cleared.
 */
void blocks_merge(struct merger *m, const struct block *block, size_t n);

/* What an id has become: flows_renumber's function; ctx is a struct ids. */
uint32_t ids_now(void *ctx, uint32_t id);

void merger_free(struct merger *m);

#endif
