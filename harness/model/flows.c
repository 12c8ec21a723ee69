/*
 * The life of connections in the table: begun, judged, begun anew, let go.
 * Knows nothing of where segments come from and what becomes of the findings.
 */
#include "model/flows.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ground/name.h"
#include "model/flows_own.h"

_Static_assert(sizeof(struct row) + KEY_MAX <= FLOWS_ROW_MAX,
	       "a row is to be small");

/*
 * Once for so many segments it is looked whether connections are over, and
 * some are let go: more than can have begun, and no more than need be waited
 * for.
 */
#define LOOK_EVERY 8
#define LET_GO_MAX 16

/*
 * To make room, the one that has been idle longest of so many is let go; in a
 * large table of fewer, as looking takes time.
 */
#define EVICT_AMONG	  64
#define EVICT_AMONG_MANY  8
#define EVICT_MANY	  4096

#define ROWS_MAX (UINT32_C(1) << 30)

struct flows *flows_new(const struct flows_plan *plan)
{
	struct flows *t = flows_alloc(1, sizeof(*t));

	t->plan = *plan;
	if (t->plan.max > ROWS_MAX)
		t->plan.max = ROWS_MAX;
	pool_init(&t->pool[0], KEY4_LEN);
	pool_init(&t->pool[1], KEY6_LEN);
	places_init(&t->places);
	return t;
}

void flows_free(struct flows *t)
{
	if (!t)
		return;
	pool_free(&t->pool[0]);
	pool_free(&t->pool[1]);
	free(t->places.place);
	free(t->notes.note);
	free(t);
}

uint64_t flows_evicted(const struct flows *t)
{
	return t->evicted;
}

static struct row *add_row(struct flows *t, uint32_t hash, int family,
			   uint32_t *number)
{
	bool six = family != AF_INET;
	uint32_t at = pool_take(&t->pool[six]);

	*number = six ? at | IN_POOL6 : at;
	places_add(&t->places, hash, *number);
	return row_of(t, *number);
}

/* What only time shows is said of the connection's last frame. */
static void note_found(void *ctx, const struct judge_finding *found)
{
	struct flows *t = ctx;
	struct judge_finding mine = *found;

	t->full = t->notes.held >= NOTES_MAX;
	if (!mine.frame)
		mine.frame = t->judged->last_frame;
	notes_add(&t->notes, &t->judged->note, &mine);
}

static struct judge_ear ear_for(struct flows *t, struct row *row)
{
	t->judged = row;
	return (struct judge_ear){ note_found, t };
}

static void list_found(const struct flows *t, const struct row *row,
		       struct flows_over *o)
{
	uint32_t at = row->note;

	while (at && o->n_found < FLOWS_FOUND_MAX) {
		o->found[o->n_found++] = &t->notes.note[at - 1].found;
		at = t->notes.note[at - 1].next;
	}
}

/* The connection has ended, or must: its judge is heard and it is told of. */
static void tell(struct flows *t, uint32_t number, int64_t at_ns, bool evicted)
{
	struct row *row = row_of(t, number);
	struct judge_ear ear = ear_for(t, row);
	struct flows_over o;

	judge_end(&row->judge, at_ns, &ear);
	o.id = row->id;
	o.family = number & IN_POOL6 ? AF_INET6 : AF_INET;
	flows_ends(t, number, o.end);
	o.first_frame = row->first_frame;
	o.last_frame = row->last_frame;
	o.segments = row->segments;
	o.evicted = evicted;
	o.n_found = 0;
	judge_summarise(&row->judge, &o.summary);
	list_found(t, row, &o);
	t->evicted += evicted;
	t->plan.over(t->plan.ctx, &o);
	notes_drop(&t->notes, row->note);
	row->note = 0;
	t->full = false;
}

static void let_go(struct flows *t, uint32_t number, int64_t at_ns,
		   bool evicted)
{
	tell(t, number, at_ns, evicted);
	wait_remove(t, row_of(t, number));
	places_remove(&t->places, flows_hash_row(t, number), number);
	pool_give(&t->pool[!!(number & IN_POOL6)], number & ~IN_POOL6);
}

/* The row the hand is at, which moves on; false: it was at the end. */
static bool move_hand(const struct flows *t, uint32_t *hand, uint32_t *number)
{
	uint32_t at = *hand, n4 = t->pool[0].n;

	if (at >= n4 + t->pool[1].n) {
		*hand = 0;
		return false;
	}
	*number = at < n4 ? at : (at - n4) | IN_POOL6;
	++*hand;
	return true;
}

static void let_over_go(struct flows *t, int64_t now_ns)
{
	uint32_t number;

	if (++t->since < LOOK_EVERY)
		return;
	t->since = 0;
	for (int i = 0; i < LET_GO_MAX && wait_over(t, now_ns, &number); i++)
		let_go(t, number, now_ns, false);
}

static void evict(struct flows *t, int64_t now_ns)
{
	int among = t->places.n > EVICT_MANY ? EVICT_AMONG_MANY : EVICT_AMONG;
	uint32_t number, idlest = 0;
	int64_t last = INT64_MAX;

	for (int looked = 0; looked < among || !idlest; looked++) {
		const struct row *row;

		if (!move_hand(t, &t->evict_hand, &number))
			continue;
		row = row_of(t, number);
		if (row->segments && row->judge.last_ns < last) {
			last = row->judge.last_ns;
			idlest = number + 1;
		}
	}
	if (idlest)
		let_go(t, idlest - 1, now_ns, true);
}

/* The answer to a SYN tells who sent that. */
static enum side opener(const struct seg *seg)
{
	return (seg->flags & (FLAG_SYN | FLAG_ACK)) == (FLAG_SYN | FLAG_ACK) ?
		       SIDE_B :
		       SIDE_A;
}

/* What the row is of, from now on; seg was sent by from. */
static void begin(struct flows *t, struct row *row, enum side from,
		  const struct seg *seg, uint64_t frame)
{
	const struct seg_end *a = from == SIDE_A ? &seg->src : &seg->dst;
	const struct seg_end *b = from == SIDE_A ? &seg->dst : &seg->src;

	flows_key(row->key, seg->family, a, b);
	row->id = ++t->last_id;
	row->first_frame = frame;
	row->segments = 0;
	row->ending = false;
	row->note = 0;
}

/*
 * The same ends connect anew. When the other one connects this time, it is A
 * from now on: the judge is shown what was before the other way round.
 */
static void reopen(struct flows *t, uint32_t number, enum side from,
		   const struct seg *seg, uint64_t frame, int64_t at_ns)
{
	struct row *row = row_of(t, number);
	struct judge old;
	struct judge_ear ear;

	tell(t, number, at_ns, false);
	wait_remove(t, row);
	old = row->judge;
	if (from == SIDE_B) {
		old.half[SIDE_A] = row->judge.half[SIDE_B];
		old.half[SIDE_B] = row->judge.half[SIDE_A];
	}
	begin(t, row, SIDE_A, seg, frame);
	memset(&row->judge, 0, sizeof(row->judge));
	ear = ear_for(t, row);
	judge_reopen(&row->judge, &old, SIDE_A, seg, frame, at_ns, &ear);
}

static struct row *make(struct flows *t, uint32_t hash, enum side from,
			const struct seg *seg, uint64_t frame, int64_t at_ns,
			uint32_t *number)
{
	struct row *row;

	if (t->places.n >= t->plan.max)
		evict(t, at_ns);
	row = add_row(t, hash, seg->family, number);
	begin(t, row, from, seg, frame);
	return row;
}

static bool is_syn(const struct seg *seg)
{
	return (seg->flags & (FLAG_SYN | FLAG_ACK | FLAG_RST)) == FLAG_SYN;
}

void flows_segment(struct flows *t, uint32_t hash, uint32_t hint,
		   const struct seg *seg, uint64_t frame, int64_t at_ns)
{
	struct judge_ear ear;
	uint32_t number;
	enum side from;
	struct row *row = flows_find(t, hash, hint, seg, &number, &from);

	if (row && is_syn(seg) &&
	    judge_is_reopened(&row->judge, from, seg)) {
		reopen(t, number, from, seg, frame, at_ns);
		from = SIDE_A;
	} else {
		if (!row) {
			from = opener(seg);
			row = make(t, hash, from, seg, frame, at_ns, &number);
		}
		ear = ear_for(t, row);
		judge_segment(&row->judge, from, seg, frame, at_ns, &ear);
	}
	if (number + 1 != hint)
		t->recent[hash % RECENT_MANY] =
			(struct place){ hash, number + 1 };
	row->last_frame = frame;
	row->segments += row->segments < UINT32_MAX;
	if (seg->flags & (FLAG_FIN | FLAG_RST))
		row->ending = true;
	if (row->ending)
		wait_note(t, row, number);
	if (t->plan.seen)
		t->plan.seen(t->plan.ctx, row->id, from, seg, &row->judge);
	if (t->full)
		let_go(t, number, at_ns, true);
	let_over_go(t, at_ns);
}

/* The next row of the pool that is in use, from *at on, or NULL. */
static const struct row *next_used(const struct pool *p, uint32_t *at)
{
	for (; *at < p->n; ++*at)
		if (pool_row(p, *at)->segments)
			return pool_row(p, *at);
	return NULL;
}

void flows_end(struct flows *t, int64_t at_ns)
{
	uint32_t at[2] = { 0, 0 };

	for (;;) {
		const struct row *four = next_used(&t->pool[0], &at[0]);
		const struct row *six = next_used(&t->pool[1], &at[1]);
		bool is_six = six && (!four || six->id < four->id);

		if (!four && !six)
			return;
		tell(t, is_six ? at[1] | IN_POOL6 : at[0], at_ns, false);
		at[is_six]++;
	}
}
