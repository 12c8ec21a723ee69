/*
 * Patterns: compared with segments, made from them, written out. Knows
 * nothing of how a case is parsed or what a mismatch means for it.
 */
#include "script/pattern_own.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/name.h"

#define WIN_UNKNOWN 65535

bool pattern_say(char *buf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, PATTERN_TEXT_MAX, fmt, ap);
	va_end(ap);
	return false;
}

static void say_seq(char *buf, int64_t seq, size_t len)
{
	if (len)
		pattern_say(buf, "%" PRId64 ":%" PRId64, seq,
			    seq + (int64_t)len);
	else
		pattern_say(buf, "%" PRId64, seq);
}

/* "edge+100", "edge+0:edge+100" */
static void say_edge(char *buf, int64_t seq, size_t len)
{
	if (len)
		pattern_say(buf, "edge%+" PRId64 ":edge%+" PRId64, seq,
			    seq + (int64_t)len);
	else
		pattern_say(buf, seq ? "edge%+" PRId64 : "edge", seq);
}

static uint32_t pattern_len(const struct pattern *pat)
{
	return pat->set & PAT_LEN ? pat->len : 0;
}

static bool field_checksum(const struct view *v, char *expected, char *actual)
{
	if (v->seg->csum_ok)
		return true;
	pattern_say(expected, "correct");
	return pattern_say(actual, "wrong");
}

static void say_flags(const struct pattern *pat, char *buf)
{
	char flags[NAME_FLAGS_MAX], other[NAME_FLAGS_MAX];

	name_flags(pat->flags, flags);
	if (pat->set & PAT_FLAGS_OR)
		pattern_say(buf, "%s|%s", flags,
			    name_flags(pat->flags_or, other));
	else
		pattern_say(buf, "%s", flags);
}

static bool is_or(const struct view *v)
{
	return v->pat->set & PAT_FLAGS_OR && v->pat->flags_or == v->seg->flags;
}

static bool field_flags(const struct view *v, char *expected, char *actual)
{
	char buf[NAME_FLAGS_MAX];

	if (!(v->pat->set & PAT_FLAGS) || v->pat->flags == v->seg->flags ||
	    is_or(v))
		return true;
	say_flags(v->pat, expected);
	return pattern_say(actual, "%s", name_flags(v->seg->flags, buf));
}

/* The sequence number it says, absolute. */
static uint32_t pattern_seq(const struct pattern *pat, const struct flow *flow,
			    enum side from)
{
	uint32_t edge = flow->tcb[side_other(from)].rcv_edge;

	return (uint32_t)pat->seq +
	       (pat->set & PAT_EDGE ? edge : flow->tcb[from].iss);
}

static bool field_seq(const struct view *v, char *expected, char *actual)
{
	int64_t seq = flow_shown_seq(v->flow, v->from, v->seg);
	int64_t want = v->pat->seq;

	if (v->pat->set & PAT_EDGE)
		want = flow_rel_seq(v->flow, v->from,
				    pattern_seq(v->pat, v->flow, v->from));
	if (!(v->pat->set & PAT_SEQ) || seq == want)
		return true;
	say_seq(expected, want, pattern_len(v->pat));
	say_seq(actual, seq, v->seg->len);
	return false;
}

/* "seq 1" alone says that there is no payload. */
static bool field_len(const struct view *v, char *expected, char *actual)
{
	uint32_t len = pattern_len(v->pat);

	if (!(v->pat->set & (PAT_SEQ | PAT_LEN)) || len == v->seg->len)
		return true;
	pattern_say(expected, "%" PRIu32, len);
	return pattern_say(actual, "%zu", v->seg->len);
}

static bool field_ack(const struct view *v, char *expected, char *actual)
{
	int64_t ack = flow_rel_ack(v->flow, v->from, v->seg->ack);
	bool has = v->seg->flags & FLAG_ACK;

	if (!(v->pat->set & PAT_ACK) || (has && ack == v->pat->ack))
		return true;
	if (!has && v->pat->set & PAT_FLAGS_OR) /* one of the two has no ack */
		return true;
	pattern_say(expected, "%" PRId64, v->pat->ack);
	return has ? pattern_say(actual, "%" PRId64, ack)
		   : pattern_say(actual, "none");
}

static bool field_isn(const struct view *v, char *expected, char *actual)
{
	const struct flow_tcb *tcb = &v->flow->tcb[v->from];
	int32_t above = (int32_t)(v->seg->seq - tcb->old_nxt);

	if (!(v->pat->set & PAT_ISN) || (tcb->old_known && above >= 0))
		return true;
	pattern_say(expected, "> old");
	return tcb->old_known ? pattern_say(actual, "SND.NXT%" PRId32, above)
			      : pattern_say(actual, "no connection before");
}

static bool field_win(const struct view *v, char *expected, char *actual)
{
	if (!(v->pat->set & PAT_WIN) || v->pat->win == v->seg->win)
		return true;
	pattern_say(expected, "%u", v->pat->win);
	return pattern_say(actual, "%u", v->seg->win);
}

/* The first that differs is reported: the most telling come first. */
static const struct {
	const char *name;
	field_fn *same;
} fields[] = {
	{ "checksum", field_checksum },
	{ "flags", field_flags },
	{ "seq", field_seq },
	{ "len", field_len },
	{ "ack", field_ack },
	{ "isn", field_isn },
	{ "win", field_win },
	{ "ts", pattern_field_ts },
	{ "tsval", pattern_field_tsval },
	{ "tsecr", pattern_field_tsecr },
	{ "mss", pattern_field_mss },
	{ "wscale", pattern_field_wscale },
	{ "sackok", pattern_field_sackok },
	{ "sack", pattern_field_sack },
};

bool pattern_match(const struct pattern *pat, const struct flow *flow,
		   enum side from, const struct seg *seg, struct mismatch *why)
{
	const struct view v = { pat, flow, from, seg };
	struct mismatch scratch;

	if (!why)
		why = &scratch;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		why->field = fields[i].name;
		if (!fields[i].same(&v, why->expected, why->actual))
			return false;
	}
	return true;
}

void pattern_of(const struct seg *seg, const struct flow *flow, enum side from,
		struct pattern *pat)
{
	memset(pat, 0, sizeof(*pat));
	pat->set = PAT_FLAGS;
	pat->flags = seg->flags;
	if (seg->len || seg->flags & (FLAG_SYN | FLAG_FIN | FLAG_RST)) {
		pat->set |= PAT_SEQ;
		pat->seq = flow_shown_seq(flow, from, seg);
	}
	if (seg->len) {
		pat->set |= PAT_LEN;
		pat->len = (uint32_t)seg->len;
	}
	if (seg->flags & FLAG_ACK) {
		pat->set |= PAT_ACK;
		pat->ack = flow_rel_ack(flow, from, seg->ack);
	}
	if (!seg->win && !(seg->flags & FLAG_RST)) /* an RST's is always 0 */
		pat->set |= PAT_WIN;
}

void pattern_add(char *buf, const char *fmt, ...)
{
	size_t len = strlen(buf);
	const char *gap = !len ? "" : strchr(buf, ' ') ? " " : "  ";
	va_list ap;

	len += (size_t)snprintf(buf + len, PATTERN_TEXT_MAX - len, "%s", gap);
	if (len >= PATTERN_TEXT_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(buf + len, PATTERN_TEXT_MAX - len, fmt, ap);
	va_end(ap);
}

static void add_seq(const struct pattern *pat, char *buf)
{
	char seq[PATTERN_TEXT_MAX];

	if (pat->set & PAT_EDGE)
		say_edge(seq, pat->seq, pattern_len(pat));
	else
		say_seq(seq, pat->seq, pattern_len(pat));
	pattern_add(buf, "seq %s", seq);
}

static void icmp_text(const struct pattern *pat, char *buf)
{
	pattern_add(buf, "icmp %s", icmp_name(pat->icmp));
	if (pat->icmp == ICMP_FRAG_NEEDED)
		pattern_add(buf, "mtu %u", pat->mtu);
	if (pat->set & PAT_SEQ)
		add_seq(pat, buf);
	if (pat->set & PAT_PORT)
		pattern_add(buf, "port %+" PRId32, pat->port);
}

const char *pattern_text(const struct pattern *pat, char buf[PATTERN_TEXT_MAX])
{
	char flags[PATTERN_TEXT_MAX];

	buf[0] = '\0';
	if (pat->scapy) {
		pattern_say(buf, "scapy: %s", pat->scapy);
		return buf;
	}
	if (pat->set & PAT_ICMP) {
		icmp_text(pat, buf);
		return buf;
	}
	if (pat->set & PAT_FLAGS) {
		say_flags(pat, flags);
		pattern_add(buf, "%s", flags);
	}
	if (pat->set & PAT_SEQ)
		add_seq(pat, buf);
	if (pat->set & PAT_ACK)
		pattern_add(buf, "ack %" PRId64, pat->ack);
	if (pat->set & PAT_ISN)
		pattern_add(buf, "isn > old");
	if (pat->set & PAT_WIN)
		pattern_add(buf, "win %u", pat->win);
	pattern_add_options(pat, buf);
	return buf;
}

static uint32_t absolute(const struct flow_tcb *tcb, int64_t number)
{
	return tcb->iss + (uint32_t)number;
}

void pattern_forge(const struct pattern *pat, const struct flow *flow,
		   enum side from, struct seg *seg,
		   uint8_t opts[PATTERN_OPTS_MAX])
{
	const struct flow_tcb *tcb = &flow->tcb[from];
	const struct flow_tcb *peer = &flow->tcb[side_other(from)];

	memset(seg, 0, sizeof(*seg));
	seg->family = flow->family;
	seg->src = flow->end[from];
	seg->dst = flow->end[side_other(from)];
	seg->flags = pat->flags;
	seg->seq = pat->set & PAT_SEQ ? pattern_seq(pat, flow, from)
				      : tcb->snd_nxt;
	if (pat->set & PAT_ACK)
		seg->ack = absolute(peer, pat->ack);
	else if (seg->flags & FLAG_ACK)
		seg->ack = tcb->rcv_nxt;
	seg->win = tcb->known ? tcb->rcv_wnd : WIN_UNKNOWN;
	if (pat->set & PAT_WIN)
		seg->win = pat->win;
	if (pat->set & PAT_LEN)
		seg->len = pat->len;
	seg->csum_ok = true;
	pattern_forge_options(pat, flow, from, seg, opts);
}

void pattern_quote(const struct pattern *pat, const struct flow *flow,
		   enum side to, struct seg *quoted)
{
	const struct flow_tcb *tcb = &flow->tcb[to];

	*quoted = (struct seg){
		.family = flow->family,
		.src = flow->end[to],
		.dst = flow->end[side_other(to)],
		.flags = FLAG_ACK,
		.seq = flow_snd_una(flow, to),
		.ack = tcb->rcv_nxt,
		.win = tcb->rcv_wnd,
	};
	if (pat->set & PAT_SEQ)
		quoted->seq = absolute(tcb, pat->seq);
	if (pat->set & PAT_PORT)
		quoted->src.port = (uint16_t)(quoted->src.port + pat->port);
}
