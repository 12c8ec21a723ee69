/*
 * The ICMP error of a forged rung: its kind, and what it quotes otherwise
 * than the connection has it. Knows nothing of arrows.
 */
#include <sys/socket.h>

#include "script/parser.h"

#define PORT_MAX 65535
#define MTU_MAX	 65535

/* The words of one error. */
struct quote {
	struct parser *p;
	struct pattern *pat;
};

static int quote_seq(struct quote *q, struct word w)
{
	q->pat->set |= PAT_SEQ;
	return word_number(w, INT32_MIN, INT32_MAX, &q->pat->seq);
}

static int quote_port(struct quote *q, struct word w)
{
	q->pat->set |= PAT_PORT;
	if (word_offset(w, -PORT_MAX, PORT_MAX, &q->pat->port))
		return -1;
	return q->pat->port ? 0 : -1;
}

static int quote_mtu(struct quote *q, struct word w)
{
	int64_t n;

	if (q->pat->icmp != ICMP_FRAG_NEEDED || word_number(w, 1, MTU_MAX, &n))
		return -1;
	q->pat->mtu = (uint16_t)n;
	return 0;
}

static const struct quoted {
	const char *name;
	const char *expected;
	int (*read)(struct quote *q, struct word w);
} quoted[] = {
	{ "mtu", "a number from 1 to 65535, and only of frag-needed",
	  quote_mtu },
	{ "seq", "a relative number", quote_seq },
	{ "port", "+N or -N, from the port it was sent from", quote_port },
};

static const struct quoted *find_quoted(struct word w)
{
	for (size_t i = 0; i < ARRAY_SIZE(quoted); i++)
		if (word_is(w, quoted[i].name))
			return &quoted[i];
	return NULL;
}

/* The pairs of words behind the kind. */
static int read_quote(struct quote *q, size_t at, size_t to)
{
	struct parser *p = q->p;
	unsigned int said = 0;

	for (; at < to; at += 2) {
		const struct quoted *row = find_quoted(p->ln.word[at]);

		if (!row)
			return parse_fault(p,
					   "%s: unknown field of an ICMP "
					   "error, expected seq, port or mtu",
					   parse_show(p, p->ln.word[at]));
		if (said & 1u << (row - quoted))
			return parse_fault(p,
					   "%s: said twice, expected it once",
					   row->name);
		said |= 1u << (row - quoted);
		if (at + 1 == to)
			return parse_fault(p, "%s without a value, expected %s",
					   row->name, row->expected);
		if (row->read(q, p->ln.word[at + 1]))
			return parse_fault(p, "%s: expected %s",
					   parse_join(p, at, at + 2),
					   row->expected);
	}
	return 0;
}

static const char *nth_error(size_t i, char buf[16])
{
	(void)buf;
	return i < ICMP_ERROR_COUNT ? icmp_name((enum icmp_error)i) : NULL;
}

/* A family without such an error could not play the case. */
static int check_family(struct parser *p, enum icmp_error error)
{
	const struct need *family = script_need(p->s, NEED_FAMILY);

	if (icmp_has(error, AF_INET6) || (family && family->family == AF_INET))
		return 0;
	return parse_fault(p,
			   "icmp %s: ICMPv6 has none, expected \"needs ipv4\" "
			   "in the head",
			   icmp_name(error));
}

int parse_icmp(struct parser *p, size_t from, size_t to, struct pattern *pat)
{
	struct quote q = { p, pat };
	struct word kind;

	if (from + 1 == to)
		return parse_fault(p, "icmp without a kind, expected one such "
				      "as host-unreachable");
	kind = p->ln.word[from + 1];
	pat->set = PAT_ICMP;
	pat->icmp = icmp_parse(kind.at, kind.len);
	if (pat->icmp == ICMP_ERROR_COUNT)
		return parse_unknown(p, kind, "ICMP error", nth_error);
	if (check_family(p, pat->icmp) || read_quote(&q, from + 2, to))
		return -1;
	if (pat->icmp == ICMP_FRAG_NEEDED && !pat->mtu)
		return parse_fault(p, "frag-needed without an MTU, expected "
				      "one such as \"mtu 1280\"");
	return 0;
}
