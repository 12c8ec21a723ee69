/*
 * The head of a case: title, references, needs, settings. Knows what may be
 * written there, not whether a machine has it.
 */
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "script/parser.h"
#include "script/reference.h"

int parse_case(struct parser *p)
{
	struct word w;

	if (p->s->title)
		return parse_fault(p,
				   "case: said before at line %d, expected "
				   "one case per file",
				   p->case_line);
	p->case_line = p->ln.number;
	if (parse_word(p, 1, "a title", &w))
		return -1;
	p->s->title = parse_join(p, 1, p->ln.n);
	return 0;
}

static void push_ref(struct parser *p, struct word ref, const struct refs *to)
{
	size_t n = *to->n;

	*(const char **)arena_push(&p->s->arena, to->text, &n,
				   sizeof(**to->text)) =
		arena_strndup(&p->s->arena, ref.at, ref.len);
	*(int *)arena_push(&p->s->arena, to->line, to->n, sizeof(**to->line)) =
		p->ln.number;
}

/* One reference of a list, without the spaces around it. */
static int add_ref(struct parser *p, struct word ref, const struct refs *to)
{
	while (ref.len && ref.at[0] == ' ')
		ref = (struct word){ ref.at + 1, ref.len - 1 };
	while (ref.len && ref.at[ref.len - 1] == ' ')
		ref.len--;
	if (!ref.len)
		return parse_fault(p, "an empty reference, expected one on "
				      "either side of a comma");
	if (to->text == &p->s->spec && reference_kind(ref) == REFERENCE_NONE)
		return parse_fault(
			p, "%s: no reference, expected " REFERENCE_EXPECTED,
			parse_show(p, ref));
	push_ref(p, ref, to);
	return 0;
}

int parse_refs(struct parser *p, size_t from, size_t to, const char *expected,
	       const struct refs *into)
{
	struct word left, ref;
	bool more = true;

	if (from >= to)
		return parse_fault(p, "%s: expected %s behind it",
				   parse_join(p, 0, from), expected);
	left.at = parse_join(p, from, to);
	left.len = strlen(left.at);
	while (more) {
		more = word_split(left, ",", &ref, &left);
		if (add_ref(p, more ? ref : left, into))
			return -1;
	}
	return 0;
}

/* The line's words behind its first. */
static int read_refs(struct parser *p, const char *expected,
		     const struct refs *into)
{
	struct word w;

	if (parse_word(p, 1, expected, &w))
		return -1;
	return parse_refs(p, 1, p->ln.n, expected, into);
}

int parse_spec(struct parser *p)
{
	const struct refs to = { &p->s->spec, &p->s->spec_line, &p->s->n_spec };

	return read_refs(p, "a reference such as RFC9293-3.6-FIG12", &to);
}

int parse_deviates(struct parser *p)
{
	const struct refs to = { &p->s->deviates, &p->s->deviates_line,
				 &p->s->n_deviates };

	return read_refs(p, PARSE_DEVIATES, &to);
}

static void add_need(struct parser *p, const struct need *need)
{
	struct script *s = p->s;

	*(struct need *)arena_push(&s->arena, &s->need, &s->n_need,
				   sizeof(*s->need)) = *need;
}

void parse_need(struct parser *p, enum need_kind kind, const char *what)
{
	struct need need = { .kind = kind, .line = p->ln.number };

	if (script_need(p->s, kind))
		return;
	need.why = arena_printf(&p->s->arena, "line %d %s", p->ln.number, what);
	add_need(p, &need);
}

/* The name becomes a path below /proc/sys: nothing in it may lead elsewhere. */
static int read_sysctl_name(struct parser *p, size_t at, const char **name)
{
	static const char legal[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-.";
	const char *text;
	struct word w;

	if (parse_word(p, at, "a name such as net.ipv4.tcp_fin_timeout", &w))
		return -1;
	text = arena_strndup(&p->s->arena, w.at, w.len);
	if (!word_begins(w, "net.") || strspn(text, legal) != w.len ||
	    strstr(text, "..") || text[w.len - 1] == '.')
		return parse_fault(p,
				   "%s: no sysctl of a network namespace, "
				   "expected a name such as "
				   "net.ipv4.tcp_fin_timeout",
				   parse_show(p, w));
	*name = text;
	return 0;
}

static int need_sysctl(struct parser *p, struct need *need)
{
	if (read_sysctl_name(p, 2, &need->name))
		return -1;
	return parse_end(p, 3);
}

static int need_kernel(struct parser *p, struct need *need)
{
	struct word left, right;
	int64_t n[2];

	if (p->ln.n < 4 || !word_is(p->ln.word[2], ">=") ||
	    !word_split(p->ln.word[3], ".", &left, &right) ||
	    word_number(left, 0, 1000, &n[0]) ||
	    word_number(right, 0, 1000, &n[1]))
		return parse_fault(p, "%s: expected \"needs kernel >= X.Y\"",
				   parse_join(p, 0, p->ln.n));
	need->major = (int)n[0];
	need->minor = (int)n[1];
	return parse_end(p, 4);
}

static int need_no_calls(struct parser *p, struct need *need)
{
	if (p->ln.n != 5 || !word_is(p->ln.word[2], "calls") ||
	    !word_is(p->ln.word[3], "of") ||
	    (!word_is(p->ln.word[4], "A") && !word_is(p->ln.word[4], "B")))
		return parse_fault(p, "%s: expected \"needs no calls of B\"",
				   parse_join(p, 0, p->ln.n));
	need->side = word_is(p->ln.word[4], "A") ? SIDE_A : SIDE_B;
	return 0;
}

static int need_family(struct parser *p, struct need *need)
{
	const struct need *other = script_need(p->s, NEED_FAMILY);

	need->family = word_is(p->ln.word[1], "ipv4") ? AF_INET : AF_INET6;
	if (other && other->family != need->family)
		return parse_fault(p,
				   "%s: line %d says the other family, "
				   "expected one of them, or none for both",
				   parse_join(p, 0, 2), other->line);
	return parse_end(p, 2);
}

static int need_plain(struct parser *p, struct need *need)
{
	(void)need;
	return parse_end(p, 2);
}

static const struct {
	const char *name;
	enum need_kind kind;
	int (*read)(struct parser *p, struct need *need);
} needs[] = {
	{ "wire", NEED_WIRE, need_plain },
	{ "sysctl", NEED_SYSCTL, need_sysctl },
	{ "kernel", NEED_KERNEL, need_kernel },
	{ "scapy", NEED_SCAPY, need_plain },
	{ "ipv4", NEED_FAMILY, need_family },
	{ "ipv6", NEED_FAMILY, need_family },
	{ "no", NEED_NO_CALLS, need_no_calls },
	{ "virtual-time", NEED_VIRTUAL_TIME, need_plain },
};

int parse_needs(struct parser *p)
{
	static const char expected[] = "wire, sysctl NAME, kernel >= X.Y, "
				       "scapy, ipv4, ipv6, virtual-time or no "
				       "calls of B";
	struct need need = { .line = p->ln.number };
	struct word w;

	if (parse_word(p, 1, expected, &w))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(needs); i++) {
		if (!word_is(w, needs[i].name))
			continue;
		need.kind = needs[i].kind;
		need.why = parse_join(p, 0, p->ln.n);
		if (needs[i].read(p, &need))
			return -1;
		add_need(p, &need);
		return 0;
	}
	return parse_fault(p, "needs %s: expected %s", parse_show(p, w),
			   expected);
}

/* A setting that is on or off. */
static int set_switch(struct parser *p, const char *name, struct word w,
		      bool *is_on)
{
	if (!word_is(w, "on") && !word_is(w, "off"))
		return parse_fault(p, "set %s %s: expected on or off", name,
				   parse_show(p, w));
	*is_on = word_is(w, "on");
	return 0;
}

static int set_quickack(struct parser *p, struct word w)
{
	return set_switch(p, "quickack", w, &p->s->link.quickack);
}

static int set_timestamps(struct parser *p, struct word w)
{
	return set_switch(p, "timestamps", w, &p->s->link.timestamps);
}

static int set_sack(struct parser *p, struct word w)
{
	return set_switch(p, "sack", w, &p->s->link.sack);
}

static int set_rto_min(struct parser *p, struct word w)
{
	p->s->link.rto_min_ns = 0;
	if (word_is(w, "off") || word_time(w, &p->s->link.rto_min_ns) == 0)
		return 0;
	return parse_fault(p,
			   "set rto_min %s: expected off, or a time such "
			   "as 200ms",
			   parse_show(p, w));
}

static int set_weather(struct parser *p, struct word w)
{
	int64_t seed;

	if (word_number(w, 1, INT32_MAX, &seed))
		return parse_fault(p,
				   "set weather %s: expected a seed, a "
				   "number from 1 up",
				   parse_show(p, w));
	p->s->link.weather = (uint64_t)seed;
	parse_need(p, NEED_WIRE, "loses and delays segments");
	return 0;
}

int parse_set(struct parser *p)
{
	static const char expected[] = "quickack, rto_min, timestamps, sack "
				       "or weather";
	static const struct {
		const char *name;
		int (*set)(struct parser *p, struct word w);
	} settings[] = {
		{ "quickack", set_quickack },	  { "rto_min", set_rto_min },
		{ "timestamps", set_timestamps }, { "sack", set_sack },
		{ "weather", set_weather },
	};
	struct word name, value;

	if (parse_word(p, 1, expected, &name) ||
	    parse_word(p, 2, "a value", &value))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++)
		if (word_is(name, settings[i].name))
			return settings[i].set(p, value) ? -1 : parse_end(p, 3);
	return parse_fault(p, "set %s: expected %s", parse_show(p, name),
			   expected);
}

int parse_sysctl(struct parser *p)
{
	struct sysctl_set set = { .line = p->ln.number };
	struct script *s = p->s;
	struct word w;

	if (parse_word(p, 1, "A or B", &w) || parse_side(p, w, &set.side) ||
	    read_sysctl_name(p, 2, &set.name) ||
	    parse_word(p, 3, "a value", &w))
		return -1;
	set.value = parse_join(p, 3, p->ln.n);
	*(struct sysctl_set *)arena_push(&s->arena, &s->sysctl, &s->n_sysctl,
					 sizeof(set)) = set;
	return 0;
}

int parse_slow(struct parser *p)
{
	p->s->slow = true;
	return parse_end(p, 1);
}
