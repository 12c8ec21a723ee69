/*
 * A stretch of a capture, noted to be judged: lists of what its frames carry,
 * one for each that judges some of the tables, and where among them time
 * passes. Knows nothing of files and threads.
 */
#ifndef CHECK_STRETCH_H
#define CHECK_STRETCH_H

#include "check/flows.h"

/* Time passes once in so many frames: those that are over are let go. */
#define STRETCH_PASS 256

/* So many times at most in a stretch. */
#define STRETCH_PASSES 32

struct stretch_list {
	struct flows_brief *brief;
	struct flows_brief *next; /* behind the last one */
	struct flows_brief *end;  /* of the room */
};

struct stretch_pass {
	uint64_t frame; /* the last before it */
	int64_t at_ns;
	size_t upto[FLOWS_PARTS]; /* of each list, what is before it */
};

struct stretch {
	struct stretch_list list[FLOWS_PARTS];
	size_t lists;
	struct seg *whole; /* those of which a brief is not all */
	size_t n_whole;
	size_t room_whole;
	struct stretch_pass pass[STRETCH_PASSES];
	size_t n_passes;
};

/* Of so many lists. Those that are all zero are freed, too. */
void stretch_new(struct stretch *s, size_t lists);
void stretch_free(struct stretch *s);
void stretch_clear(struct stretch *s);

/* Makes room in a list, or for another segment: what was there may move. */
void stretch_grow(struct stretch_list *list);
void stretch_grow_whole(struct stretch *s);

/* The next brief of a list. It is in it when stretch_add says so. */
static __always_inline struct flows_brief *
stretch_next(struct stretch_list *list)
{
	if (list->next == list->end)
		stretch_grow(list);
	return list->next;
}

static __always_inline void stretch_add(struct stretch_list *list)
{
	list->next++;
}

static inline size_t stretch_length(const struct stretch_list *list)
{
	return (size_t)(list->next - list->brief);
}

/* The next whole segment: it is in the stretch when a brief names it. */
static inline struct seg *stretch_whole(struct stretch *s)
{
	if (s->n_whole == s->room_whole)
		stretch_grow_whole(s);
	return &s->whole[s->n_whole];
}

/*
 * Puts what has been noted of that frame, the last one, in the order of the
 * parts: connections that it begins or ends are told of in the same order,
 * whoever judges which parts.
 */
void stretch_sort_last(struct stretch *s, uint64_t frame);

/* Time passes here. There must be room for it. */
void stretch_note_pass(struct stretch *s, uint64_t frame, int64_t at_ns);

/* Where a stretch has come to, so that what follows can be forgotten. */
struct stretch_mark {
	size_t n[FLOWS_PARTS];
	size_t n_whole;
};

void stretch_note_mark(const struct stretch *s, struct stretch_mark *mark);
void stretch_back(struct stretch *s, const struct stretch_mark *mark);

/* Who judges a list: whose tables those of mine are. */
struct stretch_judge {
	struct flows *const *part; /* all of them */
	struct flows *mine[FLOWS_PARTS];
	size_t n_mine;
	size_t list;
	uint64_t frame; /* how far it has come, when time passes */
};

/* Judges what is in its list, and lets go of what is over by then. */
void stretch_judge(const struct stretch *s, struct stretch_judge *judge);

#endif
