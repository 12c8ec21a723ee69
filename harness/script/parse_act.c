/*
 * Calls of an end, what goes into them and what comes out, each in its one
 * canonical spelling. Knows kinds of words, and of the verbs only what their
 * rows in verb.h say.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "script/parser.h"

#define ARG_MAX	    24
#define ARGS_MAX    4
#define SECONDS_MAX 32767 /* what the kernel takes for keepalive */
#define KEEPCNT_MAX 127
#define BACKLOG_MAX 65535

static int arg_number(struct word w, int64_t min, int64_t max,
		      char out[ARG_MAX])
{
	int64_t n;

	if (word_number(w, min, max, &n))
		return -1;
	snprintf(out, ARG_MAX, "%" PRId64, n);
	return 0;
}

static int arg_size(struct word w, char out[ARG_MAX])
{
	int64_t n;

	if (word_size(w, 1, &n))
		return -1;
	snprintf(out, ARG_MAX, "%" PRId64, n);
	return 0;
}

static int arg_backlog(struct word w, char out[ARG_MAX])
{
	return arg_number(w, 0, BACKLOG_MAX, out);
}

static int arg_count(struct word w, char out[ARG_MAX])
{
	return arg_number(w, 1, KEEPCNT_MAX, out);
}

/* A time that is a multiple of unit, in milliseconds. */
static int arg_ms(struct word w, int64_t unit, int64_t max, char out[ARG_MAX])
{
	int64_t ns;

	if (word_time(w, &ns) || ns % unit || ns > max)
		return -1;
	snprintf(out, ARG_MAX, "%" PRId64 "ms", ns / NS_PER_MS);
	return 0;
}

static int arg_time(struct word w, char out[ARG_MAX])
{
	return arg_ms(w, NS_PER_MS, INT64_MAX, out);
}

static int arg_seconds(struct word w, char out[ARG_MAX])
{
	return arg_ms(w, NS_PER_S, SECONDS_MAX * NS_PER_S, out);
}

static const char whole_seconds[] = "a time of whole seconds such as 2s";

/* The kinds of argument: the words in capitals in the rows of verb.h. */
static const struct arg_kind {
	const char *name;
	const char *expected;
	int (*canon)(struct word w, char out[ARG_MAX]);
} kinds[] = {
	{ "N", "a number of octets, 1 to 16000000", arg_size },
	{ "BACKLOG", "a backlog, 0 to 65535", arg_backlog },
	{ "TIME", "a time of whole milliseconds such as 500ms", arg_time },
	{ "SECONDS", whole_seconds, arg_seconds },
	{ "IDLE", whole_seconds, arg_seconds },
	{ "INTERVAL", whole_seconds, arg_seconds },
	{ "COUNT", "a number of probes, 1 to 127", arg_count },
};

static const struct arg_kind *find_kind(struct word name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (word_is(name, kinds[i].name))
			return &kinds[i];
	return NULL;
}

/* One word of a grammar: "rd|wr|rdwr", "off|0|SECONDS", "[N]". */
struct arg {
	struct word ways;
	bool optional;
};

static struct arg arg_of(const char *grammar, size_t len)
{
	if (*grammar != '[')
		return (struct arg){ { grammar, len }, false };
	return (struct arg){ { grammar + 1, len - 2 }, true };
}

/* Takes the first of the ways that are left, or returns false. */
static bool next_way(struct word *left, struct word *way)
{
	if (!left->len)
		return false;
	if (!word_split(*left, "|", way, left)) {
		*way = *left;
		left->len = 0;
	}
	return true;
}

/* Writes w in canonical spelling. A literal such as "off" ends the arguments. */
static int arg_match(const struct arg *arg, struct word w, char out[ARG_MAX],
		     bool *literal)
{
	struct word left = arg->ways, way;

	while (next_way(&left, &way)) {
		const struct arg_kind *kind = find_kind(way);

		*literal = !kind;
		if (kind && kind->canon(w, out) == 0)
			return 0;
		if (kind || way.len != w.len ||
		    memcmp(way.at, w.at, w.len) != 0)
			continue;
		snprintf(out, ARG_MAX, "%.*s", (int)w.len, w.at);
		return 0;
	}
	return -1;
}

/* What a fault says that arg takes. */
static const char *arg_expected(struct parser *p, const struct arg *arg)
{
	struct word left = arg->ways, way;
	const char **items =
		arena_alloc(&p->s->arena, (left.len + 1) * sizeof(*items));
	size_t n = 0;

	while (next_way(&left, &way)) {
		const struct arg_kind *kind = find_kind(way);

		items[n++] = kind ? kind->expected : parse_show(p, way);
	}
	return parse_list(p, items, n);
}

/* The arguments of the verb: the words from..to-1, in canonical spelling. */
static int read_args(struct parser *p, const struct verb *verb, size_t from,
		     size_t to, const char **args)
{
	const char *g = verb->args, *text = "";
	char canon[ARG_MAX];
	bool literal = false;
	size_t at = from;

	for (; *g && !literal; g += strspn(g, " ")) {
		size_t len = strcspn(g, " ");
		struct arg arg = arg_of(g, len);

		g += len;
		if (at == to && arg.optional)
			break;
		if (at == to)
			return parse_fault(p, "expected %s after \"%s\"",
					   arg_expected(p, &arg),
					   parse_join(p, from - 1, at));
		if (arg_match(&arg, p->ln.word[at++], canon, &literal))
			return parse_fault(p, "%s: expected %s",
					   parse_join(p, from - 1, at),
					   arg_expected(p, &arg));
		text = arena_printf(&p->s->arena, "%s%s%s", text,
				    *text ? " " : "", canon);
	}
	*args = text;
	if (at == to)
		return 0;
	return parse_fault(p,
			   "%s: expected nothing more for %s, or "
			   "\"= RESULT\"",
			   parse_show(p, p->ln.word[at]),
			   parse_join(p, from - 1, at));
}

/* What a verb may give besides an errno, by what it gives when all is well. */
#define MAY_ZERO   0x1
#define MAY_NUMBER 0x2
#define MAY_EOF	   0x4
#define MAY_EVENTS 0x8
#define MAY_ANY	   0x10
#define MAY_SETS   0x20
#define MAY_SIGNAL 0x40

static const struct gives {
	unsigned int may;
	const char *expected;
} gives[] = {
	[GIVES_ZERO] = { MAY_ZERO, "0 or an errno" },
	[GIVES_COUNT] = { MAY_ZERO | MAY_NUMBER | MAY_ANY,
			  "a number, any or an errno" },
	[GIVES_COUNT_OR_EOF] = { MAY_NUMBER | MAY_EOF | MAY_ANY,
				 "a number from 1, eof, any or an errno" },
	[GIVES_EVENTS] = { MAY_EVENTS | MAY_ANY,
			   "poll events such as IN,RDHUP, none, any or an "
			   "errno" },
	[GIVES_SETS] = { MAY_SETS | MAY_ANY,
			 "sets of select such as READ,EXCEPT, none, any or an "
			 "errno" },
	[GIVES_SENT] = { MAY_ZERO | MAY_NUMBER | MAY_ANY | MAY_SIGNAL,
			 "a number, any, SIGPIPE or an errno" },
	[GIVES_ANY] = { MAY_ZERO | MAY_NUMBER | MAY_EOF | MAY_ANY | MAY_SIGNAL,
			"a number, eof, any, SIGPIPE or an errno" },
	[GIVES_ERRNO] = { MAY_ZERO, "0 or an errno" },
	[GIVES_NOTHING] = { 0, "no result: its process is gone" },
};

static int want_text(struct parser *p, struct want *want, const char *text)
{
	want->kind = WANT_TEXT;
	want->text = arena_strndup(&p->s->arena, text, strlen(text));
	return 0;
}

/* "IN,ERR,..": these events, and perhaps others */
static bool result_more(struct word w)
{
	return w.len > 3 && memcmp(w.at + w.len - 3, ",..", 3) == 0;
}

static const char *result_add_more(short events, char buf[NAME_SET_MAX])
{
	size_t len = strlen(name_poll(events, buf));

	snprintf(buf + len, NAME_SET_MAX - len, ",..");
	return buf;
}

/* The result in canonical spelling, or NULL when the verb cannot give it. */
static const char *result_text(struct word w, unsigned int may,
			       char buf[NAME_SET_MAX])
{
	bool more = result_more(w);
	int events = name_poll_parse(w.at, w.len - (more ? 3 : 0));
	int sets = name_select_parse(w.at, w.len);
	int err = name_errno_parse(w.at, w.len);
	int64_t n;

	if (may & MAY_EOF && word_is(w, "eof"))
		return "eof";
	if (may & MAY_EVENTS && more)
		return events > 0 ? result_add_more((short)events, buf) : NULL;
	if (may & MAY_EVENTS && events >= 0)
		return name_poll((short)events, buf);
	if (may & MAY_SETS && sets >= 0)
		return name_select(sets, buf);
	if (may & MAY_SIGNAL && word_is(w, "SIGPIPE"))
		return "SIGPIPE";
	if (may && err)
		return name_errno(err, buf);
	if (word_size(w, 0, &n) || !(may & (n ? MAY_NUMBER : MAY_ZERO)))
		return NULL;
	snprintf(buf, NAME_SET_MAX, "%" PRId64, n);
	return buf;
}

static const char *nth_errno(size_t i, char buf[16])
{
	return i < 133 ? name_errno((int)i + 1, buf) : NULL;
}

static int bad_result(struct parser *p, const struct verb *verb, struct word w)
{
	const char *text = parse_show(p, w);
	char buf[16];
	const char *near = verb->gives == GIVES_NOTHING
				   ? NULL
				   : parse_near(w, nth_errno, buf);

	if (near && !name_errno_parse(w.at, w.len))
		return parse_fault(p, "%s: unknown errno, did you mean %s?",
				   text, near);
	return parse_fault(p, "= %s: %s gives %s%s", text, verb->name,
			   verb->id == VERB_DRAIN ? "all, " : "",
			   gives[verb->gives].expected);
}

/* The one of "eof|ECONNRESET" that begins there */
static struct word result_one(struct word w, size_t from)
{
	struct word one = { .at = w.at + from, .len = w.len - from };
	const char *bar = memchr(one.at, '|', one.len);

	if (bar)
		one.len = (size_t)(bar - one.at);
	return one;
}

static int read_want(struct parser *p, const struct verb *verb, struct word w,
		     struct want *want)
{
	unsigned int may = gives[verb->gives].may;
	char buf[NAME_SET_MAX];
	const char *text, *all = "";
	struct word one;

	want->kind = WANT_ALL;
	if (verb->id == VERB_DRAIN && word_is(w, "all"))
		return 0;
	want->kind = WANT_ANY;
	if (may & MAY_ANY && word_is(w, "any"))
		return 0;
	for (size_t from = 0; from <= w.len; from += one.len + 1) {
		one = result_one(w, from);
		text = result_text(one, may, buf);
		if (!text)
			return bad_result(p, verb, one);
		all = arena_printf(&p->s->arena, "%s%s%s", all, *all ? "|" : "",
				   text);
	}
	return want_text(p, want, all);
}

/* What is wanted when nothing is written; a fault when something must be. */
static int default_want(struct parser *p, const struct verb *verb,
			const char *args, struct want *want)
{
	size_t digits;

	if (verb->gives == GIVES_ZERO)
		return want_text(p, want, "0");
	digits = strspn(args, "0123456789");
	if (digits) { /* send N, recv N */
		args = arena_strndup(&p->s->arena, args, digits);
		return want_text(p, want, args);
	}
	if (verb->how & VERB_WANTS)
		return parse_fault(p,
				   "%s without a result, expected \"= "
				   "RESULT\": %s",
				   verb->name, gives[verb->gives].expected);
	want->kind = verb->id == VERB_DRAIN ? WANT_ALL : WANT_ANY;
	return 0;
}

/* The arguments end before a bound, "=" or "blocks". */
static size_t args_end(const struct parser *p)
{
	size_t at = 2;

	while (at < p->ln.n && !parse_is_bound(p, at) &&
	       !word_is(p->ln.word[at], "=") &&
	       !word_is(p->ln.word[at], "blocks"))
		at++;
	return at;
}

/* The second word of an act's line is one of these or a verb. */
static const char *nth_verb(size_t i, char buf[16])
{
	static const char *const others[] = { "is", "count", "returns" };

	(void)buf;
	if (i < ARRAY_SIZE(others))
		return others[i];
	i -= ARRAY_SIZE(others);
	return i < VERB_COUNT ? verb_of((enum verb_id)i)->name : NULL;
}

static int find_verb(struct parser *p, struct word w, const struct verb **verb)
{
	*verb = verb_find(w.at, w.len);
	return *verb ? 0 : parse_unknown(p, w, "verb", nth_verb);
}

/* "blocks" at the end of an act */
static int read_blocks(struct parser *p, struct act *act, size_t at)
{
	if (!(act->verb->how & VERB_BLOCKS))
		return parse_fault(p,
				   "%s cannot block, expected it only of "
				   "accept, send, recv, drain, close and join",
				   act->verb->name);
	act->want.kind = WANT_BLOCKS;
	return parse_end(p, at + 1);
}

/* "[= RESULT] [BOUND]"; the "=" may be missing when bare */
static int read_result(struct parser *p, struct act *act, size_t at, bool bare)
{
	bool equals = at < p->ln.n && word_is(p->ln.word[at], "=");
	struct word w;
	int rc;

	if (equals || (bare && at < p->ln.n && !parse_is_bound(p, at))) {
		at += equals;
		if (parse_word(p, at, "a result", &w))
			return -1;
		rc = read_want(p, act->verb, w, &act->want);
		at++;
	} else {
		rc = default_want(p, act->verb, act->args, &act->want);
	}
	return rc ? rc : parse_bound(p, at, BOUND_CALL, &act->bound);
}

/* "recv 10" of "thread recv 10": a call that may block */
static int read_call(struct parser *p, size_t to, const char **args)
{
	const struct verb *verb;
	struct word w;

	if (parse_word(p, 2, "a call such as recv", &w) ||
	    find_verb(p, w, &verb))
		return -1;
	if (!(verb->how & VERB_BLOCKS) || verb->id == VERB_JOIN)
		return parse_fault(p,
				   "thread %s: expected a call that may "
				   "block: accept, send, recv, drain or close",
				   verb->name);
	if (read_args(p, verb, 3, to, args))
		return -1;
	*args = arena_printf(&p->s->arena, "%s%s%s", verb->name,
			     **args ? " " : "", *args);
	return 0;
}

int parse_act(struct parser *p, struct step *st)
{
	struct act *act = &st->act;
	size_t end = args_end(p);

	st->kind = STEP_ACT;
	if (parse_side(p, p->ln.word[0], &act->side) ||
	    find_verb(p, p->ln.word[1], &act->verb))
		return -1;
	if (act->verb->id == VERB_THREAD
		    ? read_call(p, end, &act->args)
		    : read_args(p, act->verb, 2, end, &act->args))
		return -1;
	if (end < p->ln.n && word_is(p->ln.word[end], "blocks"))
		return read_blocks(p, act, end);
	return read_result(p, act, end, false);
}

int parse_returns(struct parser *p, struct step *st)
{
	struct act *act = &st->act;
	enum side side;

	st->kind = STEP_RETURNS;
	if (parse_side(p, p->ln.word[0], &side))
		return -1;
	if (!p->call[side].may)
		return parse_misplaced(p,
				       "no call of %c is out, expected "
				       "\"%c VERB blocks\" before",
				       side_letter(side), side_letter(side));
	act->side = side;
	act->verb = p->call[side].act.verb;
	act->args = p->call[side].act.args;
	return read_result(p, act, 2, true);
}
