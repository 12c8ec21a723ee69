/*
 * Several threads that read one mapped capture, each for its parts of the
 * table. All walk over all frames, and pass the ones of others by at a glance.
 * What they tell of is put in order by the thread that called: for a stretch of
 * frames each hands over a block, of connections that began and that are over.
 * Knows nothing of what becomes of those.
 */
#include "check/reading_own.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"

/* A block is of so many frames; so many wait for the slowest thread. */
#define BLOCK_FRAMES (256 * READING_PASS)
#define BLOCKS	     4

/* Ids are given when blocks meet; until then those of a part count from here. */
#define OWN_IDS UINT32_C(0x80000000)

struct begun {
	struct begun *next;
	uint64_t frame;
	uint32_t part;
};

struct told {
	struct told *next;
	uint64_t frame; /* when it was let go, or that made it end */
	bool by_time;	/* after what that frame made end */
	uint32_t part;
	struct flows_over over; /* only up to the findings there are */
};

/* A list, and where its next element goes. */
struct begun_list {
	struct begun *first, **end;
};

struct told_list {
	struct told *first, **end;
};

struct block {
	struct arena arena;
	struct begun_list begun;
	struct told_list told;
};

/* What a part's table tells: whose, and which part. */
struct source {
	struct worker *worker;
	uint32_t part;
	uint32_t last_id; /* from OWN_IDS on */
};

struct worker {
	struct reader rd;
	struct reading r;
	uint64_t skipped[DECAP_KIND_COUNT];
	struct source source[FLOWS_PARTS];
	struct block block[BLOCKS];
	uint64_t made; /* blocks */
	bool done;
	uint64_t offset; /* as far as it has read */
	bool damaged;
	struct fault fault;
	pthread_t thread;
	struct share *share;
};

/* The ids that those of a part have become. */
struct ids {
	uint32_t *id;
	uint32_t n, room;
};

struct share {
	pthread_mutex_t lock;
	pthread_cond_t news;
	uint64_t merged; /* blocks of each */
	size_t n;
	struct worker *worker;
	struct ids ids[FLOWS_PARTS];
	uint32_t *last_id;
	flows_over_fn *over;
	void *ctx;
};

static struct block *current(struct worker *w)
{
	return &w->block[w->made % BLOCKS];
}

static void clear(struct block *b)
{
	arena_free(&b->arena);
	b->begun.first = NULL;
	b->begun.end = &b->begun.first;
	b->told.first = NULL;
	b->told.end = &b->told.first;
}

static void on_begun(void *ctx, uint64_t frame)
{
	const struct source *s = ctx;
	struct block *b = current(s->worker);
	struct begun *begun = arena_alloc(&b->arena, sizeof(*begun));

	begun->frame = frame;
	begun->part = s->part;
	*b->begun.end = begun;
	b->begun.end = &begun->next;
}

static const struct judge_finding *copy(struct arena *a,
					const struct judge_finding *found)
{
	struct judge_finding *mine = arena_alloc(a, sizeof(*mine));

	*mine = *found;
	return mine;
}

static size_t over_size(const struct flows_over *o)
{
	return offsetof(struct flows_over, found) +
	       o->n_found * sizeof(struct judge_finding *);
}

static void on_told(void *ctx, const struct flows_over *o)
{
	const struct source *s = ctx;
	struct block *b = current(s->worker);
	struct told *told = arena_alloc(&b->arena, offsetof(struct told, over) +
							   over_size(o));

	told->by_time = !o->told_frame;
	told->frame = told->by_time ? s->worker->rd.number : o->told_frame;
	told->part = s->part;
	memcpy(&told->over, o, over_size(o));
	for (size_t i = 0; i < o->n_found; i++)
		told->over.found[i] = copy(&b->arena, o->found[i]);
	*b->told.end = told;
	b->told.end = &told->next;
}

/* Hands the block over, and waits until there is room for another one. */
static void hand_over(struct worker *w, bool last)
{
	struct share *s = w->share;

	pthread_mutex_lock(&s->lock);
	w->made++;
	w->done = last;
	pthread_cond_broadcast(&s->news);
	while (!last && w->made - s->merged >= BLOCKS)
		pthread_cond_wait(&s->news, &s->lock);
	pthread_mutex_unlock(&s->lock);
	if (!last)
		clear(current(w));
}

void reading_share_pass(struct reader *rd)
{
	if (rd->number % BLOCK_FRAMES == 0)
		hand_over((struct worker *)(void *)rd, false);
}

static void read_twin(struct worker *w)
{
	struct reader *rd = &w->rd;

	w->damaged = capture_read(rd->capture, reading_take, rd, &w->fault) ==
		     CAPTURE_DAMAGED;
	reading_judge(rd);
	w->offset = capture_offset(rd->capture);
	capture_close(rd->capture);
}

/* The mapping is the thread's own: see base/mapping.h. */
static void *work(void *arg)
{
	struct worker *w = arg;

	w->rd.capture = capture_twin(w->rd.capture);
	if (w->rd.capture)
		read_twin(w);
	else
		w->damaged = fault_set(&w->fault, "%s: cannot be mapped again",
				       w->r.sum->name);
	hand_over(w, true);
	return NULL;
}

static void add_id(struct ids *ids, uint32_t id)
{
	if (ids->n == ids->room) {
		ids->room = ids->room * 2 + 1024;
		ids->id = memory_resize(ids->id, ids->room, sizeof(*ids->id));
	}
	ids->id[ids->n++] = id;
}

static uint32_t id_of(void *ctx, uint32_t id)
{
	const struct ids *ids = ctx;

	return id > OWN_IDS ? ids->id[id - OWN_IDS - 1] : id;
}

/* Connections have their ids in the order of their first frames. */
static void merge_begun(struct share *s, struct begun *head[])
{
	for (;;) {
		struct begun **first = NULL;

		for (size_t i = 0; i < s->n; i++)
			if (head[i] &&
			    (!first || head[i]->frame < (*first)->frame))
				first = &head[i];
		if (!first)
			return;
		add_id(&s->ids[(*first)->part], ++*s->last_id);
		*first = (*first)->next;
	}
}

static bool is_before(const struct told *a, const struct told *b)
{
	if (a->frame != b->frame)
		return a->frame < b->frame;
	if (a->by_time != b->by_time)
		return b->by_time;
	return a->over.last_frame < b->over.last_frame;
}

static void tell(struct share *s, const struct told *told)
{
	struct ids *ids = &s->ids[told->part];
	struct flows_over o;

	memcpy(&o, &told->over, over_size(&told->over));
	o.id = id_of(ids, o.id);
	o.follows = id_of(ids, o.follows);
	s->over(s->ctx, &o);
}

static void merge_told(struct share *s, struct told *head[])
{
	for (;;) {
		struct told **first = NULL;

		for (size_t i = 0; i < s->n; i++)
			if (head[i] && (!first || is_before(head[i], *first)))
				first = &head[i];
		if (!first)
			return;
		tell(s, *first);
		*first = (*first)->next;
	}
}

/* Waits for everybody's next block; false: nobody has one. */
static bool wait_for_blocks(struct share *s, struct block *block[])
{
	bool any = false;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->n; i++) {
		struct worker *w = &s->worker[i];

		while (w->made <= s->merged && !w->done)
			pthread_cond_wait(&s->news, &s->lock);
		block[i] = w->made > s->merged ? &w->block[s->merged % BLOCKS]
					       : NULL;
		any = any || block[i];
	}
	pthread_mutex_unlock(&s->lock);
	return any;
}

static void merge_blocks(struct share *s)
{
	struct block *block[FLOWS_PARTS] = { NULL };

	while (wait_for_blocks(s, block)) {
		struct begun *begun[FLOWS_PARTS] = { NULL };
		struct told *told[FLOWS_PARTS] = { NULL };

		for (size_t i = 0; i < s->n; i++) {
			begun[i] = block[i] ? block[i]->begun.first : NULL;
			told[i] = block[i] ? block[i]->told.first : NULL;
		}
		merge_begun(s, begun);
		merge_told(s, told);
		pthread_mutex_lock(&s->lock);
		s->merged++;
		pthread_cond_broadcast(&s->news);
		pthread_mutex_unlock(&s->lock);
	}
}

/* Its parts are every n-th; the first one also says what all meet. */
static void set_worker(struct share *s, size_t number, const struct reader *rd)
{
	struct worker *w = &s->worker[number];
	bool first = number == 0;

	w->share = s;
	w->r = *rd->r;
	w->r.progress = rd->r->progress && first;
	w->rd = *rd;
	w->rd.r = &w->r;
	w->rd.share = s;
	w->rd.counts = first;
	w->rd.skipped = w->skipped;
	w->rd.n_mine = 0;
	w->rd.is_mine = 0;
	for (size_t i = number; i < rd->parts->n; i += s->n) {
		struct flows_ear ear = { on_told, on_begun, &w->source[i],
					 &w->source[i].last_id };

		w->source[i] = (struct source){ w, (uint32_t)i, OWN_IDS };
		w->rd.mine[w->rd.n_mine++] = rd->parts->flows[i];
		w->rd.is_mine |= 1u << i;
		flows_tell(rd->parts->flows[i], &ear);
	}
	for (size_t i = 0; i < BLOCKS; i++)
		clear(&w->block[i]);
}

/* What the workers leave behind is the reader's, as if it had read alone. */
static void take_over(struct share *s, struct reader *rd)
{
	const struct reader *first = &s->worker[0].rd;
	struct flows_ear ear = { s->over, NULL, s->ctx, s->last_id };

	rd->number = first->number;
	rd->last_ns = first->last_ns;
	rd->shown_ns = first->shown_ns;
	memcpy(rd->unread, first->unread, sizeof(rd->unread));
	rd->n_unread = first->n_unread;
	capture_skip(rd->capture, s->worker[0].offset);
	for (size_t i = 0; i < rd->parts->n; i++) {
		flows_tell(rd->parts->flows[i], &ear);
		flows_renumber(rd->parts->flows[i], id_of, &s->ids[i]);
	}
	for (size_t i = 0; i < s->n; i++)
		for (int kind = 0; kind < DECAP_KIND_COUNT; kind++)
			rd->skipped[kind] += s->worker[i].skipped[kind];
}

static int end_workers(struct share *s, struct fault *f)
{
	int rc = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct worker *w = &s->worker[i];

		if (w->damaged && rc == 0) {
			*f = w->fault;
			rc = -1;
		}
		for (size_t k = 0; k < BLOCKS; k++)
			arena_free(&w->block[k].arena);
	}
	for (size_t i = 0; i < FLOWS_PARTS; i++)
		free(s->ids[i].id);
	free(s->worker);
	return rc;
}

static void run(struct share *s)
{
	size_t begun = 0;

	while (begun < s->n && pthread_create(&s->worker[begun].thread, NULL,
					      work, &s->worker[begun]) == 0)
		begun++;
	if (begun < s->n) {
		/* Too few to have all parts: this cannot go on. */
		fputs("lastack: no more threads can be had\n", stderr);
		exit(2);
	}
	merge_blocks(s);
	for (size_t i = 0; i < s->n; i++)
		pthread_join(s->worker[i].thread, NULL);
}

int reading_share(struct reader *rd, flows_over_fn *over, struct fault *f)
{
	struct share s = { .lock = PTHREAD_MUTEX_INITIALIZER,
			   .news = PTHREAD_COND_INITIALIZER,
			   .last_id = &rd->parts->last_id,
			   .over = over,
			   .ctx = rd };

	s.n = rd->r->threads < rd->parts->n ? rd->r->threads : rd->parts->n;
	if (s.n < 2 || rd->r->frame || !capture_is_mapped(rd->capture) ||
	    rd->parts->last_id > OWN_IDS / 2)
		return 0;
	s.worker = memory_zeroed(s.n, sizeof(*s.worker));
	for (size_t i = 0; i < s.n; i++)
		set_worker(&s, i, rd);
	run(&s);
	take_over(&s, rd);
	return end_workers(&s, f);
}
