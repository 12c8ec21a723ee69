/*
 * The segment of a rung: flags and fields, or a scapy expression. Knows
 * nothing of arrows.
 */
#include "script/parser.h"

#define RELATIVE_MIN INT32_MIN
#define RELATIVE_MAX INT32_MAX
#define RANGE_MAX    65535

struct fields {
	struct parser *p;
	struct pattern *pat;
	size_t at; /* of the field's name */
	size_t to; /* past the segment's last word */
	bool forged;
};

/* The word behind the field's name. */
static int value(struct fields *f, const char *expected, struct word *w)
{
	struct word name = f->p->ln.word[f->at];

	if (f->at + 1 >= f->to) {
		parse_fault(f->p, "%s without a value, expected %s",
			    parse_show(f->p, name), expected);
		return -1;
	}
	*w = f->p->ln.word[f->at + 1];
	return 0;
}

static int bad_value(struct fields *f, const char *expected)
{
	return parse_fault(f->p, "%s: expected %s",
			   parse_join(f->p, f->at, f->at + 2), expected);
}

static int read_seq(struct fields *f)
{
	static const char expected[] = "a relative number N, or N:M";
	struct word w, from, to;
	int64_t end;

	if (value(f, expected, &w))
		return -1;
	f->pat->set |= PAT_LEN;
	if (!word_split(w, ":", &from, &to))
		from = to = w;
	if (word_number(from, RELATIVE_MIN, RELATIVE_MAX, &f->pat->seq) ||
	    word_number(to, RELATIVE_MIN, RELATIVE_MAX, &end))
		return bad_value(f, expected);
	if (end < f->pat->seq || end - f->pat->seq > RANGE_MAX)
		return bad_value(f, "a range of 0 to 65535 octets");
	f->pat->len = (uint32_t)(end - f->pat->seq);
	return 0;
}

static int read_ack(struct fields *f)
{
	static const char expected[] = "a relative number";
	struct word w;

	if (value(f, expected, &w))
		return -1;
	if (word_number(w, RELATIVE_MIN, RELATIVE_MAX, &f->pat->ack))
		return bad_value(f, expected);
	return 0;
}

static int read_win(struct fields *f)
{
	static const char expected[] = "a number from 0 to 65535, as on the "
				       "wire";
	struct word w;
	int64_t n;

	if (value(f, expected, &w))
		return -1;
	if (word_number(w, 0, UINT16_MAX, &n))
		return bad_value(f, expected);
	f->pat->win = (uint16_t)n;
	return 0;
}

static int read_ts(struct fields *f)
{
	f->pat->ts = true;
	return 0;
}

static int read_no(struct fields *f)
{
	static const char expected[] = "\"no ts\"";
	struct word w;

	if (value(f, expected, &w))
		return -1;
	return word_is(w, "ts") ? 0 : bad_value(f, expected);
}

static int read_tsval(struct fields *f)
{
	static const char expected[] = "+N or -N, from the last sent";
	struct word w;
	bool plus;
	int64_t n;

	if (!f->forged)
		return parse_fault(f->p, "tsval: expected only in a forged "
					 "rung, ~~> or <~~");
	if (value(f, expected, &w))
		return -1;
	plus = word_begins(w, "+");
	if (!plus && !word_begins(w, "-"))
		return bad_value(f, expected);
	w.at += plus;
	w.len -= plus;
	if (word_number(w, plus ? 0 : INT32_MIN, INT32_MAX, &n))
		return bad_value(f, expected);
	f->pat->tsval = (int32_t)n;
	return 0;
}

static const struct field {
	const char *name;
	unsigned int set;
	size_t words;
	int (*read)(struct fields *f);
} fields[] = {
	{ "seq", PAT_SEQ, 2, read_seq }, { "ack", PAT_ACK, 2, read_ack },
	{ "win", PAT_WIN, 2, read_win }, { "ts", PAT_TS, 1, read_ts },
	{ "no", PAT_TS, 2, read_no },	 { "tsval", PAT_TSVAL, 2, read_tsval },
};

static int read_field(struct fields *f)
{
	struct word w = f->p->ln.word[f->at];

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!word_is(w, fields[i].name))
			continue;
		if (f->pat->set & fields[i].set)
			return parse_fault(f->p,
					   "%s: said twice, expected it "
					   "once",
					   fields[i].name);
		f->pat->set |= fields[i].set;
		if (fields[i].read(f))
			return -1;
		f->at += fields[i].words;
		return 0;
	}
	return parse_fault(f->p,
			   "%s: unknown field, expected seq, ack, win, "
			   "ts, no ts or tsval",
			   parse_show(f->p, w));
}

static int read_flags(struct parser *p, struct word w, struct pattern *pat)
{
	int flags = name_flags_parse(w.at, w.len);

	if (flags < 0)
		return parse_fault(p,
				   "%s: unknown flags, expected tcpdump's "
				   "letters F S R P . U E W (. is ACK), or "
				   "none",
				   parse_show(p, w));
	pat->flags = (uint8_t)flags;
	pat->set = PAT_FLAGS;
	return 0;
}

/* All that is written between "scapy:" and the right arrow. */
static int read_scapy(struct parser *p, size_t from, size_t to,
		      struct pattern *pat)
{
	const char *at = p->ln.word[from].at + sizeof("scapy:") - 1;
	const char *end = p->ln.word[to - 1].at + p->ln.word[to - 1].len;

	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (at == end)
		return parse_fault(p, "scapy: without an expression, expected "
				      "one such as IP(dst=dst)/TCP()");
	pat->scapy = arena_strndup(&p->s->arena, at, (size_t)(end - at));
	return 0;
}

int parse_segment(struct parser *p, size_t from, size_t to, bool forged,
		  struct pattern *pat)
{
	struct fields f = { p, pat, from + 1, to, forged };

	if (from == to)
		return parse_fault(p, "no segment between the arrows, expected "
				      "flags such as F.");
	if (word_begins(p->ln.word[from], "scapy:"))
		return forged ? read_scapy(p, from, to, pat)
			      : parse_fault(p, "scapy: expected only in a "
					       "forged rung, ~~> or <~~");
	if (read_flags(p, p->ln.word[from], pat))
		return -1;
	while (f.at < f.to)
		if (read_field(&f))
			return -1;
	if (pat->set & PAT_TSVAL && pat->set & PAT_TS && !pat->ts)
		return parse_fault(p, "tsval with \"no ts\", expected one of "
				      "them");
	return 0;
}
