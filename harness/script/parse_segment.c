/*
 * The segment of a rung: flags and fields, or a scapy expression. Knows
 * nothing of arrows.
 */
#include "script/parse_field.h"

#include <string.h>

#define RELATIVE_MIN INT32_MIN
#define RELATIVE_MAX INT32_MAX
#define RANGE_MAX    65535

int field_value(struct fields *f, const char *expected, struct word *w)
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

int field_bad(struct fields *f, const char *expected)
{
	return parse_fault(f->p, "%s: expected %s",
			   parse_join(f->p, f->at, f->at + 2), expected);
}

int field_once(struct fields *f, const char *name, unsigned int set)
{
	if (f->pat->set & set)
		return parse_fault(f->p, "%s: said twice, expected it once",
				   name);
	f->pat->set |= set;
	return 0;
}

/* "100", or "edge+100" of the window's edge. */
static int read_number(struct word w, bool *from_edge, int64_t *n)
{
	static const size_t len = sizeof("edge") - 1;

	*from_edge = word_begins(w, "edge");
	if (*from_edge) {
		w.at += len;
		w.len -= len;
		*n = 0;
		if (!w.len)
			return 0;
		if (*w.at != '+' && *w.at != '-')
			return -1;
		w.at += *w.at == '+';
		w.len -= w.at[-1] == '+';
	}
	return word_number(w, RELATIVE_MIN, RELATIVE_MAX, n);
}

static int read_seq(struct fields *f)
{
	static const char expected[] = "a relative number N, or N:M, or edge, "
				       "edge+N or edge-N";
	struct word w, from, to;
	bool from_edge, to_edge;
	int64_t end;

	if (field_value(f, expected, &w))
		return -1;
	f->pat->set |= PAT_LEN;
	if (!word_split(w, ":", &from, &to))
		from = to = w;
	if (read_number(from, &from_edge, &f->pat->seq) ||
	    read_number(to, &to_edge, &end) || from_edge != to_edge)
		return field_bad(f, expected);
	if (from_edge)
		f->pat->set |= PAT_EDGE;
	if (end < f->pat->seq || end - f->pat->seq > RANGE_MAX)
		return field_bad(f, "a range of 0 to 65535 octets");
	f->pat->len = (uint32_t)(end - f->pat->seq);
	return 0;
}

static int read_ack(struct fields *f)
{
	static const char expected[] = "a relative number";
	struct word w;

	if (field_value(f, expected, &w))
		return -1;
	if (word_number(w, RELATIVE_MIN, RELATIVE_MAX, &f->pat->ack))
		return field_bad(f, expected);
	return 0;
}

static int read_win(struct fields *f)
{
	static const char expected[] = "a number from 0 to 65535, as on the "
				       "wire";
	struct word w;
	int64_t n;

	if (field_value(f, expected, &w))
		return -1;
	if (word_number(w, 0, UINT16_MAX, &n))
		return field_bad(f, expected);
	f->pat->win = (uint16_t)n;
	return 0;
}

/* "isn > old" */
static int read_isn(struct fields *f)
{
	if (!f->forged && f->at + 2 < f->to &&
	    word_is(f->p->ln.word[f->at + 1], ">") &&
	    word_is(f->p->ln.word[f->at + 2], "old"))
		return 0;
	return parse_fault(f->p, "isn: expected \"isn > old\", of a segment "
				 "that is not forged");
}

static const struct field fields[] = {
	{ "seq", PAT_SEQ, 2, read_seq },
	{ "ack", PAT_ACK, 2, read_ack },
	{ "win", PAT_WIN, 2, read_win },
	{ "isn", PAT_ISN, 3, read_isn },
};

static const struct field *find_field(struct word w)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (word_is(w, fields[i].name))
			return &fields[i];
	return parse_option_field(w);
}

static int read_field(struct fields *f)
{
	struct word w = f->p->ln.word[f->at];
	const struct field *field = find_field(w);

	if (!field)
		return parse_fault(
			f->p,
			"%s: unknown field, expected seq, ack, win, "
			"isn, ts, tsval, tsecr, mss, wscale, sackok, "
			"sack or no",
			parse_show(f->p, w));
	if (field->set && field_once(f, field->name, field->set))
		return -1;
	if (field->read(f))
		return -1;
	f->at += field->words;
	return 0;
}

/* "F.", or "R.|R" of a segment that is not forged */
static int read_flags(struct parser *p, struct word w, bool forged,
		      struct pattern *pat)
{
	const char *bar = forged ? NULL : memchr(w.at, '|', w.len);
	size_t len = bar ? (size_t)(bar - w.at) : w.len;
	int flags = name_flags_parse(w.at, len);
	int other = bar ? name_flags_parse(bar + 1, w.len - len - 1) : flags;

	if (flags < 0 || other < 0)
		return parse_fault(p,
				   "%s: unknown flags, expected tcpdump's "
				   "letters F S R P . U E W (. is ACK), or "
				   "none",
				   parse_show(p, w));
	pat->flags = (uint8_t)flags;
	pat->flags_or = (uint8_t)other;
	pat->set = PAT_FLAGS | (bar ? PAT_FLAGS_OR : 0);
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
	if (word_is(p->ln.word[from], "icmp"))
		return forged ? parse_icmp(p, from, to, pat)
			      : parse_fault(p, "icmp: expected only in a "
					       "forged rung, ~~> or <~~");
	if (read_flags(p, p->ln.word[from], forged, pat))
		return -1;
	while (f.at < f.to)
		if (read_field(&f))
			return -1;
	return parse_options_agree(&f);
}
