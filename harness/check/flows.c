/*
 * The life of connections in the table: begun, judged, begun anew. Knows
 * nothing of where segments come from and what becomes of the findings.
 */
#include "check/flows.h"

#include <stdlib.h>
#include <string.h>

#include "base/hidden.h"
#include "base/memory.h"
#include "base/name.h"
#include "check/flows_beside.h"
#include "check/flows_own.h"

#define ROWS_MAX (UINT32_C(1) << 30)

/* So many are judged together: their rows are asked for before. */
#define AT_ONCE 16

struct flows *flows_new(const struct flows_plan *plan)
{
	struct flows *t = memory_zeroed(1, sizeof(*t));

	t->plan = *plan;
	if (t->plan.max > ROWS_MAX)
		t->plan.max = ROWS_MAX;
	if (!t->plan.last_id)
		t->plan.last_id = &t->last_id;
	t->sink = (struct judge_sink){ flows_note, t };
	rows_init(&t->rows, plan->seed);
	return t;
}

void flows_free(struct flows *t)
{
	if (!t)
		return;
	for (uint32_t number = 1; t->n_notes; number++)
		flows_drop_notes(t, rows_at(&t->rows, number));
	rows_free(&t->rows);
	free(t);
}

/* A SYN,ACK shows that its receiver sent the SYN, and so is A. */
static enum side opener(const struct seg *seg)
{
	return (seg->flags & (FLAG_SYN | FLAG_ACK)) == (FLAG_SYN | FLAG_ACK)
		       ? SIDE_B
		       : SIDE_A;
}

/* Which connection it is, of that side: the counts are 0. */
static void name(struct flows *t, struct row *row, enum side from,
		 const struct flows_brief *brief)
{
	row->head.a = from == SIDE_A ? brief->key.src : brief->key.src ^ 1;
	row->head.family = (uint8_t)((row->head.family & ROW_MARKS) |
				     (unsigned int)key_family(&brief->key));
	row->head.id = ++*t->plan.last_id;
	if (t->plan.begun)
		t->plan.begun(t->plan.ctx, brief->frame);
	row->first_frame = brief->frame;
}

/* The connection that the segment begins. */
static void begin(struct flows *t, struct row *row, enum side from,
		  const struct flows_brief *brief, const struct seg *seg)
{
	uint8_t src = brief->key.src;

	name(t, row, from, brief);
	memory_clear(&row->judge, sizeof(row->judge));
	if (key_family(&brief->key) == AF_INET) {
		rows_end(brief->key.low, &row->end[0]);
		rows_end(brief->key.high, &row->end[1]);
	} else {
		row->end[src] = seg->src;
		row->end[src ^ 1] = seg->dst;
	}
}

/* What the table itself kept of the connection before. */
static void forget(struct row *row)
{
	row->head.told = false;
	row->head.octets[SIDE_A] = 0;
	row->head.octets[SIDE_B] = 0;
	row->head.ttl[SIDE_A] = 0;
	row->head.ttl[SIDE_B] = 0;
	row->head.segments = 0;
}

/*
 * The same ends connect anew. When the other end sends the SYN this time, it is
 * A from now on, and the ends of the connection before change places for the
 * judge.
 */
static void __attribute__((noinline))
reopen(struct flows *t, struct row *row, const struct flows_brief *brief,
       const struct seg *seg)
{
	enum side from = opener(seg);
	struct wire_judge old;

	row->judge.followed = true;
	flows_say(t, row, brief->at_ns, brief->frame);
	row->follows = row->head.id;
	old = row->judge;
	if (row_sender(row, &brief->key) != from) {
		old.end[SIDE_A] = row->judge.end[SIDE_B];
		old.end[SIDE_B] = row->judge.end[SIDE_A];
	}
	forget(row);
	begin(t, row, from, brief, seg);
	wire_judge_reopen(&row->judge, &old, from, seg, brief->frame,
			  brief->at_ns, &t->sink);
}

static __always_inline struct row *add(struct flows *t,
				       const struct flows_brief *brief)
{
	if (t->rows.held >= t->plan.max)
		flows_evict(t, brief->at_ns, brief->frame);
	return rows_add(&t->rows, &brief->key);
}

static __always_inline struct row *make(struct flows *t, enum side from,
					const struct flows_brief *brief,
					const struct seg *seg)
{
	struct row *row = add(t, brief);

	begin(t, row, from, brief, seg);
	if ((seg->flags & (FLAG_SYN | FLAG_ACK)) != FLAG_SYN)
		rows_mark(&t->rows, row, ROW_NEW);
	return row;
}

/* The connection of that row once more, beyond a box. */
static struct row *__attribute__((noinline))
begin_beside(struct flows *t, struct row *row, enum side from,
	     const struct flows_brief *brief, const struct seg *seg)
{
	struct wire_judge judge = row->judge;
	uint32_t id = row->head.id;
	struct row *other = make(t, from, brief, seg);

	other->follows = id;
	rows_mark(&t->rows, other, ROW_BESIDE);
	if (other != row) /* or it had to make room */
		rows_mark(&t->rows, row, ROW_BESIDE);
	t->judged = other;
	wire_judge_begin_beside(&other->judge, &judge, from, seg, brief->frame,
				brief->at_ns, &t->sink);
	return other;
}

/* The row of what a segment of these ends begins; or NULL: nothing. */
static struct row *begun_by(struct flows *t, struct row *row, enum side from,
			    const struct flows_brief *brief,
			    const struct seg *seg)
{
	if (beside_begins(&t->rows, row, brief, from, seg))
		return begin_beside(t, row, from, brief, seg);
	if (!(seg->flags & FLAG_SYN) ||
	    !wire_judge_is_reopened(&row->judge, from, seg))
		return NULL;
	reopen(t, row, brief, seg);
	return row;
}

static __always_inline struct row *
find(struct flows *t, const struct flows_key *key, const struct seg *seg)
{
	struct row *row = rows_find(&t->rows, key, seg);

	return row || !t->rows.marked ? row : beside_find(&t->rows, key, seg);
}

static void tell_seen(struct flows *t, const struct row *row, enum side from,
		      const struct seg *seg)
{
	if (t->plan.seen)
		t->plan.seen(t->plan.ctx, row->head.id, from, seg, &row->judge);
}

/*
 * What is no segment of a healthy connection, or may be of another one: that
 * of the row goes on, or another one begins, or it begins anew.
 */
static void __attribute__((noinline))
judge_odd(struct flows *t, struct row *row, const struct flows_brief *brief,
	  const struct seg *seg)
{
	enum side from = row_sender(row, &brief->key);
	struct row *begun = NULL;

	if (row->head.segments &&
	    (seg->flags & FLAG_SYN || row->head.family & ROW_NEW))
		begun = begun_by(t, row, from, brief, seg);
	if (begun) {
		row = begun;
		from = row_sender(row, &brief->key);
	} else {
		t->judged = row;
		wire_judge_closely(&row->judge, from, seg, brief->frame,
				   brief->at_ns, &t->sink);
	}
	row_count_odd(row, from, brief->frame, seg);
	tell_seen(t, row, from, seg);
	flows_hold_on(t, row, brief->at_ns, brief->frame);
}

/* Nothing is found in what goes this way. */
static inline bool judge_plain(struct flows *t, struct row *row,
			       const struct flows_brief *brief,
			       const struct seg *seg)
{
	enum side from = row_sender(row, &brief->key);

	if (!wire_judge_plainly(&row->judge, from, seg, brief->at_ns))
		return false;
	row_count(row, from, brief->frame, seg);
	tell_seen(t, row, from, seg);
	if (row->head.waits | row->judge.closed)
		row_update_closed(t, row);
	return true;
}

/* What is kept of the row is judged first, and what has come now after that. */
static void __attribute__((noinline))
judge_kept(struct flows *t, struct row *row, const struct flows_brief *brief,
	   const struct seg *seg)
{
	flows_settle(t, row);
	if (t->n_notes >= NOTES_MAX || !judge_plain(t, row, brief, seg))
		judge_odd(t, row, brief, seg);
}

/* Of a row that has the brief's key. False: it is not to be kept. */
static __always_inline bool keep(struct flows *t, struct row *row,
				 const struct flows_brief *brief)
{
	if (!(row->head.family & ROW_KEPT) ||
	    !log_add(&row->log, row_sender(row, &brief->key), brief))
		return false;
	if (log_is_ripe(&row->log))
		flows_ripen(t, row);
	return true;
}

/* The first one of a connection. */
static bool keep_first(struct flows *t, const struct flows_brief *brief)
{
	struct row *row;

	if (brief->kind >= FLOWS_WHOLE ||
	    (brief->tcp.flags & (FLAG_SYN | FLAG_ACK | FLAG_FIN | FLAG_RST)) !=
		    FLAG_SYN)
		return false;
	row = add(t, brief);
	name(t, row, SIDE_A, brief);
	row->head.family |= ROW_KEPT;
	log_begin(&row->log, brief);
	return true;
}

/*
 * The row that was guessed is another one's, or none: the connection's, which
 * may begin now.
 */
static void __attribute__((noinline))
judge_other(struct flows *t, const struct flows_brief *brief,
	    const struct seg *seg)
{
	struct row *row = find(t, &brief->key, seg);

	if (row ? brief->kind < FLOWS_WHOLE && keep(t, row, brief)
		: keep_first(t, brief))
		return;
	if (!row)
		row = make(t, opener(seg), brief, seg);
	if (row->head.family & ROW_KEPT)
		judge_kept(t, row, brief, seg);
	else if (row->head.family & ROW_NEW || !judge_plain(t, row, brief, seg))
		judge_odd(t, row, brief, seg);
}

/* What is calm closes nothing. Of briefs nobody wants to hear. */
static inline bool judge_calm(struct flows *t, struct row *row,
			      const struct flows_brief *brief,
			      const struct seg *seg, bool whole)
{
	enum side from = row_sender(row, &brief->key);

	if (!wire_judge_calmly(&row->judge, from, seg, brief->at_ns))
		return false;
	row_count(row, from, brief->frame, seg);
	if (whole)
		tell_seen(t, row, from, seg);
	return true;
}

/* A branch for all that nobody could foretell. */
static __always_inline void judge_seg(struct flows *t, struct row *guess,
				      const struct flows_brief *brief,
				      const struct seg *seg, bool whole)
{
	bool alike = row_has_key(guess, &brief->key);
	bool kept = guess->head.family & ROW_KEPT;
	bool amid = !kept && wire_judge_is_amid(&guess->judge, seg);

	if (whole && key_family(&brief->key) == AF_INET6)
		alike = alike && row_has_ends(guess, &brief->key, seg);
	if (alike & amid && judge_calm(t, guess, brief, seg, whole))
		return;
	if (!alike)
		judge_other(t, brief, seg);
	else if (kept)
		judge_kept(t, guess, brief, seg);
	else if (!judge_plain(t, guess, brief, seg))
		judge_odd(t, guess, brief, seg);
}

/* An ICMP error is evidence of a connection, if that is held. */
static void take_quoted(struct flows *t, const struct flows_brief *brief,
			const struct seg *quoted)
{
	const struct flows_key *key = &brief->key;
	struct row *row = find(t, key, quoted);

	if (!row) {
		t->unheld++;
		return;
	}
	flows_settle(t, row);
	wire_judge_icmp(&row->judge, row_sender(row, key), quoted,
			(enum icmp_error)brief->whole.error);
}

/* What a brief is not all of. */
static void __attribute__((noinline))
judge_whole(struct flows *t, struct row *guess, const struct flows_brief *brief,
	    const struct seg *seg)
{
	if (brief->kind == FLOWS_WHOLE)
		judge_seg(t, guess, brief, seg, true);
	else
		take_quoted(t, brief, seg);
}

static inline void judge_one(struct flows *t, struct row *guess,
			     const struct flows_brief *brief,
			     const struct seg *whole)
{
	struct seg unfolded, *seg = &unfolded;

	if (brief->kind >= FLOWS_WHOLE) {
		judge_whole(t, guess, brief, &whole[brief->whole.at]);
		return;
	}
	if (row_has_key(guess, &brief->key) && keep(t, guess, brief))
		return;
	decap_unfold(&brief->tcp, seg);
	HIDDEN(seg); /* or all of it would be in registers: it has too much */
	judge_seg(t, guess, brief, seg, false);
}

uint64_t flows_unheld(const struct flows *t)
{
	return t->unheld;
}

void flows_note_ip4(const uint64_t seed[2], uint32_t part,
		    struct flows_brief *brief, const struct decap_ends *ends)
{
	rows_key_of(seed, flows_number(ends->src, ends->src_port),
		    flows_number(ends->dst, ends->dst_port), &brief->key);
	brief->key.part = (uint8_t)part;
}

void flows_note_seg(const uint64_t seed[2], uint32_t part,
		    struct flows_brief *brief, const struct seg *seg)
{
	rows_key(seed, seg, &brief->key);
	brief->key.part = (uint8_t)part;
}

/* What finds their rows is asked for long before it is looked at. */
static inline void expect(struct flows *const *part,
			  const struct flows_brief *brief, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rows_prefetch(&part[brief[i].key.part]->rows,
			      brief[i].key.hash);
}

/*
 * Rows are asked for before the first segment is judged: they come from memory
 * all at once, not one after another.
 */
static void judge_some(struct flows *const *part,
		       const struct flows_brief *brief, size_t n,
		       const struct seg *whole)
{
	struct row *guess[AT_ONCE];

	for (size_t i = 0; i < n; i++) {
		const struct flows_key *key = &brief[i].key;

		guess[i] = rows_guess(&part[key->part]->rows, key->hash);
		row_prefetch(guess[i]);
	}
	for (size_t i = 0; i < n; i++)
		judge_one(part[brief[i].key.part], guess[i], &brief[i], whole);
}

static inline size_t at_once(size_t n)
{
	return n < AT_ONCE ? n : AT_ONCE;
}

void flows_judge_parts(struct flows *const *part,
		       const struct flows_brief *brief, size_t n,
		       const struct seg *whole)
{
	expect(part, brief, at_once(n));
	while (n) {
		size_t some = at_once(n);

		n -= some;
		expect(part, brief + some, at_once(n));
		judge_some(part, brief, some, whole);
		brief += some;
	}
}

void flows_tell(struct flows *t, const struct flows_ear *ear)
{
	t->plan.over = ear->over;
	t->plan.begun = ear->begun;
	t->plan.ctx = ear->ctx;
	t->plan.last_id = ear->last_id;
}

static void renumber_past(const struct rows *rows,
			  uint32_t (*of)(void *ctx, uint32_t id), void *ctx)
{
	const struct pasts *judged = &rows->past[PAST_JUDGED];
	const struct pasts *wholes = &rows->past[PAST_WHOLE];

	for (uint32_t number = 1; number <= judged->n; number++) {
		struct past *past = pasts_at(judged, number);

		if (!pasts_has_next(judged, number))
			continue;
		past->head.id = of(ctx, past->head.id);
		past->follows = of(ctx, past->follows);
	}
	for (uint32_t number = 1; number <= wholes->n; number++) {
		struct past_whole *whole = pasts_at(wholes, number);

		if (pasts_has_next(wholes, number))
			whole->id = of(ctx, whole->id);
	}
}

void flows_renumber(struct flows *t, uint32_t (*of)(void *ctx, uint32_t id),
		    void *ctx)
{
	for (uint32_t number = 1; number <= t->rows.n; number++) {
		struct row *row = rows_at(&t->rows, number);

		if (!row->head.family)
			continue;
		row->head.id = of(ctx, row->head.id);
		row->follows = of(ctx, row->follows);
	}
	renumber_past(&t->rows, of, ctx);
}
