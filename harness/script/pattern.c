/*
 * Patterns: compared with segments, made from them, written out. Knows
 * nothing of how a case is parsed or what a mismatch means for it.
 */
#include "script/pattern.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/name.h"
#include "packet/seg_ip.h"

#define WIN_UNKNOWN 65535
#define OPTS_LEN    12

/* A segment and the flow that its relative numbers need. */
struct view {
	const struct pattern *pat;
	const struct flow *flow;
	enum side from;
	const struct seg *seg;
};

/* Whether one field is as the pattern says; when not, both as text. */
typedef bool field_fn(const struct view *v, char *expected, char *actual);

static bool say(char *buf, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Prints, and returns false: the field differs. */
static bool say(char *buf, const char *fmt, ...)
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
		say(buf, "%" PRId64 ":%" PRId64, seq, seq + (int64_t)len);
	else
		say(buf, "%" PRId64, seq);
}

static uint32_t pattern_len(const struct pattern *pat)
{
	return pat->set & PAT_LEN ? pat->len : 0;
}

static bool field_checksum(const struct view *v, char *expected, char *actual)
{
	if (v->seg->csum_ok)
		return true;
	say(expected, "correct");
	return say(actual, "wrong");
}

static bool field_flags(const struct view *v, char *expected, char *actual)
{
	char buf[NAME_FLAGS_MAX];

	if (!(v->pat->set & PAT_FLAGS) || v->pat->flags == v->seg->flags)
		return true;
	say(expected, "%s", name_flags(v->pat->flags, buf));
	return say(actual, "%s", name_flags(v->seg->flags, buf));
}

static bool field_seq(const struct view *v, char *expected, char *actual)
{
	int64_t seq = flow_rel_seq(v->flow, v->from, v->seg->seq);

	if (!(v->pat->set & PAT_SEQ) || seq == v->pat->seq)
		return true;
	say_seq(expected, v->pat->seq, pattern_len(v->pat));
	say_seq(actual, seq, v->seg->len);
	return false;
}

/* "seq 1" alone says that there is no payload. */
static bool field_len(const struct view *v, char *expected, char *actual)
{
	uint32_t len = pattern_len(v->pat);

	if (!(v->pat->set & (PAT_SEQ | PAT_LEN)) || len == v->seg->len)
		return true;
	say(expected, "%" PRIu32, len);
	return say(actual, "%zu", v->seg->len);
}

static bool field_ack(const struct view *v, char *expected, char *actual)
{
	int64_t ack = flow_rel_ack(v->flow, v->from, v->seg->ack);
	bool has = v->seg->flags & FLAG_ACK;

	if (!(v->pat->set & PAT_ACK) || (has && ack == v->pat->ack))
		return true;
	say(expected, "%" PRId64, v->pat->ack);
	return has ? say(actual, "%" PRId64, ack) : say(actual, "none");
}

static bool field_win(const struct view *v, char *expected, char *actual)
{
	if (!(v->pat->set & PAT_WIN) || v->pat->win == v->seg->win)
		return true;
	say(expected, "%u", v->pat->win);
	return say(actual, "%u", v->seg->win);
}

static bool field_ts(const struct view *v, char *expected, char *actual)
{
	if (!(v->pat->set & PAT_TS) || v->pat->ts == v->seg->has_ts)
		return true;
	say(expected, v->pat->ts ? "ts" : "no ts");
	return say(actual, v->seg->has_ts ? "ts" : "no ts");
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
	{ "win", field_win },
	{ "ts", field_ts },
};

bool pattern_match(const struct pattern *pat, const struct flow *flow,
		   enum side from, const struct seg *seg, struct mismatch *why)
{
	const struct view v = { pat, flow, from, seg };
	struct mismatch scratch;

	if (!why)
		why = &scratch;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
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
		pat->seq = flow_rel_seq(flow, from, seg->seq);
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

/* Appends one field: two spaces after the flags, one after a field. */
static void add(char *buf, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void add(char *buf, const char *fmt, ...)
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

	say_seq(seq, pat->seq, pattern_len(pat));
	add(buf, "seq %s", seq);
}

const char *pattern_text(const struct pattern *pat, char buf[PATTERN_TEXT_MAX])
{
	char flags[NAME_FLAGS_MAX];

	buf[0] = '\0';
	if (pat->scapy) {
		say(buf, "scapy: %s", pat->scapy);
		return buf;
	}
	if (pat->set & PAT_FLAGS)
		add(buf, "%s", name_flags(pat->flags, flags));
	if (pat->set & PAT_SEQ)
		add_seq(pat, buf);
	if (pat->set & PAT_ACK)
		add(buf, "ack %" PRId64, pat->ack);
	if (pat->set & PAT_WIN)
		add(buf, "win %u", pat->win);
	if (pat->set & PAT_TS)
		add(buf, pat->ts ? "ts" : "no ts");
	if (pat->set & PAT_TSVAL)
		add(buf, "tsval %+" PRId32, pat->tsval);
	return buf;
}

static uint32_t absolute(const struct flow_tcb *tcb, int64_t number)
{
	return tcb->iss + (uint32_t)number;
}

/* NOP, NOP, timestamps: the form every stack sends (RFC 7323 appendix A). */
static void forge_ts(const struct flow *flow, enum side from,
		     const struct pattern *pat, struct seg *seg, uint8_t *opts)
{
	seg->has_ts = true;
	seg->tsval = flow->tcb[from].tsval;
	seg->tsecr = flow->tcb[side_other(from)].tsval;
	if (pat->set & PAT_TSVAL)
		seg->tsval += (uint32_t)pat->tsval;
	opts[0] = opts[1] = OPT_NOP;
	opts[2] = OPT_TIMESTAMP;
	opts[3] = OPT_TIMESTAMP_LEN;
	put32(opts + 4, seg->tsval);
	put32(opts + 8, seg->tsecr);
	seg->opts = opts;
	seg->opts_len = OPTS_LEN;
}

void pattern_forge(const struct pattern *pat, const struct flow *flow,
		   enum side from, struct seg *seg, uint8_t opts[12])
{
	const struct flow_tcb *tcb = &flow->tcb[from];
	const struct flow_tcb *peer = &flow->tcb[side_other(from)];

	memset(seg, 0, sizeof(*seg));
	seg->family = flow->family;
	seg->src = flow->end[from];
	seg->dst = flow->end[side_other(from)];
	seg->flags = pat->flags;
	seg->seq = pat->set & PAT_SEQ ? absolute(tcb, pat->seq) : tcb->snd_nxt;
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
	if (pat->set & PAT_TS ? pat->ts : tcb->has_ts)
		forge_ts(flow, from, pat, seg, opts);
}
