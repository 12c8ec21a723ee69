/*
 * Each event of a tape as one step. Knows scripts/reproduce's words, and
 * not what they do.
 */
#include "bundle/steps.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/text.h"
#include "tape/ladder.h"

/* A step is waited for twice as long as it took, and this: for slow machines. */
#define PATIENCE_S 5.0

/* A case waits so long for a segment. */
#define SILENCE_S 1.0

struct steps {
	struct tape *t;
	struct flow flow; /* of the segments before */
	json_t *list;
	size_t wrong; /* the event that the report is about, or n_event */
	int64_t last_ns;
	const char *why; /* it cannot be said; or NULL */
	/* A thread of that end is in a call: what it does once the call is
	   over, it may do before its state is read. */
	bool beside[2];
};

struct complaint complaint_of(const struct tape *t)
{
	const struct finding *found = t->finding;
	const struct deviation *d = t->deviation;

	if (found)
		return (struct complaint){ found->what, found->expected,
					   found->actual, found->line,
					   found->frame };
	if (t->n_deviation)
		return (struct complaint){ d->text, d->id, d->text, d->line,
					   d->frame };
	return (struct complaint){ .frame = TAPE_NO_FRAME };
}

static bool is_about(const struct tape_event *e, const struct complaint *c)
{
	if (c->frame != TAPE_NO_FRAME)
		return e->frame == c->frame;
	return c->line && e->line == c->line && e->kind != TAPE_OPEN &&
	       e->kind != TAPE_PASS;
}

size_t complaint_event(const struct tape *t, const struct complaint *c)
{
	for (size_t i = t->n_event; c->what && i-- > 0;)
		if (is_about(&t->event[i], c))
			return i;
	return t->n_event;
}

/* Which end an event is about: a forged segment is about the one it came to. */
static enum side about(const struct tape *t, const struct tape_event *e)
{
	if (e->frame == TAPE_NO_FRAME)
		return e->side;
	return e->how == TAPE_FORGED ? side_other(t->frame[e->frame]->from)
				     : t->frame[e->frame]->from;
}

enum side complaint_side(const struct tape *t, size_t event)
{
	if (event < t->n_event)
		return about(t, &t->event[event]);
	for (size_t i = 0; i < t->n_event; i++)
		if (t->event[i].how == TAPE_FORGED)
			return about(t, &t->event[i]);
	return SIDE_A;
}

static json_t *side_json(enum side side)
{
	return json_stringn(side == SIDE_A ? "A" : "B", 1);
}

static double seconds(int64_t ns)
{
	return (double)ns / NS_PER_S;
}

/* How long to wait for what came then. */
static double patience(const struct steps *s, const struct tape_event *e)
{
	int64_t gap = e->at_ns - s->last_ns;

	return PATIENCE_S + (gap > 0 ? 2 * seconds(gap) : 0);
}

static json_t *states_json(const struct steps *s, const struct tape_event *e)
{
	json_t *j = json_object();

	for (enum side side = SIDE_A; side <= SIDE_B; side++)
		if (e->state[side] != TCP_STATE_NONE && !s->beside[side])
			json_object_set_new(
				j, side == SIDE_A ? "A" : "B",
				json_string(name_state(e->state[side])));
	return j;
}

static json_t *segment_json(const struct seg *seg, const struct flow *flow,
			    enum side from)
{
	char flags[NAME_FLAGS_MAX];
	json_t *j = json_pack("{s:s, s:I, s:I}", "flags",
			      name_flags(seg->flags, flags), "seq",
			      (json_int_t)flow_shown_seq(flow, from, seg),
			      "len", (json_int_t)seg->len);

	if (seg->flags & FLAG_ACK)
		json_object_set_new(
			j, "ack",
			json_integer(flow_rel_ack(flow, from, seg->ack)));
	return j;
}

static json_t *octets_json(const struct frame *f)
{
	static const char digit[] = "0123456789abcdef";
	struct arena a = { 0 };
	char *hex = arena_alloc(&a, 2 * f->len + 1);
	json_t *j;

	for (size_t i = 0; i < f->len; i++) {
		hex[2 * i] = digit[f->bytes[i] >> 4];
		hex[2 * i + 1] = digit[f->bytes[i] & 15];
	}
	j = json_stringn(hex, 2 * f->len);
	arena_free(&a);
	return j;
}

/* The numbers that a forged frame counts from; 0: not known. */
static json_t *base_json(const struct flow *flow, enum side from)
{
	const struct flow_tcb *own = &flow->tcb[from];
	const struct flow_tcb *peer = &flow->tcb[side_other(from)];

	return json_pack("{s:I, s:I, s:I, s:I}", "seq",
			 (json_int_t)(own->known ? own->iss : 0), "ack",
			 (json_int_t)(peer->known ? peer->iss : 0), "tsval",
			 (json_int_t)(own->has_ts ? own->tsval : 0), "tsecr",
			 (json_int_t)(peer->has_ts ? peer->tsval : 0));
}

/* A new step, with what people are shown of it. */
static json_t *add(struct steps *s, const struct tape_event *e,
		   const char *text)
{
	json_t *j = json_object();

	json_object_set_new(j, "text", text_json(text));
	if (e == s->t->event + s->wrong)
		json_object_set_new(j, "wrong", json_true());
	json_array_append_new(s->list, j);
	return j;
}

static const char *say(struct steps *s, enum side side, const char *text,
		       const char *answer)
{
	return arena_printf(&s->t->arena, "%c %s%s%s", side_letter(side), text,
			    *answer ? " = " : "", answer);
}

static void add_act(struct steps *s, const struct tape_event *e)
{
	const char *call = e->text ? e->text : "";
	const char *answer = e->answer ? e->answer : "";
	json_t *j = add(s, e, say(s, e->side, call, answer));

	if (strncmp(call, "thread ", 7) == 0 || strcmp(call, "join") == 0)
		s->beside[e->side] = *call == 't';
	if (strcmp(call, "interrupt") == 0)
		s->why = "it interrupts a thread's call";
	json_object_set_new(j, "do", side_json(e->side));
	json_object_set_new(j, "call", text_json(call));
	json_object_set_new(j, "gets", text_json(answer));
	json_object_set_new(j, "seconds",
			    json_real(PATIENCE_S + 2 * seconds(e->number)));
}

static void add_return(struct steps *s, const struct tape_event *e)
{
	const char *answer = e->answer ? e->answer : "";
	json_t *j = add(s, e, say(s, e->side, "returns", answer));

	json_object_set_new(j, "returns", side_json(e->side));
	json_object_set_new(j, "gets", text_json(answer));
	json_object_set_new(j, "seconds", json_real(patience(s, e)));
}

static void add_forged(struct steps *s, const struct tape_event *e,
		       const struct frame *f, json_t *j)
{
	json_object_set_new(j, "forge", side_json(f->from));
	json_object_set_new(j, "base", base_json(&s->flow, f->from));
	json_object_set_new(j, "octets", octets_json(f));
	json_object_set_new(j, "states", states_json(s, e));
}

static void add_seen(struct steps *s, const struct tape_event *e,
		     const struct frame *f, const struct flow *after, json_t *j)
{
	json_object_set_new(j, "sees", side_json(f->from));
	json_object_set_new(j, "segment",
			    segment_json(&f->seg, after, f->from));
	json_object_set_new(j, "then", json_string(tape_how_name(e->how)));
	json_object_set_new(j, "frame", json_integer((json_int_t)e->frame));
	json_object_set_new(j, "states", states_json(s, e));
	json_object_set_new(j, "seconds", json_real(patience(s, e)));
}

/* What open and pass let through is counted with them. */
static void add_segment(struct steps *s, const struct tape_event *e)
{
	const struct frame *f = s->t->frame[e->frame];
	struct flow after = s->flow;
	const char *text = ladder_rung(s->t, &after, e);

	if (e->how == TAPE_FORGED)
		add_forged(s, e, f, add(s, e, text));
	else if (!e->passed && f->kind == SEG_TCP)
		add_seen(s, e, f, &after, add(s, e, text));
	s->flow = after;
}

static void add_release(struct steps *s, const struct tape_event *e)
{
	struct flow after = s->flow;
	json_t *j = add(s, e, ladder_rung(s->t, &after, e));

	json_object_set_new(j, "release",
			    side_json(s->t->frame[e->frame]->from));
	json_object_set_new(j, "frame", json_integer((json_int_t)e->frame));
	json_object_set_new(j, "states", states_json(s, e));
}

static void add_is(struct steps *s, const struct tape_event *e)
{
	const char *state = name_state(e->state[e->side]);
	json_t *j = add(s, e,
			arena_printf(&s->t->arena, "%c is %s",
				     side_letter(e->side), state));

	json_object_set_new(j, "is", side_json(e->side));
	json_object_set_new(j, "state", json_string(state));
	json_object_set_new(j, "seconds", json_real(patience(s, e)));
}

static void add_quiet(struct steps *s, const struct tape_event *e)
{
	json_t *j =
		add(s, e,
		    arena_printf(&s->t->arena, "quiet %s",
				 script_time_text(&s->t->arena, e->number)));

	json_object_set_new(j, "quiet", json_real(seconds(e->number)));
}

static bool is_passed(const struct tape_event *e)
{
	return e->kind == TAPE_SEGMENT && e->passed;
}

/* How many segments were let through, and how long that took. */
static void add_passing(struct steps *s, const struct tape_event *e, json_t *j)
{
	const struct tape_event *end = s->t->event + s->t->n_event, *p = e + 1;
	json_int_t n = 0;

	for (; p < end && is_passed(p); p++)
		n++;
	json_object_set_new(j, "segments", json_integer(n));
	json_object_set_new(
		j, "seconds",
		json_real(PATIENCE_S + 2 * seconds(p[-1].at_ns - e->at_ns)));
}

static void add_open(struct steps *s, const struct tape_event *e)
{
	json_t *j = add(s, e, "open");

	if (e->number > 1)
		s->why = "it opens many connections at once";
	json_object_set_new(j, "open", json_true());
	add_passing(s, e, j);
}

static void add_pass(struct steps *s, const struct tape_event *e)
{
	json_t *j = add(s, e,
			e->text ? arena_printf(&s->t->arena, "pass until %s",
					       e->text)
				: "pass");

	json_object_set_new(j, "pass", json_true());
	if (e->text)
		json_object_set_new(j, "until", text_json(e->text));
	add_passing(s, e, j);
}

static void add_counted(struct steps *s, const struct tape_event *e)
{
	const char *state = e->text ? e->text : "";
	json_t *j = add(s, e,
			arena_printf(&s->t->arena, "%c count %s = %lld",
				     side_letter(e->side), state,
				     (long long)e->number));

	json_object_set_new(j, "counts", side_json(e->side));
	json_object_set_new(j, "state", text_json(state));
	json_object_set_new(j, "number", json_integer(e->number));
}

static void (*const add_event[TAPE_KIND_COUNT])(struct steps *s,
						const struct tape_event *e) = {
	[TAPE_ACT] = add_act,	      [TAPE_RETURN] = add_return,
	[TAPE_SEGMENT] = add_segment, [TAPE_RELEASE] = add_release,
	[TAPE_IS] = add_is,	      [TAPE_COUNTED] = add_counted,
	[TAPE_QUIET] = add_quiet,     [TAPE_OPEN] = add_open,
	[TAPE_PASS] = add_pass,
};

/* The step of that line, or NULL; in the blocks too. */
static const struct step *step_at(const struct block *b, int line)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct step *st = &b->steps[i], *found = NULL;

		if (st->line == line)
			return st;
		if (st->kind == STEP_REPEAT)
			found = step_at(&st->repeat.body, line);
		for (size_t k = 0;
		     st->kind == STEP_EITHER && !found && k < st->either.n; k++)
			found = step_at(&st->either.branch[k], line);
		if (found)
			return found;
	}
	return NULL;
}

/* The report is about a segment that did not come: no event shows that. */
static void add_missing(struct steps *s, const struct script *script,
			const struct complaint *c)
{
	const struct step *st = step_at(&script->body, c->line);
	json_t *j;

	if (!c->what || s->wrong < s->t->n_event)
		return;
	if (!st || st->kind != STEP_RUNG) {
		j = json_array_get(s->list, json_array_size(s->list) - 1);
		json_object_set_new(j, "wrong", json_true());
		return;
	}
	j = json_pack("{s:s, s:o, s:f, s:b}", "text", "(no segment)", "none",
		      side_json(st->rung.from), "seconds", SILENCE_S, "wrong",
		      true);
	json_array_append_new(s->list, j);
}

/* Of the end on its cable, which forged frames are given to. */
static json_t *mac_json(const struct tape *t, enum side side)
{
	static const uint8_t none[SEG_MAC_LEN];
	const uint8_t *mac = none;

	for (size_t i = 0; i < t->n_frame; i++)
		if (t->frame[i]->from == side && !t->frame[i]->forged) {
			mac = t->frame[i]->bytes + SEG_MAC_LEN;
			break;
		}
	if (memcmp(mac, none, SEG_MAC_LEN) == 0) /* the loopback's */
		return json_sprintf("02:00:00:00:00:%02x", 10 + side);
	return json_sprintf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
			    mac[2], mac[3], mac[4], mac[5]);
}

static void add_ends(json_t *j, const struct tape *t)
{
	const struct flow *flow = &t->flow;
	json_t *address = json_object(), *port = json_object();
	char text[INET6_ADDRSTRLEN];

	for (enum side side = SIDE_A; side <= SIDE_B; side++) {
		const char *key = side == SIDE_A ? "A" : "B";

		inet_ntop(flow->family, flow->end[side].addr, text,
			  sizeof(text));
		json_object_set_new(address, key, json_string(text));
		json_object_set_new(port, key,
				    json_integer(flow->end[side].port));
	}
	json_object_set_new(j, "family",
			    json_integer(flow->family == AF_INET6 ? 6 : 4));
	json_object_set_new(j, "address", address);
	json_object_set_new(j, "port", port);
	json_object_set_new(j, "mac",
			    json_pack("{s:o, s:o}", "A", mac_json(t, SIDE_A),
				      "B", mac_json(t, SIDE_B)));
}

static void add_sysctl(json_t *list, const char *side, const char *name,
		       const char *value)
{
	json_array_append_new(list, json_pack("[s, s, s]", side, name, value));
}

static void add_settings(json_t *j, const struct script *s)
{
	const struct link_set *set = &s->link;
	json_t *list = json_array();

	for (enum side side = SIDE_A; side <= SIDE_B; side++) {
		const char *key = side == SIDE_A ? "A" : "B";

		if (!set->timestamps)
			add_sysctl(list, key, "net.ipv4.tcp_timestamps", "0");
		if (!set->sack)
			add_sysctl(list, key, "net.ipv4.tcp_sack", "0");
	}
	for (size_t i = 0; i < s->n_sysctl; i++)
		add_sysctl(list, s->sysctl[i].side == SIDE_A ? "A" : "B",
			   s->sysctl[i].name, s->sysctl[i].value);
	json_object_set_new(j, "sysctl", list);
	json_object_set_new(j, "quickack", json_boolean(set->quickack));
	json_object_set_new(j, "rto_min_ms",
			    json_integer(set->rto_min_ns / NS_PER_MS));
}

static json_t *complaint_json(const struct complaint *c)
{
	if (!c->what)
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "what", text_json(c->what),
			 "expected", text_json(c->expected), "actual",
			 text_json(c->actual));
}

json_t *steps_json(struct tape *t, const struct script *script,
		   const struct complaint *c, const char **why)
{
	struct steps s = { .t = t, .flow = t->flow, .list = json_array() };
	json_t *j = json_object();

	flow_reset(&s.flow);
	s.wrong = complaint_event(t, c);
	s.last_ns = t->n_event ? t->event[0].at_ns : 0;
	for (size_t i = 0; i < t->n_event; i++) {
		const struct tape_event *e = &t->event[i];

		add_event[e->kind](&s, e);
		if (e->at_ns > s.last_ns)
			s.last_ns = e->at_ns;
	}
	add_missing(&s, script, c);
	if (script->link.weather)
		s.why = "it has weather, which is drawn by lot";
	json_object_set_new(j, "title", text_json(script->title));
	add_ends(j, t);
	add_settings(j, script);
	json_object_set_new(j, "wrong", complaint_json(c));
	json_object_set_new(j, "steps", s.list);
	*why = s.why;
	if (!s.why)
		return j;
	json_decref(j);
	return NULL;
}
