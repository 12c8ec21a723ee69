/*
 * The events of a tape that one end takes part in, in packetdrill's words.
 *
 * The scripted end offers the options that ours do. Its window is never full,
 * and every segment it sends has a timestamp of its own.
 */
#include "bundle/packetdrill.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/name.h"

#define TS_OF_END  100 /* packetdrill maps the first that it sees to it */
#define TS_OF_PEER 1000000
#define DRAWN	   (1 << 24)	  /* beyond, a number is another connection's */
#define RTO_MIN_NS (5 * NS_PER_S) /* unless a case says otherwise */
#define SLACK_NS   (20 * NS_PER_MS) /* below, an event follows at once */

struct drill {
	FILE *out;
	struct tape *t;
	enum side end; /* the one that is looked at */
	struct flow flow;
	int64_t last_ns;
	int fd;
	unsigned int ts; /* of the next segment that comes to the end */
	bool timestamps;
	bool accepted;
	const char *why; /* it cannot be told; or NULL */
};

/* "+0 ", or how much later than what stands above. */
static void put_time(struct drill *d, const struct tape_event *e)
{
	int64_t gap = e->at_ns - d->last_ns;

	if (e->at_ns > d->last_ns)
		d->last_ns = e->at_ns;
	if (gap < SLACK_NS)
		fputs("+0", d->out);
	else
		fprintf(d->out, "+%.2f", (double)gap / NS_PER_S);
}

/* Numbers before the first go round, and flags are tcpdump's letters. */
static void put_segment(struct drill *d, const struct seg *seg,
			const struct flow *flow, enum side from)
{
	char flags[NAME_FLAGS_MAX];
	uint32_t seq = (uint32_t)flow_rel_seq(flow, from, seg->seq);
	bool is_of_nobody = seq && !flow_shown_seq(flow, from, seg);

	if (from == d->end &&
	    (is_of_nobody || (seq > DRAWN && seq < (uint32_t)-DRAWN)))
		d->why = "a number is drawn by lot";
	if (seq + (uint32_t)seg->len < seq)
		d->why = "octets lie on both sides of number 0";
	if (seg->flags & (FLAG_URG | FLAG_ECE | FLAG_CWR))
		d->why = "one of the flags has no words there";
	fprintf(d->out, "%s %" PRIu32 ":%" PRIu32 "(%zu)",
		seg->flags ? name_flags(seg->flags, flags) : "-", seq,
		seq + (uint32_t)seg->len, seg->len);
	if (seg->flags & FLAG_ACK)
		fprintf(d->out, " ack %" PRIu32,
			(uint32_t)flow_rel_ack(flow, from, seg->ack));
}

/* The timestamp, as far from the last one as it was. */
static unsigned int timestamp(struct drill *d, const struct seg *seg)
{
	const struct flow_tcb *peer = &d->flow.tcb[side_other(d->end)];
	int32_t back = (int32_t)(seg->tsval - peer->tsval);

	return peer->has_ts && back < 0 ? d->ts + (unsigned int)back : d->ts++;
}

static void put_inbound_options(struct drill *d, const struct seg *seg)
{
	bool syn = seg->flags & FLAG_SYN;
	unsigned int echo = seg->flags & FLAG_ACK ? TS_OF_END : 0;

	if (syn && d->timestamps)
		fprintf(d->out,
			" <mss 1460,sackOK,TS val %u ecr %u,nop,wscale 7>",
			timestamp(d, seg), echo);
	else if (syn)
		fputs(" <mss 1460,nop,nop,sackOK,nop,wscale 7>", d->out);
	else if (d->timestamps && seg->has_ts)
		fprintf(d->out, " <nop,nop,TS val %u ecr %u>",
			timestamp(d, seg), echo);
}

static void put_outbound_options(struct drill *d, const struct seg *seg)
{
	bool syn = seg->flags & FLAG_SYN;

	if (!syn || !d->timestamps || !seg->has_scale) {
		fputs(" <...>", d->out);
		return;
	}
	fprintf(d->out, " <mss %d,sackOK,TS val %d ecr %d,nop,wscale %u>",
		seg->family == AF_INET6 ? 1440 : 1460, TS_OF_END,
		seg->flags & FLAG_ACK ? TS_OF_PEER : 0, seg->scale);
}

static void outbound(struct drill *d, const struct tape_event *e,
		     const struct seg *seg, const struct flow *flow)
{
	if (seg->flags & FLAG_SYN && !e->passed)
		d->why = "a second connection follows";
	put_time(d, e);
	fputs(" > ", d->out);
	put_segment(d, seg, flow, d->end);
	put_outbound_options(d, seg);
	putc('\n', d->out);
}

static void inbound(struct drill *d, const struct tape_event *e,
		    const struct seg *seg, const struct flow *flow)
{
	if (seg->flags & FLAG_SYN && !e->passed &&
	    e->state[d->end] == TCP_STATE_TIME_WAIT)
		d->why = "a second connection follows";
	put_time(d, e);
	fputs(" < ", d->out);
	put_segment(d, seg, flow, side_other(d->end));
	fprintf(d->out, " win %u", seg->win);
	put_inbound_options(d, seg);
	putc('\n', d->out);
}

static void take_segment(struct drill *d, const struct tape_event *e)
{
	const struct frame *f = d->t->frame[e->frame];
	struct flow after = d->flow;

	tape_note(d->t, e, &after);
	if (f->kind != SEG_TCP) {
		if (f->from != d->end)
			d->why = "what was forged is no segment";
	} else if (f->from == d->end) {
		if (e->kind == TAPE_SEGMENT && !f->forged)
			outbound(d, e, &f->seg, &after);
	} else if (e->kind == TAPE_RELEASE || e->how == TAPE_DELIVERED ||
		   e->how == TAPE_KEPT || e->how == TAPE_FORGED) {
		inbound(d, e, &f->seg, &after);
	}
	d->flow = after;
	if (e->passed && e->kind == TAPE_SEGMENT && d->end == SIDE_B &&
	    !d->accepted && f->from == SIDE_A && !(f->seg.flags & FLAG_SYN)) {
		fputs("+0 accept(3, ..., ...) = 4\n", d->out);
		d->accepted = true;
	}
}

/*
 * How a call of the language is made there: '@' is the descriptor, '#' the
 * call's number, '=' at the end or before a bracket what it returned.
 */
static const struct call {
	const char *text; /* all of it, or up to a number */
	const char *as;
} calls[] = {
	{ "close", "close(@) = 0" },
	{ "shutdown rd", "shutdown(@, SHUT_RD) = 0" },
	{ "shutdown wr", "shutdown(@, SHUT_WR) = 0" },
	{ "shutdown rdwr", "shutdown(@, SHUT_RDWR) = 0" },
	{ "linger off",
	  "setsockopt(@, SOL_SOCKET, SO_LINGER, {onoff=0, linger=0}, 8) = 0" },
	{ "linger 0",
	  "setsockopt(@, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0" },
	{ "nodelay on", "setsockopt(@, SOL_TCP, TCP_NODELAY, [1], 4) = 0" },
	{ "nodelay off", "setsockopt(@, SOL_TCP, TCP_NODELAY, [0], 4) = 0" },
	{ "cork on", "setsockopt(@, SOL_TCP, TCP_CORK, [1], 4) = 0" },
	{ "cork off", "setsockopt(@, SOL_TCP, TCP_CORK, [0], 4) = 0" },
	{ "rcvbuf ", "setsockopt(@, SOL_SOCKET, SO_RCVBUF, [#], 4) = 0" },
	{ "sndbuf ", "setsockopt(@, SOL_SOCKET, SO_SNDBUF, [#], 4) = 0" },
	{ "send ", "write(@, ..., #) = =" },
	{ "recv ", "read(@, ..., #) = =" },
	{ "recv", "read(@, ..., 65536) = =" },
	{ "error", "getsockopt(@, SOL_SOCKET, SO_ERROR, [=], [4]) = 0" },
};

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

static const struct call *find_call(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		const char *name = calls[i].text;
		size_t len = strlen(name);

		if (strcmp(name, text) == 0 ||
		    (name[len - 1] == ' ' && strncmp(text, name, len) == 0 &&
		     is_number(text + len)))
			return &calls[i];
	}
	return NULL;
}

/* What a call gives: a number, or an error. */
static void put_result(struct drill *d, const struct call *call,
		       const char *answer)
{
	int code = name_errno_parse(answer, strlen(answer));

	if (strcmp(call->text, "error") == 0)
		fprintf(d->out, "%d", code);
	else if (code)
		fprintf(d->out, "-1 %s (%s)", answer, strerror(code));
	else
		fputs(strcmp(answer, "eof") == 0 ? "0" : answer, d->out);
}

static void put_call(struct drill *d, const struct call *call, const char *text,
		     const char *answer)
{
	size_t len = strlen(call->text);

	for (const char *at = call->as; *at; at++) {
		if (*at == '@')
			fprintf(d->out, "%d", d->fd);
		else if (*at == '#')
			fputs(text + len, d->out);
		else if (at[0] == '=' && (at[1] == '\0' || at[1] == ']'))
			put_result(d, call, answer);
		else
			putc(*at, d->out);
	}
	putc('\n', d->out);
}

static void take_act(struct drill *d, const struct tape_event *e)
{
	const char *text = e->text ? e->text : "";
	const char *answer = e->answer ? e->answer : "";
	const struct call *call = find_call(text);

	if (e->side != d->end)
		return;
	if (!call || strcmp(answer, "blocks") == 0) {
		d->why = "one of the calls has no words there";
		return;
	}
	put_time(d, e);
	putc(' ', d->out);
	put_call(d, call, text, answer);
}

/* The end that connects, or listens; the segments follow. */
static void take_open(struct drill *d, const struct tape_event *e)
{
	d->last_ns = e->at_ns;
	fputs("0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n", d->out);
	if (d->end == SIDE_A) {
		fputs("+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n"
		      "+0 connect(3, ..., ...) = -1 EINPROGRESS (Operation "
		      "now in progress)\n",
		      d->out);
		d->fd = 3;
	} else {
		fputs("+0 setsockopt(3, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0\n"
		      "+0 bind(3, ..., ...) = 0\n"
		      "+0 listen(3, 1) = 0\n",
		      d->out);
		d->fd = 4;
	}
	if (e->number > 1)
		d->why = "it opens many connections";
}

static void take(struct drill *d, const struct tape_event *e)
{
	switch (e->kind) {
	case TAPE_OPEN:
		take_open(d, e);
		break;
	case TAPE_ACT:
		take_act(d, e);
		break;
	case TAPE_SEGMENT:
	case TAPE_RELEASE:
		take_segment(d, e);
		break;
	case TAPE_RETURN:
		if (e->side == d->end)
			d->why = "a call blocks";
		break;
	case TAPE_PASS:
		d->why = "what passes is not scripted";
		break;
	case TAPE_QUIET:
		fprintf(d->out, "+%.2f `true`\n", (double)e->number / NS_PER_S);
		break;
	default: /* states are not asked for */
		break;
	}
}

static void put_sysctl(FILE *out, const char *name, const char *value)
{
	fprintf(out, "sysctl -q '%s=%s'\n", name, value);
}

static void put_settings(struct drill *d, const struct script *s)
{
	static const char *const base[][2] = {
		{ "net.ipv4.tcp_early_retrans", "0" },
		{ "net.ipv4.tcp_no_metrics_save", "1" },
		{ "net.ipv4.tcp_invalid_ratelimit", "0" },
	};

	putc('`', d->out); /* one command, of several lines */
	for (size_t i = 0; i < ARRAY_SIZE(base); i++)
		put_sysctl(d->out, base[i][0], base[i][1]);
	if (!s->link.timestamps)
		put_sysctl(d->out, "net.ipv4.tcp_timestamps", "0");
	for (size_t i = 0; i < s->n_sysctl; i++)
		if (s->sysctl[i].side == d->end)
			put_sysctl(d->out, s->sysctl[i].name,
				   s->sysctl[i].value);
	fputs("`\n", d->out);
}

static void put_head(struct drill *d, const struct script *s)
{
	if (d->t->flow.family == AF_INET6)
		fputs("--ip_version=ipv6\n", d->out);
	fprintf(d->out,
		"--tolerance_usecs=200000\n"
		"// End %c of: %s\n"
		"// In a network namespace of its own: unshare -n packetdrill "
		"reproduce.pkt\n"
		"// What it says is what was seen: it passes where that is "
		"seen again.\n\n",
		side_letter(d->end), s->title);
	put_settings(d, s);
	putc('\n', d->out);
}

static void put_complaint(struct drill *d, const struct complaint *c)
{
	fprintf(d->out, "// Reported: %s; expected %s, actual %s.\n", c->what,
		c->expected, c->actual);
}

const char *packetdrill_write(FILE *out, struct tape *t, const struct script *s,
			      const struct complaint *c)
{
	size_t about = complaint_event(t, c);
	struct drill d = { .out = out,
			   .t = t,
			   .end = complaint_side(t, about),
			   .flow = t->flow,
			   .ts = TS_OF_PEER,
			   .timestamps = s->link.timestamps };

	flow_reset(&d.flow);
	if (!t->n_event || t->event[0].kind != TAPE_OPEN)
		return "it is not opened as usual";
	if (s->link.rto_min_ns != RTO_MIN_NS || s->link.weather)
		return "it is about timers that a route sets";
	put_head(&d, s);
	for (size_t i = 0; i < t->n_event && !d.why; i++) {
		if (i == about)
			put_complaint(&d, c);
		take(&d, &t->event[i]);
	}
	return d.why;
}
