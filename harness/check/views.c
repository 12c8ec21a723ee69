/*
 * Views of connections by their initial sequence numbers, and by the octets
 * that both ends have sent; and what one of two shows and the other does not.
 */
#include "check/views.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "check/views_own.h"

/* A FIN takes no longer through a box, or it has not passed. */
#define PASSES_NS NS_PER_S

/* Views with the same key that are looked at, the last ones. */
#define WAYS	 4
#define SET_BITS (VIEWS_BITS - 2)

/*
 * Where the last views of a key are, the last one lowest, and a mark that most
 * others do not have, so that they are told apart without being fetched: four
 * lanes, which are looked at as one number. A mark's highest bit is 0.
 */
struct set {
	uint64_t marks;
	uint64_t places; /* + 1; 0: none */
};

#define LANE	  16
#define LANES	  UINT64_C(0x0001000100010001)
#define LANE_HIGH (0x8000 * LANES)
#define MARK_MASK 0x7fffu

_Static_assert(WAYS *LANE == 64 && VIEWS_BITS < LANE, "a set has its lanes");

struct views {
	struct set by_isn[1u << SET_BITS];
	struct set by_sent[1u << SET_BITS];
	struct view_kept kept[1u << VIEWS_BITS];
	struct view_apart apart[1u << VIEWS_BITS];
	uint32_t next; /* the place of the next view, the oldest one's */
	struct judge_finding found;
};

struct views *views_new(void)
{
	return memory_zeroed(1, sizeof(struct views));
}

void views_free(struct views *v)
{
	free(v);
}

static uint64_t mix(const uint32_t number[2])
{
	uint64_t both = (uint64_t)number[SIDE_A] << 32 | number[SIDE_B];

	return both * UINT64_C(0x9e3779b97f4a7c15);
}

/* Of addresses and ports. */
static uint64_t mix_ends(const struct seg_end end[2])
{
	uint32_t word[2];

	for (int side = SIDE_A; side <= SIDE_B; side++) {
		uint32_t quarter[4];
		uint64_t mixed;

		memcpy(quarter, end[side].addr, sizeof(quarter));
		mixed = mix(&quarter[0]) ^ mix(&quarter[2]) >> 1;
		word[side] = (uint32_t)(mixed >> 32) + end[side].port;
	}
	return mix(word);
}

static struct set *set_of(struct set *sets, uint64_t key)
{
	return &sets[key >> (64 - SET_BITS)];
}

/* Bits of the key that do not choose the set. */
static uint64_t key_mark(uint64_t key)
{
	return key >> (64 - SET_BITS - LANE) & MARK_MASK;
}

/*
 * The highest bit of each lane that is zero, and perhaps of others. None has
 * that bit.
 */
static uint64_t zero_lanes(uint64_t lanes)
{
	return (lanes - LANES) & LANE_HIGH;
}

static uint64_t equal_lanes(uint64_t marks, uint64_t mark)
{
	return zero_lanes(marks ^ mark * LANES);
}

/* Those that differ by VIEWS_CLOSE_FRAMES at most, and perhaps by more. */
static uint64_t close_lanes(uint64_t marks, uint64_t mark)
{
	uint64_t least = (mark - VIEWS_CLOSE_FRAMES) & MARK_MASK;
	uint64_t above = (marks | LANE_HIGH) - least * LANES;

	_Static_assert(2 * VIEWS_CLOSE_FRAMES <= 0xf, "four bits are left");
	return zero_lanes(above & (MARK_MASK ^ 0xf) * LANES);
}

/* Of a set, those that may be the one that is looked for. */
struct hits {
	uint64_t lanes; /* the highest bit of each */
	uint64_t places;
};

#define NONE UINT32_MAX

/* The place of the next one, the latest first, that is not here; or NONE. */
static uint32_t next_place(struct hits *hits, uint32_t here)
{
	while (hits->lanes) {
		int shift = __builtin_ctzll(hits->lanes) - (LANE - 1);
		uint32_t number = (uint16_t)(hits->places >> shift);

		hits->lanes &= hits->lanes - 1;
		if (number && number - 1 != here)
			return number - 1;
	}
	return NONE;
}

/* The next one itself; or false. */
static bool next_hit(struct views *v, struct hits *hits, uint32_t here,
		     struct view *view)
{
	uint32_t place = next_place(hits, here);

	if (place == NONE)
		return false;
	view->place = place;
	views_read(&v->kept[place], &v->apart[place], view);
	return true;
}

/* The other view, by the initial numbers; of several, none. */
static bool find_same(struct views *v, struct hits hits,
		      const struct view *here, struct view *found)
{
	struct view view;
	bool any = false;

	while (next_hit(v, &hits, here->place, &view)) {
		if (view.linked || !views_same_isn(&view, here))
			continue;
		if (any && view.place != found->place)
			return false;
		*found = view;
		any = true;
	}
	return any;
}

/* The other view, of the same ends. */
static bool find_beside(struct views *v, struct hits hits,
			const struct view *here, struct view *found)
{
	while (next_hit(v, &hits, here->place, found))
		if (!found->linked && views_are_beside(found, here))
			return true;
	return false;
}

/* Whether another one is like it: of the same octets, and one of its ends. */
static bool has_alike(struct views *v, struct hits hits,
		      const struct view *here, const struct view *but)
{
	struct view view;

	hits.lanes = LANE_HIGH;
	while (next_hit(v, &hits, here->place, &view))
		if (view.place != but->place && views_are_alike(&view, here))
			return true;
	return false;
}

/*
 * The other view, whose numbers the box has made up. Two that are alike and
 * nothing else may be one by chance: then there may be no third.
 */
static bool find_renumbered(struct views *v, struct hits hits,
			    const struct view *here, struct view *found)
{
	struct hits left = hits;
	struct view view;
	bool any = false;

	while (next_hit(v, &left, here->place, &view)) {
		if (!views_have_passed(&view, here) || view.linked ||
		    !views_are_alike(&view, here))
			continue;
		if (any && view.place != found->place)
			return false;
		*found = view;
		any = true;
	}
	return any && (views_same_end(found, here) ||
		       !has_alike(v, hits, here, found));
}

/* By what another view is found. */
struct hits_by {
	struct hits isn, sent, ends;
};

/* The view that was told of before. */
static bool find(struct views *v, const struct hits_by *by,
		 const struct view *here, struct view *found)
{
	if (here->beside ? find_beside(v, by->ends, here, found)
			 : find_same(v, by->isn, here, found))
		return true;
	return find_renumbered(v, by->sent, here, found);
}

/* What one view has and the other has not. */
struct lost {
	enum side side;
	bool rst;
	bool here;	    /* the later view has it */
	unsigned int times; /* it was sent */
};

static bool was_long_ago(const struct view *view, uint32_t ms, int64_t now_ns)
{
	int64_t since_ns = views_apart(now_ns, view->start_ns);

	return now_ns > view->start_ns &&
	       since_ns - ms * NS_PER_MS >= PASSES_NS;
}

/* Whether an RST of that side, or a FIN, is in one view and not in the other. */
static bool is_lost(const struct view *has, const struct view *lacks,
		    enum side side, int64_t now_ns, struct lost *lost)
{
	const struct wire_signs *a = &has->signs, *b = &lacks->signs;
	bool fin = a->fin[side] && !b->fin[side] && !b->rst[side] &&
		   was_long_ago(has, a->fin_ms[side], now_ns);

	lost->side = side;
	lost->rst = a->rst[side] && !b->rst[side] &&
		    was_long_ago(has, a->rst_ms[side], now_ns);
	lost->times = lost->rst ? 1 : a->fins[side];
	return !lacks->evicted && (lost->rst || fin);
}

static bool find_lost(const struct view *first, const struct view *here,
		      int64_t now_ns, struct lost *lost)
{
	for (int s = SIDE_A; s <= SIDE_B; s++) {
		lost->here = is_lost(here, first, (enum side)s, now_ns, lost);
		if (lost->here ||
		    is_lost(first, here, (enum side)s, now_ns, lost))
			return true;
	}
	return false;
}

/* A FIN that came again and did not pass either was not missed by chance. */
static void say(struct views *v, const struct view *first,
		const struct flows_over *o, const struct lost *lost)
{
	struct judge_finding *f = &v->found;
	const char *what = lost->rst ? "RST" : "FIN";

	memset(f, 0, sizeof(*f));
	f->rule = rule_of(RULE_NOT_PASSED);
	f->severity =
		lost->times > 1 ? f->rule->severity : SEVERITY_INCONCLUSIVE;
	f->side = lost->side;
	f->frame = o->last_frame;
	f->at_ns = o->last_ns;
	if (lost->times <= 1)
		f->settles = "a capture without gaps on both sides of the box";
	snprintf(f->expected, sizeof(f->expected),
		 "the %s of %c in both views, %u and %u", what,
		 side_letter(lost->side), first->id, o->id);
	snprintf(f->actual, sizeof(f->actual), "%s in connection %u, %u time%s",
		 what, lost->here ? o->id : first->id, lost->times,
		 lost->times == 1 ? " only" : "s");
}

/* Whether one of them may be the view whose numbers the box has made up. */
static bool __attribute__((noinline))
any_may_have_passed(const struct views *v, struct hits hits, uint32_t here)
{
	uint32_t place;

	while ((place = next_place(&hits, here)) != NONE)
		if (views_may_have_passed(&v->kept[place], &v->kept[here]))
			return true;
	return false;
}

/* Links what is kept there to one of those, if it is another view of that. */
static bool __attribute__((noinline))
link_to(struct views *v, const struct hits_by *by, uint32_t place,
	const struct flows_over *o, int64_t now_ns, struct flows_over *linked)
{
	struct view here, first;
	struct lost lost;

	here.place = place;
	views_read(&v->kept[place], &v->apart[place], &here);
	if (!find(v, by, &here, &first))
		return false;
	v->kept[place].first_frame |= VIEWS_LINKED;
	v->kept[first.place].first_frame |= VIEWS_LINKED;
	memcpy(linked, o, flows_over_size(o));
	linked->same_as = first.id;
	if (linked->follows == first.id)
		linked->follows = 0;
	if (linked->n_found < FLOWS_FOUND_MAX &&
	    find_lost(&first, &here, now_ns, &lost)) {
		say(v, &first, o, &lost);
		linked->found[linked->n_found++] = &v->found;
	}
	return true;
}

/* Keeps it in the place of the oldest one. */
static inline uint32_t keep(struct views *v, const struct flows_over *o)
{
	uint32_t place = v->next;

	views_keep(o, &v->kept[place], &v->apart[place]);
	v->next = (place + 1) % (1u << VIEWS_BITS);
	return place;
}

/* Where a view is entered, and what others are there. */
struct entry {
	struct set *set; /* NULL: nowhere */
	uint64_t mark;
	uint64_t lanes;
};

static inline struct entry by_key(struct set *sets, uint64_t key)
{
	struct set *set = set_of(sets, key);
	uint64_t mark = key_mark(key);

	return (struct entry){ set, mark, equal_lanes(set->marks, mark) };
}

/* Connections without octets are all alike. */
static inline struct entry by_sent(struct views *v, const struct flows_over *o)
{
	uint64_t key = mix(o->summary.signs.sent);
	uint64_t mark = o->first_frame & MARK_MASK;
	struct set *set = set_of(v->by_sent, key);

	if (!key)
		return (struct entry){ NULL, 0, 0 };
	return (struct entry){ set, mark, close_lanes(set->marks, mark) };
}

static inline struct hits hits_of(const struct entry *entry)
{
	return (struct hits){ entry->lanes,
			      entry->lanes ? entry->set->places : 0 };
}

static inline void enter(const struct entry *entry, uint32_t place)
{
	struct set *set = entry->set;

	if (!set)
		return;
	set->marks = set->marks << LANE | entry->mark;
	set->places = set->places << LANE | (place + 1);
}

/* The same for one whose ends had another connection meanwhile. */
static bool __attribute__((noinline))
link_beside(struct views *v, const struct flows_over *o, int64_t now_ns,
	    uint32_t place, struct flows_over *linked)
{
	struct entry ends = by_key(v->by_isn, mix_ends(o->end));
	struct entry isn = { NULL, 0, 0 }, sent = { NULL, 0, 0 };
	struct hits_by by = { .ends = hits_of(&ends) };
	bool is_linked;

	if (o->summary.signs.syns) {
		isn = by_key(v->by_isn, mix(o->summary.signs.isn));
		sent = by_sent(v, o);
		by.sent = hits_of(&sent);
	}
	is_linked = link_to(v, &by, place, o, now_ns, linked);
	enter(&isn, place);
	enter(&sent, place);
	enter(&ends, place);
	return is_linked;
}

bool views_link(struct views *v, const struct flows_over *o, int64_t now_ns,
		struct flows_over *linked)
{
	struct entry isn, sent;
	bool is_linked = false;
	uint32_t place;

	if (!o->summary.signs.syns && !o->beside)
		return false;
	place = keep(v, o);
	if (o->beside)
		return link_beside(v, o, now_ns, place, linked);
	isn = by_key(v->by_isn, mix(o->summary.signs.isn));
	sent = by_sent(v, o);
	if (isn.lanes ||
	    (sent.lanes && any_may_have_passed(v, hits_of(&sent), place))) {
		struct hits_by by = { .isn = hits_of(&isn),
				      .sent = hits_of(&sent) };

		is_linked = link_to(v, &by, place, o, now_ns, linked);
	}
	enter(&isn, place);
	enter(&sent, place);
	return is_linked;
}
