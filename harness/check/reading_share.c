/*
 * Several threads that share a reading, each with its parts of the table. Of a
 * mapped capture all walk over all frames, and pass the ones of others by at a
 * glance; at the end each tells of the connections it still holds. What they
 * tell of is put in order by the thread that called: for a stretch of frames,
 * or of ids, each hands over a block. Knows nothing of what becomes of those.
 */
#include "check/reading_own.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "check/blocks.h"

/* A block is of so many frames; so many wait for the slowest thread. */
#define BLOCK_FRAMES (64 * READING_PASS)
#define BLOCKS	     8

/* At the end it is of so many ids. */
#define BLOCK_IDS 4096

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

struct share {
	pthread_mutex_t lock;
	pthread_cond_t news;
	uint64_t merged; /* blocks of each */
	size_t n;
	struct worker *worker;
	void (*work)(struct worker *w); /* what each does */
	int64_t end_ns;
	struct merger merger;
};

static struct block *current(struct worker *w)
{
	return &w->block[w->made % BLOCKS];
}

static void on_begun(void *ctx, uint64_t frame)
{
	const struct source *s = ctx;

	block_begun(current(s->worker), frame, s->part);
}

static void on_told(void *ctx, const struct flows_over *o)
{
	const struct source *s = ctx;

	block_told(current(s->worker),
		   o->told_frame ? o->told_frame : s->worker->rd.number,
		   s->part, o);
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
		block_clear(current(w));
}

void reading_share_pass(struct reader *rd)
{
	if (rd->number % BLOCK_FRAMES == 0)
		hand_over((struct worker *)(void *)rd, false);
}

/* Until all that it has told of has its ids. */
static void wait_until_merged(struct worker *w)
{
	struct share *s = w->share;

	pthread_mutex_lock(&s->lock);
	while (s->merged < w->made)
		pthread_cond_wait(&s->news, &s->lock);
	pthread_mutex_unlock(&s->lock);
}

static void read_twin(struct worker *w)
{
	struct reader *rd = &w->rd;

	w->damaged = capture_read_many(rd->capture, reading_take, rd,
				       &w->fault) == CAPTURE_DAMAGED;
	reading_judge(rd);
	w->offset = capture_offset(rd->capture);
	capture_close(rd->capture);
}

static void renumber(struct worker *w)
{
	const struct parts *parts = w->rd.parts;

	for (size_t i = 0; i < parts->n; i++)
		if (w->rd.is_mine >> i & 1)
			flows_renumber(parts->flows[i], ids_now,
				       &w->share->merger.ids[i]);
}

/* The mapping is the thread's own: see base/mapping.h. */
static void read_along(struct worker *w)
{
	w->rd.capture = capture_twin(w->rd.capture);
	if (w->rd.capture)
		read_twin(w);
	else
		w->damaged = fault_set(&w->fault, "%s: cannot be mapped again",
				       w->r.sum->name);
	hand_over(w, true);
	wait_until_merged(w);
	renumber(w);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	w->share->work(w);
	return NULL;
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

static void merge_all(struct share *s)
{
	struct block *block[FLOWS_PARTS] = { NULL };

	while (wait_for_blocks(s, block)) {
		blocks_merge(&s->merger, block, s->n);
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
	reading_await(&w->rd, FLOWS_AT_ONCE);
	w->rd.counts = first;
	w->rd.skipped = w->skipped;
	w->rd.n_mine = 0;
	w->rd.is_mine = 0;
	for (size_t i = number; i < rd->parts->n; i += s->n) {
		w->source[i] = (struct source){ w, (uint32_t)i, OWN_IDS };
		w->rd.mine[w->rd.n_mine++] = rd->parts->flows[i];
		w->rd.is_mine |= 1u << i;
	}
}

/* From now on its parts tell it, and take their ids from there; or NULL: from
   what each has of its own. */
static void hear_parts(struct worker *w, flows_over_fn *over,
		       flows_begun_fn *begun, uint32_t *last_id)
{
	const struct parts *parts = w->rd.parts;

	for (size_t i = 0; i < parts->n; i++) {
		struct source *source = &w->source[i];
		struct flows_ear ear = { over, begun, source,
					 last_id ? last_id : &source->last_id };

		if (w->rd.is_mine >> i & 1)
			flows_tell(parts->flows[i], &ear);
	}
}

/* What the workers leave behind is the reader's, as if it had read alone. */
static void take_over(struct share *s, struct reader *rd)
{
	const struct reader *first = &s->worker[0].rd;
	struct flows_ear ear = { s->merger.over, NULL, s->merger.ctx,
				 s->merger.last_id };

	rd->number = first->number;
	rd->last_ns = first->last_ns;
	rd->shown_ns = first->shown_ns;
	memcpy(rd->unread, first->unread, sizeof(rd->unread));
	rd->n_unread = first->n_unread;
	capture_skip(rd->capture, s->worker[0].offset);
	for (size_t i = 0; i < rd->parts->n; i++)
		flows_tell(rd->parts->flows[i], &ear);
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
			block_free(&w->block[k]);
	}
	merger_free(&s->merger);
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
	merge_all(s);
	for (size_t i = 0; i < s->n; i++)
		pthread_join(s->worker[i].thread, NULL);
}

/* Of as many as there are parts, if the reading has so many. */
static void begin(struct share *s, struct reader *rd, flows_over_fn *over)
{
	memset(s, 0, sizeof(*s));
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->news, NULL);
	s->n = rd->r->threads < rd->parts->n ? rd->r->threads : rd->parts->n;
	s->merger.last_id = &rd->parts->last_id;
	s->merger.over = over;
	s->merger.ctx = rd;
	s->worker = memory_zeroed(s->n, sizeof(*s->worker));
	for (size_t i = 0; i < s->n; i++)
		set_worker(s, i, rd);
}

static bool can_share(const struct reader *rd)
{
	return rd->r->threads > 1 && rd->parts->n > 1 && !rd->r->frame;
}

int reading_share(struct reader *rd, flows_over_fn *over, struct fault *f)
{
	struct share s;

	if (!can_share(rd) || !capture_is_mapped(rd->capture) ||
	    rd->parts->last_id > OWN_IDS / 2)
		return 0;
	begin(&s, rd, over);
	s.work = read_along;
	for (size_t i = 0; i < s.n; i++)
		hear_parts(&s.worker[i], on_told, on_begun, NULL);
	run(&s);
	take_over(&s, rd);
	return end_workers(&s, f);
}

/* Those that are left are told of in the order of their ids. */
static void on_left(void *ctx, const struct flows_over *o)
{
	const struct source *s = ctx;

	while (o->id / BLOCK_IDS > s->worker->made)
		hand_over(s->worker, false);
	block_told(current(s->worker), o->id, s->part, o);
}

static void end_mine(struct worker *w)
{
	flows_end_parts(w->rd.mine, w->rd.n_mine, w->share->end_ns);
	hand_over(w, true);
}

void reading_share_end(struct reader *rd, flows_over_fn *over)
{
	struct fault none;
	struct share s;

	if (!can_share(rd)) {
		flows_end_parts(rd->parts->flows, rd->parts->n, rd->last_ns);
		return;
	}
	begin(&s, rd, over);
	s.work = end_mine;
	s.end_ns = rd->last_ns;
	for (size_t i = 0; i < s.n; i++)
		hear_parts(&s.worker[i], on_left, NULL, s.merger.last_id);
	run(&s);
	end_workers(&s, &none);
}
