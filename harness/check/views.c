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

/* Where a view is; most others are told apart without being fetched. */
struct entry {
	uint32_t tag;
	uint32_t at; /* its place + 1 */
};

struct set {
	struct entry way[WAYS]; /* the last one first */
};

struct views {
	struct set by_isn[1u << SET_BITS];
	struct set by_sent[1u << SET_BITS];
	struct view view[1u << VIEWS_BITS];
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
static uint64_t mix_ends(const struct view *view)
{
	uint32_t word[2] = { 0, 0 };

	for (int side = SIDE_A; side <= SIDE_B; side++) {
		const struct seg_end *end = &view->end[side];

		for (size_t i = 0; i < sizeof(end->addr); i++)
			word[side] = word[side] * 31 + end->addr[i];
		word[side] = word[side] * 31 + end->port;
	}
	return mix(word);
}

static struct set *set_of(struct set *sets, uint64_t key)
{
	return &sets[key >> (64 - SET_BITS)];
}

static void enter(struct set *set, uint64_t key, uint32_t at)
{
	struct set old = *set;

	memcpy(&set->way[1], &old.way[0], sizeof(old.way[0]) * (WAYS - 1));
	set->way[0] = (struct entry){ (uint32_t)key, at };
}

/* The i-th view that may have that key, and is not this one; or NULL. */
static struct view *at_way(struct views *v, const struct set *set, int i,
			   uint64_t key, const struct view *here)
{
	struct view *view;

	if (set->way[i].tag != (uint32_t)key || !set->way[i].at)
		return NULL;
	view = &v->view[set->way[i].at - 1];
	return view == here ? NULL : view;
}

/* The other view, by the initial numbers; of several, none. */
static struct view *find_same(struct views *v, uint64_t isn,
			      const struct view *here)
{
	const struct set *set = set_of(v->by_isn, isn);
	struct view *found = NULL;

	for (int i = 0; i < WAYS; i++) {
		struct view *view = at_way(v, set, i, isn, here);

		if (!view || view->linked || !views_same_isn(view, here))
			continue;
		if (found)
			return NULL;
		found = view;
	}
	return found;
}

/* The other view, of the same ends. */
static struct view *find_beside(struct views *v, uint64_t ends,
				const struct view *here)
{
	const struct set *set = set_of(v->by_isn, ends);

	for (int i = 0; i < WAYS; i++) {
		struct view *view = at_way(v, set, i, ends, here);

		if (view && !view->linked && views_are_beside(view, here))
			return view;
	}
	return NULL;
}

/* How many are like it: of the same octets, and of one of its ends. */
static unsigned int count_alike(struct views *v, const struct set *set,
				uint64_t sent, const struct view *here)
{
	unsigned int alike = 0;

	for (int i = 0; i < WAYS; i++) {
		const struct view *view = at_way(v, set, i, sent, here);

		alike += view && views_are_alike(view, here);
	}
	return alike;
}

/*
 * The other view, whose numbers the box has made up. Two that are alike and
 * nothing else may be one by chance: then there may be no third.
 */
static struct view *find_renumbered(struct views *v, uint64_t sent,
				    const struct view *here)
{
	const struct set *set = set_of(v->by_sent, sent);
	struct view *found = NULL;

	for (int i = 0; i < WAYS; i++) {
		struct view *view = at_way(v, set, i, sent, here);

		if (!view || !views_have_passed(view, here) || view->linked ||
		    !views_are_alike(view, here))
			continue;
		if (found)
			return NULL;
		found = view;
	}
	if (!found || views_same_end(found, here))
		return found;
	return count_alike(v, set, sent, here) == 1 ? found : NULL;
}

static void read_view(const struct flows_over *o, struct view *view)
{
	view->id = o->id;
	view->family = o->family;
	view->linked = false;
	view->beside = o->beside;
	view->evicted = o->evicted;
	memcpy(view->end, o->end, sizeof(view->end));
	view->start_ns = o->start_ns;
	view->first_frame = o->first_frame;
	view->last_frame = o->last_frame;
	memcpy(view->trail, o->trail, sizeof(view->trail));
	view->n_trail = o->segments < FLOWS_TRAIL ? o->segments : FLOWS_TRAIL;
	memcpy(view->ttl, o->ttl, sizeof(view->ttl));
	view->signs = o->summary.signs;
}

/* What a view is found by; 0: not by that. */
struct keys {
	uint64_t isn, sent, ends;
};

/* Connections without octets are all alike. */
static struct keys read_keys(const struct view *here)
{
	const struct wire_signs *signs = &here->signs;

	return (struct keys){
		.isn = signs->syns ? mix(signs->isn) | 1 : 0,
		.sent = signs->syns ? mix(signs->sent) : 0,
		.ends = here->beside ? mix_ends(here) | 1 : 0,
	};
}

/* The view that was told of before, or NULL. */
static struct view *find_by(struct views *v, const struct keys *key,
			    const struct view *here)
{
	struct view *view = NULL;

	if (key->ends)
		view = find_beside(v, key->ends, here);
	else if (key->isn)
		view = find_same(v, key->isn, here);
	return view || !key->sent ? view : find_renumbered(v, key->sent, here);
}

/* The same; here, in the place of the oldest one, is kept. */
static struct view *find(struct views *v, struct view *here)
{
	const struct keys key = read_keys(here);
	struct view *view = find_by(v, &key, here);

	here->linked = view;
	if (key.isn)
		enter(set_of(v->by_isn, key.isn), key.isn, v->next + 1);
	if (key.sent)
		enter(set_of(v->by_sent, key.sent), key.sent, v->next + 1);
	if (key.ends)
		enter(set_of(v->by_isn, key.ends), key.ends, v->next + 1);
	v->next = (v->next + 1) % (1u << VIEWS_BITS);
	return view;
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

bool views_link(struct views *v, const struct flows_over *o, int64_t now_ns,
		struct flows_over *linked)
{
	struct view *here = &v->view[v->next], *view;
	struct lost lost;

	if (!o->summary.signs.syns && !o->beside)
		return false;
	read_view(o, here);
	view = find(v, here);
	if (!view)
		return false;
	memcpy(linked, o, flows_over_size(o));
	linked->same_as = view->id;
	if (linked->follows == view->id)
		linked->follows = 0;
	if (linked->n_found < FLOWS_FOUND_MAX &&
	    find_lost(view, here, now_ns, &lost)) {
		say(v, view, o, &lost);
		linked->found[linked->n_found++] = &v->found;
	}
	view->linked = true;
	return true;
}
