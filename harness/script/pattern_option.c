/*
 * The TCP options of a pattern: compared, written out, forged. Knows nothing
 * of the other fields.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "packet/seg_ip.h"
#include "script/pattern_own.h"

#define SACK_BLOCK_LEN 8

bool pattern_field_ts(const struct view *v, char *expected, char *actual)
{
	if (!(v->pat->set & PAT_TS) || v->pat->ts == v->seg->has_ts)
		return true;
	pattern_say(expected, v->pat->ts ? "ts" : "no ts");
	return pattern_say(actual, v->seg->has_ts ? "ts" : "no ts");
}

static void say_range(char *buf, int32_t least, int32_t most)
{
	if (least == most)
		pattern_say(buf, "%+" PRId32, least);
	else
		pattern_say(buf, "%+" PRId32 "..%+" PRId32, least, most);
}

/* A stamp, counted from the last that an end has really sent. */
static bool stamp_is(const struct view *v, uint32_t stamp, uint32_t last,
		     const int32_t want[2], char *expected, char *actual)
{
	int32_t since = (int32_t)(stamp - last);

	if (v->seg->has_ts && since >= want[0] && since <= want[1])
		return true;
	say_range(expected, want[0], want[1]);
	return v->seg->has_ts ? pattern_say(actual, "%+" PRId32, since)
			      : pattern_say(actual, "no ts");
}

bool pattern_field_tsval(const struct view *v, char *expected, char *actual)
{
	const int32_t want[] = { v->pat->tsval, v->pat->tsval_most };

	return !(v->pat->set & PAT_TSVAL) ||
	       stamp_is(v, v->seg->tsval, v->flow->tcb[v->from].tsval_before,
			want, expected, actual);
}

bool pattern_field_tsecr(const struct view *v, char *expected, char *actual)
{
	const int32_t want[] = { v->pat->tsecr, v->pat->tsecr };

	return !(v->pat->set & PAT_TSECR) ||
	       stamp_is(v, v->seg->tsecr,
			v->flow->tcb[side_other(v->from)].tsval, want, expected,
			actual);
}

/* The number an option carries, or -1 when there is none such. */
static int32_t option_number(const struct seg *seg, uint8_t kind, size_t size)
{
	size_t len;
	const uint8_t *at = seg_option(seg, kind, &len);
	int32_t number = 0;

	if (!at || len != size)
		return -1;
	while (len--)
		number = number << 8 | *at++;
	return number;
}

static bool number_is(int32_t want, int32_t got, char *expected, char *actual)
{
	if (want == got)
		return true;
	pattern_say(expected, want < 0 ? "none" : "%" PRId32, want);
	return pattern_say(actual, got < 0 ? "none" : "%" PRId32, got);
}

bool pattern_field_mss(const struct view *v, char *expected, char *actual)
{
	return !(v->pat->set & PAT_MSS) ||
	       number_is(v->pat->mss, option_number(v->seg, OPT_MSS, 2),
			 expected, actual);
}

bool pattern_field_wscale(const struct view *v, char *expected, char *actual)
{
	return !(v->pat->set & PAT_WSCALE) ||
	       number_is(v->pat->wscale, option_number(v->seg, OPT_SCALE, 1),
			 expected, actual);
}

bool pattern_field_sackok(const struct view *v, char *expected, char *actual)
{
	size_t len;
	bool has = seg_option(v->seg, OPT_SACKOK, &len);

	if (!(v->pat->set & PAT_SACKOK) || has == v->pat->sackok)
		return true;
	pattern_say(expected, v->pat->sackok ? "sackok" : "no sackok");
	return pattern_say(actual, has ? "sackok" : "no sackok");
}

static void sack_text(const struct pattern *pat, char *buf)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < pat->n_sack && len < PATTERN_TEXT_MAX; i++)
		len += (size_t)snprintf(buf + len, PATTERN_TEXT_MAX - len,
					"%s%" PRId64 ":%" PRId64, i ? "," : "",
					pat->sack[i].from, pat->sack[i].to);
	if (!pat->n_sack)
		pattern_say(buf, "none");
}

/* The blocks that a segment carries, as a pattern has them. */
static void read_sack(const struct seg *seg, const struct flow_tcb *peer,
		      struct pattern *got)
{
	size_t len;
	const uint8_t *at = seg_option(seg, OPT_SACK, &len);

	got->n_sack = 0;
	for (; at && len >= SACK_BLOCK_LEN && got->n_sack < PATTERN_SACK_MAX;
	     len -= SACK_BLOCK_LEN, at += SACK_BLOCK_LEN)
		got->sack[got->n_sack++] = (struct pattern_sack){
			(int32_t)(get32(at) - peer->iss),
			(int32_t)(get32(at + 4) - peer->iss),
		};
}

bool pattern_field_sack(const struct view *v, char *expected, char *actual)
{
	struct pattern got;

	if (!(v->pat->set & PAT_SACK))
		return true;
	read_sack(v->seg, &v->flow->tcb[side_other(v->from)], &got);
	sack_text(v->pat, expected);
	sack_text(&got, actual);
	return strcmp(expected, actual) == 0;
}

void pattern_add_options(const struct pattern *pat, char *buf)
{
	char text[PATTERN_TEXT_MAX];

	if (pat->set & PAT_TS)
		pattern_add(buf, pat->ts ? "ts" : "no ts");
	if (pat->set & PAT_TSVAL) {
		say_range(text, pat->tsval, pat->tsval_most);
		pattern_add(buf, "tsval %s", text);
	}
	if (pat->set & PAT_TSECR)
		pattern_add(buf, "tsecr %+" PRId32, pat->tsecr);
	if (pat->set & PAT_MSS)
		pattern_add(buf, pat->mss < 0 ? "no mss" : "mss %" PRId32,
			    pat->mss);
	if (pat->set & PAT_WSCALE)
		pattern_add(buf,
			    pat->wscale < 0 ? "no wscale" : "wscale %" PRId32,
			    pat->wscale);
	if (pat->set & PAT_SACKOK)
		pattern_add(buf, pat->sackok ? "sackok" : "no sackok");
	if (pat->set & PAT_SACK) {
		sack_text(pat, text);
		pattern_add(buf, pat->n_sack ? "sack %s" : "no sack", text);
	}
}

/* NOP, NOP, timestamps: the form every stack sends (RFC 7323 appendix A). */
static uint8_t *forge_ts(const struct flow *flow, enum side from,
			 const struct pattern *pat, struct seg *seg,
			 uint8_t *at)
{
	seg->has_ts = true;
	seg->tsval = flow->tcb[from].tsval;
	seg->tsecr = flow->tcb[side_other(from)].tsval;
	if (pat->set & PAT_TSVAL)
		seg->tsval += (uint32_t)pat->tsval;
	if (pat->set & PAT_TSECR)
		seg->tsecr += (uint32_t)pat->tsecr;
	at[0] = at[1] = OPT_NOP;
	at[2] = OPT_TIMESTAMP;
	at[3] = OPT_TIMESTAMP_LEN;
	put32(at + 4, seg->tsval);
	put32(at + 8, seg->tsecr);
	return at + 12;
}

/* An option that carries a number of size octets, or none. */
static uint8_t *forge_number(uint8_t *at, uint8_t kind, uint8_t size,
			     int32_t number)
{
	*at++ = kind;
	*at++ = size + 2;
	while (size--)
		*at++ = (uint8_t)(number >> 8 * size);
	return at;
}

static uint8_t *forge_sack(const struct pattern *pat,
			   const struct flow_tcb *peer, uint8_t *at)
{
	*at++ = OPT_SACK;
	*at++ = (uint8_t)(2 + pat->n_sack * SACK_BLOCK_LEN);
	for (size_t i = 0; i < pat->n_sack; i++, at += SACK_BLOCK_LEN) {
		put32(at, peer->iss + (uint32_t)pat->sack[i].from);
		put32(at + 4, peer->iss + (uint32_t)pat->sack[i].to);
	}
	return at;
}

void pattern_forge_options(const struct pattern *pat, const struct flow *flow,
			   enum side from, struct seg *seg, uint8_t *opts)
{
	uint8_t *at = opts;

	if (pat->set & PAT_MSS && pat->mss >= 0)
		at = forge_number(at, OPT_MSS, 2, pat->mss);
	if (pat->set & PAT_SACKOK && pat->sackok)
		at = forge_number(at, OPT_SACKOK, 0, 0);
	if (pat->set & PAT_TS ? pat->ts : flow->tcb[from].has_ts)
		at = forge_ts(flow, from, pat, seg, at);
	if (pat->set & PAT_WSCALE && pat->wscale >= 0)
		at = forge_number(at, OPT_SCALE, 1, pat->wscale);
	if (pat->n_sack)
		at = forge_sack(pat, &flow->tcb[side_other(from)], at);
	seg->opts = opts;
	seg->opts_len = (size_t)(at - opts);
}

static void set_if(struct pattern *pat, unsigned int field, bool said)
{
	pat->set |= said ? field : 0;
}

void pattern_add_forged_options(const struct seg *seg, const struct seg *plain,
				const struct flow *flow, enum side from,
				struct pattern *pat)
{
	bool both = seg->has_ts && plain->has_ts;
	size_t len;

	pat->ts = seg->has_ts;
	set_if(pat, PAT_TS, plain->has_ts != seg->has_ts);
	pat->tsval = pat->tsval_most = (int32_t)(seg->tsval - plain->tsval);
	set_if(pat, PAT_TSVAL, both && pat->tsval);
	pat->tsecr = (int32_t)(seg->tsecr - plain->tsecr);
	set_if(pat, PAT_TSECR, both && pat->tsecr);
	pat->mss = option_number(seg, OPT_MSS, 2);
	set_if(pat, PAT_MSS, pat->mss >= 0);
	pat->wscale = option_number(seg, OPT_SCALE, 1);
	set_if(pat, PAT_WSCALE, pat->wscale >= 0);
	pat->sackok = seg_option(seg, OPT_SACKOK, &len);
	set_if(pat, PAT_SACKOK, pat->sackok);
	read_sack(seg, &flow->tcb[side_other(from)], pat);
	set_if(pat, PAT_SACK, pat->n_sack);
}
