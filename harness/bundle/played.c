/*
 * Two ends as small as can be: what they have sent and had, and whether
 * anybody reads there. Nothing is lost between them, and no time passes.
 */
#include "bundle/played.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "base/name.h"

#define STEP_NS	  1000	   /* between two events: no bound is printed */
#define CALL_MAX  16000000 /* octets of one call */
#define LEFT_MAX  1000	   /* octets of a long send that are not read at once */
#define QUIET_NS  INT64_C(50000000)
#define FRAME_MAX 4096

struct end {
	enum tcp_state state;
	int64_t snd;	 /* the next number it sends */
	int64_t got;	 /* and has had of the other */
	uint64_t unread; /* octets that came and were not received */
	uint64_t corked; /* octets that wait for its FIN */
	bool closed;	 /* nobody reads there any more */
	bool read_eof;
};

struct player {
	struct tape *t;
	struct end end[2];
	int64_t now;
	size_t left_out;
};

static struct tape_event *add(struct player *p, enum tape_kind kind)
{
	p->now += STEP_NS;
	return tape_add(p->t, kind, 0, p->now);
}

static void call(struct player *p, enum side by, const char *text,
		 const char *answer)
{
	struct tape_event *e = add(p, TAPE_ACT);

	e->side = by;
	e->text = text;
	e->answer = answer;
}

static void call_number(struct player *p, enum side by, const char *verb,
			uint64_t n)
{
	struct arena *a = &p->t->arena;

	call(p, by, arena_printf(a, "%s %llu", verb, (unsigned long long)n),
	     arena_printf(a, "%llu", (unsigned long long)n));
}

static bool is_alive(const struct end *e)
{
	return e->state != TCP_STATE_CLOSED;
}

static bool has_fin(const struct end *e)
{
	return e->state == TCP_STATE_CLOSE_WAIT ||
	       e->state == TCP_STATE_LAST_ACK ||
	       e->state == TCP_STATE_CLOSING || e->state == TCP_STATE_TIME_WAIT;
}

struct segment {
	enum side from;
	uint8_t flags;
	int64_t seq;
	uint32_t len;
};

static size_t put_frame(struct player *p, const struct segment *s)
{
	static const uint8_t mac[SEG_MAC_LEN];
	uint8_t bytes[FRAME_MAX];
	const struct flow *flow = &p->t->flow;
	struct seg seg = { .family = flow->family,
			   .src = flow->end[s->from],
			   .dst = flow->end[side_other(s->from)],
			   .seq = (uint32_t)s->seq,
			   .win = UINT16_MAX,
			   .flags = s->flags,
			   .len = s->len };
	size_t len;

	if (s->flags & FLAG_ACK)
		seg.ack = (uint32_t)p->end[s->from].got;
	len = seg_build(&seg, mac, mac, bytes, sizeof(bytes));
	return tape_add_frame(p->t, frame_copy(&p->t->arena, s->from, p->now,
					       bytes, len));
}

/* Its states are those of now: what it brings about has been brought about. */
static struct tape_event *show(struct player *p, enum tape_kind kind,
			       enum side from, size_t frame)
{
	struct tape_event *e = add(p, kind);

	e->side = from;
	e->frame = frame;
	e->how = TAPE_DELIVERED;
	e->state[SIDE_A] = p->end[SIDE_A].state;
	e->state[SIDE_B] = p->end[SIDE_B].state;
	return e;
}

static void ack_of_fin(struct end *e)
{
	if (e->state == TCP_STATE_FIN_WAIT_1)
		e->state = TCP_STATE_FIN_WAIT_2;
	else if (e->state == TCP_STATE_CLOSING)
		e->state = TCP_STATE_TIME_WAIT;
	else if (e->state == TCP_STATE_LAST_ACK)
		e->state = TCP_STATE_CLOSED;
}

static void fin_sent(struct end *e)
{
	e->state = e->state == TCP_STATE_CLOSE_WAIT ? TCP_STATE_LAST_ACK
						    : TCP_STATE_FIN_WAIT_1;
	e->snd++;
}

static void fin_had(struct end *e)
{
	e->got++;
	if (e->state == TCP_STATE_FIN_WAIT_1)
		e->state = TCP_STATE_CLOSING;
	else if (e->state == TCP_STATE_FIN_WAIT_2)
		e->state = TCP_STATE_TIME_WAIT;
	else
		e->state = TCP_STATE_CLOSE_WAIT;
}

static void acknowledge(struct player *p, enum side from)
{
	const struct segment s = { from, FLAG_ACK, p->end[from].snd, 0 };
	size_t frame = put_frame(p, &s);

	ack_of_fin(&p->end[side_other(from)]);
	show(p, TAPE_SEGMENT, from, frame);
}

/* The answer to what came where nobody reads, or nothing is. */
static void answer_rst(struct player *p, enum side from)
{
	const struct end *peer = &p->end[side_other(from)];
	const struct segment s = { from, FLAG_RST, peer->got, 0 };
	size_t frame = put_frame(p, &s);

	p->end[side_other(from)].state = TCP_STATE_CLOSED;
	show(p, TAPE_SEGMENT, from, frame);
}

/* What an end has had, its process receives. */
static void read_all(struct player *p, enum side by)
{
	struct end *e = &p->end[by];

	if (e->unread)
		call_number(p, by, "recv", e->unread);
	e->unread = 0;
	if (has_fin(e) && !e->read_eof)
		call(p, by, "recv", "eof");
	e->read_eof = has_fin(e);
}

/* Whether octets that come there are answered by an RST. */
static bool refuses(const struct end *e)
{
	return e->closed || !is_alive(e);
}

/* Octets, and a FIN behind them, as one segment that arrives. */
static void send_whole(struct player *p, enum side from, uint32_t len, bool fin)
{
	struct end *e = &p->end[from], *to = &p->end[side_other(from)];
	struct segment s = { from, FLAG_ACK, e->snd, len };
	bool refused = len ? refuses(to) : !is_alive(to);
	size_t frame;

	s.flags |= (len ? FLAG_PSH : 0) | (fin ? FLAG_FIN : 0);
	frame = put_frame(p, &s);
	e->snd += len;
	if (fin)
		fin_sent(e);
	if (refused) {
		to->state = TCP_STATE_CLOSED;
		show(p, TAPE_SEGMENT, from, frame);
		answer_rst(p, side_other(from));
		return;
	}
	to->got += len;
	to->unread += len;
	if (fin)
		fin_had(to);
	show(p, TAPE_SEGMENT, from, frame);
	acknowledge(p, side_other(from));
}

static void returns(struct player *p, enum side by, const char *answer)
{
	struct tape_event *e = add(p, TAPE_RETURN);

	e->side = by;
	e->answer = answer;
}

/*
 * One call whose octets go as they are cut, while the other end receives all
 * of them: they pass until it has, however long that takes.
 */
static void send_long(struct player *p, enum side from, uint64_t n)
{
	enum side peer = side_other(from);
	struct arena *a = &p->t->arena;
	const char *all = arena_printf(a, "%llu", (unsigned long long)n);

	read_all(p, peer);
	call(p, peer, arena_printf(a, "recv %s", all), "blocks");
	call(p, from, arena_printf(a, "thread send %s", all), "0");
	add(p, TAPE_PASS)->text =
		arena_printf(a, "%c returns", side_letter(peer));
	returns(p, peer, all);
	call(p, from, "join", all);
	add(p, TAPE_PASS); /* the last ACKs, and a window update, perhaps */
	p->end[from].snd += (int64_t)n;
	p->end[peer].got += (int64_t)n;
}

/* The last octets are a segment by themselves, and unread. */
static void send_all(struct player *p, enum side from, uint64_t n)
{
	uint32_t left = n > LEFT_MAX ? LEFT_MAX : (uint32_t)n;

	for (n -= left; n > CALL_MAX; n -= CALL_MAX)
		send_long(p, from, CALL_MAX);
	if (n)
		send_long(p, from, n);
	call_number(p, from, "send", left);
	send_whole(p, from, left, false);
}

static void play_send(struct player *p, const struct act_made *act)
{
	enum side by = act->by;
	bool refused = refuses(&p->end[side_other(by)]);
	uint32_t n = act->octets > LEFT_MAX ? LEFT_MAX : (uint32_t)act->octets;

	read_all(p, by);
	if (act->with_fin) {
		call(p, by, "cork on", "0");
		call_number(p, by, "send", act->octets);
		p->end[by].corked = act->octets;
	} else if (act->whole || refused) {
		/* Of many that nobody wants the first are enough. */
		n = act->whole ? (uint32_t)act->octets : n;
		call_number(p, by, "send", n);
		send_whole(p, by, n, false);
	} else {
		send_all(p, by, act->octets);
	}
}

static void call_fin(struct player *p, const struct act_made *act)
{
	struct end *e = &p->end[act->by];

	read_all(p, act->by);
	e->closed = act->kind == ACT_CLOSE;
	call(p, act->by, e->closed ? "close" : "shutdown wr", "0");
}

static void play_fin(struct player *p, const struct act_made *act)
{
	struct end *e = &p->end[act->by];

	call_fin(p, act);
	send_whole(p, act->by, (uint32_t)e->corked, true);
	e->corked = 0;
}

static size_t hold(struct player *p, enum side from, uint8_t flags, int64_t seq)
{
	const struct segment s = { from, flags, seq, 0 };
	size_t frame = put_frame(p, &s);

	show(p, TAPE_SEGMENT, from, frame)->how = TAPE_HELD;
	return frame;
}

/* Two FINs that cross: RFC 9293, figure 13. */
static void play_crossed(struct player *p, const struct act_made *first,
			 const struct act_made *second)
{
	enum side x = first->by, y = second->by;
	struct end *ex = &p->end[x], *ey = &p->end[y];
	size_t fin, ack, frame;
	struct segment s;

	read_all(p, y);
	call_fin(p, first);
	fin_sent(ex);
	fin = hold(p, x, FLAG_FIN | FLAG_ACK, ex->snd - 1);
	call_fin(p, second);
	s = (struct segment){ y, FLAG_FIN | FLAG_ACK, ey->snd, 0 };
	frame = put_frame(p, &s);
	fin_sent(ey);
	fin_had(ex);
	show(p, TAPE_SEGMENT, y, frame);
	ack = hold(p, x, FLAG_ACK, ex->snd);
	fin_had(ey);
	show(p, TAPE_RELEASE, x, fin);
	acknowledge(p, y);
	ack_of_fin(ey);
	show(p, TAPE_RELEASE, x, ack);
}

/*
 * With octets unread close(2) resets the connection; without, SO_LINGER of 0
 * makes it.
 */
static void play_abort(struct player *p, const struct act_made *act)
{
	enum side by = act->by, peer = side_other(by);
	struct end *e = &p->end[by];
	const struct segment s = { by, FLAG_RST | FLAG_ACK, e->snd, 0 };
	size_t frame;

	if (!e->unread)
		call(p, by, "linger 0", "0");
	call(p, by, "close", "0");
	e->closed = true;
	frame = put_frame(p, &s);
	e->state = TCP_STATE_CLOSED;
	p->end[peer].state = TCP_STATE_CLOSED;
	show(p, TAPE_SEGMENT, by, frame);
}

static bool is_fin(const struct act_made *act)
{
	return act->kind == ACT_CLOSE || act->kind == ACT_SHUTDOWN;
}

/* Returns how many acts are done with. */
static size_t play(struct player *p, const struct act_made *act, size_t left)
{
	struct end *e = &p->end[act->by];

	if (!is_alive(e) || e->closed || e->state == TCP_STATE_TIME_WAIT) {
		p->left_out++;
	} else if (act->kind == ACT_SEND) {
		play_send(p, act);
	} else if (act->kind == ACT_ABORT) {
		play_abort(p, act);
	} else if (left > 1 && is_fin(act + 1) && act[1].crossed &&
		   !e->corked) {
		play_crossed(p, act, act + 1);
		return 2;
	} else {
		play_fin(p, act);
	}
	return 1;
}

static void opening_segment(struct player *p, enum side from, uint8_t flags,
			    bool passed, enum tape_how how)
{
	const struct segment s = { from, flags, p->end[from].snd, 0 };
	struct tape_event *e;

	e = show(p, TAPE_SEGMENT, from, put_frame(p, &s));
	e->passed = passed;
	e->how = how;
}

/* The first segment and its answer, without states: they are what they are. */
static void play_open(struct player *p)
{
	struct end *a = &p->end[SIDE_A], *b = &p->end[SIDE_B];

	add(p, TAPE_OPEN)->number = 1;
	a->state = TCP_STATE_SYN_SENT;
	b->state = TCP_STATE_SYN_RECEIVED;
	opening_segment(p, SIDE_A, FLAG_SYN, true, TAPE_DELIVERED);
	a->snd = b->got = 1;
	a->state = TCP_STATE_ESTABLISHED;
	opening_segment(p, SIDE_B, FLAG_SYN | FLAG_ACK, true, TAPE_DELIVERED);
	b->snd = a->got = 1;
	b->state = TCP_STATE_ESTABLISHED;
	opening_segment(p, SIDE_A, FLAG_ACK, true, TAPE_DELIVERED);
}

static void play_refused(struct player *p)
{
	struct end *a = &p->end[SIDE_A];

	call(p, SIDE_A, "connect", "0");
	a->state = TCP_STATE_SYN_SENT;
	opening_segment(p, SIDE_A, FLAG_SYN, false, TAPE_DELIVERED);
	a->state = TCP_STATE_CLOSED;
	p->end[SIDE_B].got = 1;
	opening_segment(p, SIDE_B, FLAG_RST | FLAG_ACK, false, TAPE_DELIVERED);
	call(p, SIDE_A, "error", "ECONNREFUSED");
}

static void play_unanswered(struct player *p)
{
	call(p, SIDE_B, "vanish", "0");
	call(p, SIDE_A, "connect", "0");
	p->end[SIDE_A].state = TCP_STATE_SYN_SENT;
	opening_segment(p, SIDE_A, FLAG_SYN, false, TAPE_LOST);
}

/* Who shut down and has had all closes in the end: no segment shows when. */
static void play_last_close(struct player *p, enum side by)
{
	struct end *e = &p->end[by];

	if (e->closed || !has_fin(e) || e->state == TCP_STATE_CLOSE_WAIT)
		return;
	read_all(p, by);
	call(p, by, "close", "0");
}

/* Addresses of documentation, which are nobody's; the ports it had. */
static void set_flow(struct flow *flow, const struct captured *c)
{
	static const char *const v4[] = { "192.0.2.1", "192.0.2.2" };
	static const char *const v6[] = { "2001:db8::1", "2001:db8::2" };

	flow->family = c->over.family;
	for (enum side side = SIDE_A; side <= SIDE_B; side++) {
		inet_pton(flow->family,
			  (flow->family == AF_INET6 ? v6 : v4)[side],
			  flow->end[side].addr);
		flow->end[side].port = c->over.end[side].port;
	}
}

size_t played_tape(struct tape *t, const struct acts *a,
		   const struct captured *c)
{
	static void (*const open[])(struct player * p) = {
		[OPENING_DONE] = play_open,
		[OPENING_REFUSED] = play_refused,
		[OPENING_UNANSWERED] = play_unanswered,
	};
	struct player p = { .t = t };

	set_flow(&t->flow, c);
	p.end[SIDE_A].state = p.end[SIDE_B].state = TCP_STATE_CLOSED;
	open[a->opening](&p);
	for (size_t i = 0; i < a->n;)
		i += play(&p, &a->item[i], a->n - i);
	for (enum side side = SIDE_A; side <= SIDE_B; side++)
		if (a->opening == OPENING_DONE)
			play_last_close(&p, side);
	add(&p, TAPE_QUIET)->number = QUIET_NS;
	return p.left_out;
}
