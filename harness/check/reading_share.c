/*
 * Several threads that share a reading. There are three kinds of work: to note
 * a stretch of the capture, to judge what of one is in a thread's own tables,
 * and to put in order what all have told of one. The first and the last are
 * done by one thread at a time, whichever has nothing better to do. Knows
 * nothing of what becomes of the connections.
 */
#include "check/reading_own.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "check/blocks.h"

/* Stretches that are noted and not yet put in order, at most. */
#define SLOTS 8

/* A thread notes another one when so few are left for it to judge. */
#define FEW_LEFT 2

/*
 * When so many times as many connections have begun as may be held, the ids
 * that all of them were given are forgotten, but for those of the held.
 */
#define IDS_KEPT 8

/* Ids stay far below OWN_IDS; and what a part counts from there, below 2^32. */
#define IDS_MOST (OWN_IDS / 4)

/* A stretch, and what the tables have told of it. */
struct slot {
	struct stretch stretch;
	struct block block[FLOWS_PARTS]; /* of each thread */
	size_t judged;			 /* by so many threads */
};

/* What a part's table tells: whose, and which part. */
struct source {
	struct worker *worker;
	uint32_t part;
	uint32_t last_id; /* from OWN_IDS on */
};

struct worker {
	unsigned char apart[CACHE_LINE]; /* from what others write to */
	struct share *share;
	struct stretch_judge judge;
	struct source source[FLOWS_PARTS];
	struct block *block; /* of what is being judged */
	uint64_t judged;     /* stretches */
	pthread_t thread;
};

/* Stretches are counted: each slot is used for every SLOTS-th. */
struct share {
	pthread_mutex_t lock;
	pthread_cond_t news;
	struct reader *rd;
	struct slot slot[SLOTS];
	uint64_t noted;
	uint64_t merged;
	uint64_t begun; /* connections that have their ids */
	bool noting;
	bool merging;
	bool ended; /* by the capture, or so that ids can be forgotten */
	enum capture_got got;
	struct fault *fault;
	struct merger merger;
	size_t n;
	struct worker worker[FLOWS_PARTS];
};

static void on_begun(void *ctx, uint64_t frame)
{
	const struct source *s = ctx;

	block_begun(s->worker->block, frame, s->part);
}

static void on_told(void *ctx, const struct flows_over *o)
{
	const struct source *s = ctx;
	const struct worker *w = s->worker;

	block_told(w->block, o->told_frame ? o->told_frame : w->judge.frame,
		   s->part, o);
}

static struct slot *slot_of(struct share *s, uint64_t number)
{
	return &s->slot[number % SLOTS];
}

/* The lock is held here and below, but while the work is done. */
static void note(struct worker *w)
{
	struct share *s = w->share;
	struct slot *slot = slot_of(s, s->noted);

	s->noting = true;
	pthread_mutex_unlock(&s->lock);
	stretch_clear(&slot->stretch);
	slot->judged = 0;
	s->rd->stretch = &slot->stretch;
	s->got = reading_note(s->rd, s->fault);
	pthread_mutex_lock(&s->lock);
	s->noting = false;
	s->noted++;
	s->ended = !s->rd->full || s->begun / IDS_KEPT >= s->rd->r->max_flows ||
		   s->begun >= IDS_MOST;
}

static void judge(struct worker *w)
{
	struct share *s = w->share;
	struct slot *slot = slot_of(s, w->judged);

	w->block = &slot->block[w - s->worker];
	pthread_mutex_unlock(&s->lock);
	stretch_judge(&slot->stretch, &w->judge);
	pthread_mutex_lock(&s->lock);
	w->judged++;
	slot->judged++;
}

static void merge(struct worker *w)
{
	struct share *s = w->share;
	struct slot *slot = slot_of(s, s->merged);
	uint32_t first_id = *s->merger.last_id;
	uint32_t begun;

	s->merging = true;
	pthread_mutex_unlock(&s->lock);
	blocks_merge(&s->merger, slot->block, s->n);
	begun = *s->merger.last_id - first_id;
	for (size_t i = 0; i < s->n; i++)
		block_clear(&slot->block[i]);
	pthread_mutex_lock(&s->lock);
	s->merging = false;
	s->merged++;
	s->begun += begun;
}

static bool can_note(const struct share *s)
{
	return !s->noting && !s->ended && s->noted - s->merged < SLOTS;
}

static bool can_merge(struct share *s)
{
	return !s->merging && s->merged < s->noted &&
	       slot_of(s, s->merged)->judged == s->n;
}

/* What is best done now; or NULL: nothing can be. */
static void (*choose(struct worker *w))(struct worker *w)
{
	struct share *s = w->share;

	if (can_merge(s))
		return merge;
	if (can_note(s) && s->noted - w->judged < FEW_LEFT)
		return note;
	return w->judged < s->noted ? judge : NULL;
}

static bool is_done(const struct share *s)
{
	return s->ended && s->merged == s->noted;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct share *s = w->share;

	pthread_mutex_lock(&s->lock);
	while (!is_done(s)) {
		void (*best)(struct worker *) = choose(w);

		if (best) {
			best(w);
			pthread_cond_broadcast(&s->news);
		} else {
			pthread_cond_wait(&s->news, &s->lock);
		}
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* Its parts are every n-th. From now on they tell it. */
static void set_worker(struct share *s, size_t number)
{
	const struct parts *parts = s->rd->parts;
	struct worker *w = &s->worker[number];

	w->share = s;
	w->judge.part = parts->flows;
	w->judge.list = number;
	for (size_t i = number; i < parts->n; i += s->n) {
		struct source *source = &w->source[i];

		*source = (struct source){ w, (uint32_t)i, OWN_IDS };
		flows_tell(parts->flows[i],
			   &(struct flows_ear){ on_told, on_begun, source,
						&source->last_id });
		w->judge.mine[w->judge.n_mine++] = parts->flows[i];
		s->rd->list[i] = (uint8_t)number;
	}
}

/* Of as many as there are parts, if the reading has so many. */
static struct share *begin(struct reader *rd, flows_over_fn *over, void *ctx,
			   struct fault *f)
{
	struct share *s = memory_zeroed(1, sizeof(*s));

	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->news, NULL);
	s->rd = rd;
	s->fault = f;
	s->n = rd->threads < rd->parts->n ? rd->threads : rd->parts->n;
	s->merger.last_id = &rd->parts->last_id;
	s->merger.over = over;
	s->merger.ctx = ctx;
	rd->shared = true;
	for (size_t i = 0; i < SLOTS; i++)
		stretch_new(&s->slot[i].stretch, s->n);
	for (size_t i = 0; i < s->n; i++)
		set_worker(s, i);
	return s;
}

/*
 * The calling thread is one of them. Of too few some parts would be nobody's:
 * they do nothing, and as many as there were are tried next.
 */
static void run(struct share *s)
{
	struct reader *rd = s->rd;
	size_t had = 1;

	pthread_mutex_lock(&s->lock);
	while (had < s->n && pthread_create(&s->worker[had].thread, NULL, work,
					    &s->worker[had]) == 0)
		had++;
	rd->threads = had;
	rd->full = had < s->n;
	s->ended = rd->full;
	pthread_mutex_unlock(&s->lock);
	work(&s->worker[0]);
	for (size_t i = 1; i < had; i++)
		pthread_join(s->worker[i].thread, NULL);
}

/* What the threads leave behind is as if one had read alone. */
static void take_over(struct share *s, struct reader *rd,
		      struct stretch *stretch)
{
	struct flows_ear ear = { s->merger.over, NULL, s->merger.ctx,
				 s->merger.last_id };

	for (size_t i = 0; i < rd->parts->n; i++) {
		flows_tell(rd->parts->flows[i], &ear);
		flows_renumber(rd->parts->flows[i], ids_now, &s->merger.ids[i]);
	}
	memset(rd->list, 0, sizeof(rd->list));
	rd->stretch = stretch;
	rd->shared = false;
}

static void end(struct share *s)
{
	for (size_t i = 0; i < SLOTS; i++) {
		stretch_free(&s->slot[i].stretch);
		for (size_t k = 0; k < s->n; k++)
			block_free(&s->slot[i].block[k]);
	}
	merger_free(&s->merger);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->news);
	free(s);
}

/* Up to the capture's end, or until there are many ids. */
static enum capture_got share_some(struct reader *rd, flows_over_fn *over,
				   void *ctx, struct fault *f)
{
	struct stretch *stretch = rd->stretch;
	struct share *s = begin(rd, over, ctx, f);
	enum capture_got got;

	run(s);
	take_over(s, rd, stretch);
	got = s->got;
	end(s);
	return got;
}

static bool can_share(const struct reader *rd)
{
	return rd->threads > 1 && rd->parts->n > 1 && !rd->r->frame &&
	       rd->parts->last_id <= IDS_MOST;
}

int reading_share(struct reader *rd, flows_over_fn *over, void *ctx,
		  struct fault *f)
{
	enum capture_got got;

	do {
		if (!can_share(rd))
			return 0;
		got = share_some(rd, over, ctx, f);
	} while (rd->full);
	return got == CAPTURE_DAMAGED ? -1 : 0;
}
