/*
 * Texts for the tests of the parser, and what it made of them in a terse form
 * that names every field. Knows nothing of what is expected.
 */
#include "test/test_parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "test/expect.h"
#include "script/parse.h"
#include "script/verb.h"

const char *const parse_examples[] = {
	"case  normal close, A first\n"
	"spec  RFC9293 3.6 figure 12\n"
	"\n"
	"open\n"
	"\n"
	"A close\n"
	"FIN-WAIT-1  -->  F.  seq 1 ack 1  -->  CLOSE-WAIT\n"
	"FIN-WAIT-2  <--  .   ack 2        <--  CLOSE-WAIT\n"
	"B recv = eof\n"
	"B close\n"
	"TIME-WAIT   <--  F.  seq 1 ack 2  <--  LAST-ACK\n"
	"TIME-WAIT   -->  .   ack 2        -->  CLOSED\n",

	"case  simultaneous close\n"
	"spec  RFC9293 3.6 figure 13\n"
	"needs wire\n"
	"\n"
	"open\n"
	"\n"
	"A close\n"
	"FIN-WAIT-1  -->  F.  seq 1 ack 1  ...     # A's FIN is in flight\n"
	"B close\n"
	"CLOSING     <--  F.  seq 1 ack 1  <--  FIN-WAIT-1\n"
	"CLOSING     -->  .   ack 2        ...\n"
	"            ...  F.  seq 1 ack 1  -->  CLOSING\n"
	"TIME-WAIT   <--  .   ack 2        <--\n"
	"            ...  .   ack 2        -->  TIME-WAIT\n",

	"case  close with unread data resets\n"
	"spec  RFC9293-3.6.1-SHLD3, RFC2525-2.17\n"
	"\n"
	"open\n"
	"\n"
	"B send 1000\n"
	"            <--  P.  seq 1:1001 ack 1  <--\n"
	"            -->  .   ack 1001          -->\n"
	"A close                        # 1000 bytes A never read\n"
	"CLOSED      -->  R.  seq 1 ack 1001    -->  CLOSED\n"
	"B recv = ECONNRESET\n",

	"case  blind reset, in window but not exact, draws a challenge ACK\n"
	"spec  RFC5961-3.2-2\n"
	"needs wire\n"
	"\n"
	"open\n"
	"\n"
	"ESTABLISHED  <--  R  seq 101  <~~     # forged: B never sent it\n"
	"             -->  .  seq 1 ack 1  --> # the challenge\n"
	"A is ESTABLISHED\n",

	"case  peer vanishes, the orphaned FIN is given up\n"
	"spec  RFC6298-5.5, LINUX-ORPHAN-RETRIES\n"
	"needs wire\n"
	"\n"
	"set rto_min off\n"
	"sysctl A net.ipv4.tcp_orphan_retries 3\n"
	"sysctl A net.ipv4.tcp_early_retrans  0   # timer only\n"
	"\n"
	"open\n"
	"\n"
	"B vanish                 # nothing reaches B, nothing leaves it\n"
	"A close\n"
	"FIN-WAIT-1  -->  F.  seq 1 ack 1  --x\n"
	"            -->  F.  seq 1 ack 1  --x  after 150ms..500ms\n"
	"repeat 2..4 {\n"
	"            -->  F.  seq 1 ack 1  --x  after 2x\n"
	"}\n"
	"A is CLOSED within 10s\n"
	"quiet 1s                 # in silence: no reset\n",
	NULL,
};

static void note_fault(void *ctx, const char *text, size_t n)
{
	struct parse_faults *f = ctx;

	(void)n;
	f->n++;
	f->len += (size_t)snprintf(f->text + f->len, sizeof(f->text) - f->len,
				   "%s\n", text);
	if (f->len > sizeof(f->text) - 1)
		f->len = sizeof(f->text) - 1;
}

struct script *parse_text(const char *text, size_t len,
			  struct parse_faults *faults)
{
	memset(faults, 0, sizeof(*faults));
	return parse_script("t.fin", text, len, note_fault, faults);
}

__attribute__((format(printf, 2, 3))) static void put(struct terse *o,
						      const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	o->len += (size_t)vsnprintf(o->text + o->len, sizeof(o->text) - o->len,
				    fmt, ap);
	va_end(ap);
	if (o->len > sizeof(o->text) - 1)
		o->len = sizeof(o->text) - 1;
}

static void put_bound(struct terse *o, const struct bound *b)
{
	if (b->min_ns)
		put(o, " >%lldus", (long long)(b->min_ns / NS_PER_US));
	if (b->max_ns)
		put(o, " <%lldus", (long long)(b->max_ns / NS_PER_US));
	if (b->ratio != 0)
		put(o, " *%.2f", b->ratio);
}

static void put_act(struct terse *o, const struct act *act)
{
	static const char *const kinds[] = {
		[WANT_ANY] = "any",
		[WANT_ALL] = "all",
		[WANT_BLOCKS] = "blocks",
	};

	put(o, "%c %s(%s) %s", side_letter(act->side), act->verb->name,
	    act->args,
	    act->want.kind == WANT_TEXT ? act->want.text
					: kinds[act->want.kind]);
	put_bound(o, &act->bound);
}

static void put_pattern(struct terse *o, const struct pattern *pat)
{
	char buf[NAME_FLAGS_MAX];

	if (pat->scapy) {
		put(o, "scapy <%s>", pat->scapy);
		return;
	}
	if (pat->set & PAT_ICMP)
		put(o, "icmp %s mtu %u port %d", icmp_name(pat->icmp), pat->mtu,
		    pat->port);
	else
		put(o, "%s", name_flags(pat->flags, buf));
	if (pat->set & PAT_FLAGS_OR)
		put(o, "|%s", name_flags(pat->flags_or, buf));
	if (pat->set & PAT_EDGE)
		put(o, " seq edge%+lld", (long long)pat->seq);
	else if (pat->set & PAT_SEQ)
		put(o, " seq %lld", (long long)pat->seq);
	if (pat->set & PAT_LEN)
		put(o, "+%u", pat->len);
	if (pat->set & PAT_ACK)
		put(o, " ack %lld", (long long)pat->ack);
	if (pat->set & PAT_WIN)
		put(o, " win %u", pat->win);
	if (pat->set & PAT_TS)
		put(o, " ts %d", pat->ts);
	if (pat->set & PAT_TSVAL)
		put(o, " tsval %d..%d", pat->tsval, pat->tsval_most);
	if (pat->set & PAT_ISN)
		put(o, " isn");
	if (pat->set & PAT_TSECR)
		put(o, " tsecr %d", pat->tsecr);
	if (pat->set & PAT_MSS)
		put(o, " mss %d", pat->mss);
	if (pat->set & PAT_WSCALE)
		put(o, " wscale %d", pat->wscale);
	if (pat->set & PAT_SACKOK)
		put(o, " sackok %d", pat->sackok);
	if (pat->set & PAT_SACK)
		put(o, " sack");
	for (size_t i = 0; i < pat->n_sack; i++)
		put(o, " %lld:%lld", (long long)pat->sack[i].from,
		    (long long)pat->sack[i].to);
}

static void put_rung(struct terse *o, const struct rung *r)
{
	static const char *const how[] = { "deliver", "keep", "hold",
					   "release", "lose", "forge" };

	char a[NAME_STATES_MAX], b[NAME_STATES_MAX];

	put(o, "%c %s %s/%s ", side_letter(r->from), how[r->how],
	    name_states(r->states[SIDE_A], a),
	    name_states(r->states[SIDE_B], b));
	put_pattern(o, &r->pat);
	put_bound(o, &r->bound);
}

static void put_block(struct terse *o, const struct block *b);

static void put_blocks(struct terse *o, const struct step *st)
{
	if (st->kind == STEP_REPEAT) {
		put(o, "%ld..%ld {", st->repeat.min, st->repeat.max);
		put_block(o, &st->repeat.body);
		put(o, "}");
		return;
	}
	for (size_t i = 0; i < st->either.n; i++) {
		const struct breach *b = &st->either.breach[i];

		put(o, "%s%d", i ? " or " : "", st->either.line[i]);
		for (size_t k = 0; k < b->n; k++)
			put(o, " %s", b->id[k]);
		put(o, "{");
		put_block(o, &st->either.branch[i]);
		put(o, "}");
	}
}

static void put_pass(struct terse *o, const struct pass *pass)
{
	char states[NAME_STATES_MAX];

	put(o, "pass");
	if (pass->until == PASS_STATE)
		put(o, " %c %s", side_letter(pass->side),
		    name_states(pass->states, states));
	if (pass->until == PASS_RETURNS)
		put(o, " %c returns", side_letter(pass->side));
	put_bound(o, &pass->bound);
}

static void put_small(struct terse *o, const struct step *st)
{
	char states[NAME_STATES_MAX];

	if (st->kind == STEP_OPEN)
		put(o, "open %ld", st->open);
	if (st->kind == STEP_QUIET)
		put(o, "quiet %lld", (long long)(st->quiet_ns / NS_PER_US));
	if (st->kind == STEP_PASS)
		put_pass(o, &st->pass);
	if (st->kind == STEP_IS) {
		put(o, "%c is %s", side_letter(st->is.side),
		    name_states(st->is.states, states));
		put_bound(o, &st->is.bound);
	}
	if (st->kind == STEP_COUNT) {
		put(o, "%c count %s %ld", side_letter(st->count.side),
		    st->count.counter ? st->count.counter
				      : name_state(st->count.state),
		    st->count.number);
		put_bound(o, &st->count.bound);
	}
}

static void put_block(struct terse *o, const struct block *b)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct step *st = &b->steps[i];

		put(o, "%s", i ? "; " : "");
		if (st->kind == STEP_ACT || st->kind == STEP_RETURNS) {
			put(o, "%s", st->kind == STEP_RETURNS ? "~" : "");
			put_act(o, &st->act);
		} else if (st->kind == STEP_RUNG) {
			put_rung(o, &st->rung);
		} else if (st->kind >= STEP_REPEAT) {
			put_blocks(o, st);
		} else {
			put_small(o, st);
		}
	}
}

/* Parses what must be right, and prints its steps. */
struct script *parse_good(const char *text, struct terse *o)
{
	struct parse_faults faults;
	struct script *s = parse_text(text, strlen(text), &faults);

	memset(o, 0, sizeof(*o));
	EXPECT_STR(faults.text, "");
	if (s)
		put_block(o, &s->body);
	return s;
}
