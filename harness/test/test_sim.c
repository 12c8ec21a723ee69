/*
 * The judge, over thousands of simulated connections: no finding where both
 * ends are healthy, the right one where one is not, and an account of the
 * ending that agrees with what happened. Knows the truth from the simulator.
 */
#include "test/expect.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "judge/wire_judge.h"
#include "test/sim.h"

#define HEALTHY	  20000
#define BROKEN	  40 /* runs of each kind */
#define SHOWN_MAX 10 /* failures shown in detail */

/* One connection, and what its judge said of it. */
struct trial {
	struct sim_plan plan;
	struct sim_truth truth;
	struct wire_judge judge;
	struct judge_sink ear;
	struct wire_summary summary;
	uint64_t frames;
	unsigned int found[RULE_COUNT]; /* violation or suspicious */
	unsigned int said[RULE_COUNT];	/* those, and notes */
	bool reopened;
	char worst[400]; /* the first of those, in words */
};

static void hear(void *ctx, const struct judge_finding *f)
{
	struct trial *t = ctx;
	const struct rule *first = rule_of((enum rule_id)0);

	if (f->severity != SEVERITY_INCONCLUSIVE)
		t->said[f->rule - first]++;
	if (f->severity < SEVERITY_SUSPICIOUS)
		return;
	t->found[f->rule - first]++;
	if (t->worst[0])
		return;
	snprintf(t->worst, sizeof(t->worst), "%s of %c at frame %llu: %s | %s",
		 f->rule->name, side_letter(f->side),
		 (unsigned long long)f->frame, f->expected, f->actual);
}

static void see(void *ctx, enum side from, const struct seg *seg, int64_t at_ns)
{
	struct trial *t = ctx;

	if (t->frames && wire_judge_is_reopened(&t->judge, from, seg))
		t->reopened = true;
	wire_judge_segment(&t->judge, from, seg, ++t->frames, at_ns, &t->ear);
}

/* The plan is made. */
static void try(struct trial *t)
{
	t->ear = (struct judge_sink){ hear, t };
	sim_run(&t->plan, see, t, &t->truth);
	wire_judge_end(&t->judge, t->truth.end_ns, &t->ear);
	wire_judge_summarise(&t->judge, &t->summary);
}

/*
 * An RST that answers a late duplicate may meet a TIME-WAIT: nobody's fault,
 * and still what RFC 1337 calls an assassination. And where both have sent
 * beyond a window that was made smaller, their ACKs answer each other until a
 * timeout sends octets again: the loop is real, and the stacks do what RFC
 * 9293 says.
 */
static bool is_excused(const struct trial *t, int rule)
{
	if (rule == RULE_ACK_LOOP)
		return true;
	return rule == RULE_TIME_WAIT_ASSASSINATED && t->truth.complete &&
	       (t->truth.rst[SIDE_A] || t->truth.rst[SIDE_B]);
}

static const char *false_finding(const struct trial *t)
{
	int rule;

	if (t->reopened)
		return "taken for another connection";
	for (rule = 0; rule < RULE_COUNT; rule++)
		if (t->found[rule] && !is_excused(t, rule))
			return t->worst;
	return NULL;
}

/* Whether the vantage point could know all there was to know. */
static bool is_knowable(const struct trial *t)
{
	const struct sim_plan *p = &t->plan;
	const struct sim_truth *u = &t->truth;

	if (p->miss || p->twice || p->swap || p->from_ns || p->to_ns ||
	    p->mute_ns || u->hidden || u->gave_up[SIDE_A] || u->gave_up[SIDE_B])
		return false;
	if (u->complete)
		return true;
	/* An RST that never came by, or came but not with an exact number. */
	return (u->rst[SIDE_A] || u->rst[SIDE_B]) &&
	       u->state[SIDE_A] == TCP_STATE_CLOSED &&
	       u->state[SIDE_B] == TCP_STATE_CLOSED;
}

static enum ending true_ending(const struct trial *t)
{
	const struct sim_truth *u = &t->truth;

	if (t->plan.refuses)
		return ENDING_REFUSED;
	if (u->complete)
		return u->fin_early[SIDE_A] && u->fin_early[SIDE_B]
			       ? ENDING_SIMULTANEOUS
			       : ENDING_NORMAL;
	return ENDING_ABORTED;
}

static enum first true_first(const struct sim_truth *u)
{
	if (u->fin_early[SIDE_A] && u->fin_early[SIDE_B])
		return FIRST_BOTH;
	return u->fin_early[SIDE_A] ? FIRST_A : FIRST_B;
}

/*
 * Whether TIME-WAIT is over, after a minute or by an RST, is a choice of the
 * stack (RFC 1337) that a judge cannot see. Nor can it see that the closes
 * crossed when the FIN that would show it was lost before it came by.
 */
static bool state_agrees(const struct trial *t, int side)
{
	enum tcp_state real = t->truth.state[side];
	enum tcp_state said = t->summary.state[side];

	if (said == TCP_STATE_TIME_WAIT && real == TCP_STATE_CLOSED)
		return t->truth.end_ns > 60 * NS_PER_S ||
		       t->truth.assassinated[side];
	if (said == TCP_STATE_CLOSED && real == TCP_STATE_TIME_WAIT)
		return !t->truth.fin_early[side];
	if (said == TCP_STATE_CLOSED && real == TCP_STATE_LISTEN)
		return t->plan.refuses;
	return said == real;
}

static const char *disagreement(const struct trial *t, char *buf, size_t cap)
{
	const struct wire_summary *s = &t->summary;
	enum ending ending = true_ending(t);

	if (s->ending != ending)
		snprintf(buf, cap, "ending %s, in truth %s",
			 ending_name(s->ending), ending_name(ending));
	else if (t->truth.complete && s->closed_first != true_first(&t->truth))
		snprintf(buf, cap, "closed first %s, in truth %s",
			 first_name(s->closed_first),
			 first_name(true_first(&t->truth)));
	else if (!state_agrees(t, SIDE_A) || !state_agrees(t, SIDE_B))
		snprintf(buf, cap, "states %s %s, in truth %s %s",
			 name_state(s->state[SIDE_A]),
			 name_state(s->state[SIDE_B]),
			 name_state(t->truth.state[SIDE_A]),
			 name_state(t->truth.state[SIDE_B]));
	else
		return NULL;
	return buf;
}

/* Shows the first few in words, counts them all. */
static void complain(unsigned int *count, uint64_t seed, const char *what,
		     const char *wanted)
{
	char row[64];

	if ((*count)++ >= SHOWN_MAX)
		return;
	snprintf(row, sizeof(row), "seed %llu", (unsigned long long)seed);
	expect_row(row);
	EXPECT_STR(what, wanted);
	expect_row(NULL);
}

static void ignore(void *ctx, enum side from, const struct seg *seg,
		   int64_t at_ns)
{
	(void)ctx;
	(void)from;
	(void)seg;
	(void)at_ns;
}

/* The simulator itself: without an RST all octets arrive and all end. */
static const char *sim_fault(const struct sim_plan *p,
			     const struct sim_truth *u)
{
	if (u->overrun)
		return "does not end";
	if (u->rst[SIDE_A] || u->rst[SIDE_B] || u->aborted[SIDE_A] ||
	    u->aborted[SIDE_B] || u->gave_up[SIDE_A] || u->gave_up[SIDE_B] ||
	    p->mute_ns || p->refuses)
		return NULL;
	if (!u->complete)
		return "not both FINs acknowledged";
	if (u->written[SIDE_A] != u->delivered[SIDE_B] ||
	    u->written[SIDE_B] != u->delivered[SIDE_A])
		return "octets were lost";
	return NULL;
}

static void test_simulator(void)
{
	struct sim_plan plan;
	struct sim_truth truth;
	unsigned int bad = 0, orderly = 0;
	uint64_t seed;

	for (seed = 1; seed <= HEALTHY; seed++) {
		const char *fault;

		sim_plan_healthy(&plan, seed);
		sim_run(&plan, ignore, NULL, &truth);
		fault = sim_fault(&plan, &truth);
		orderly += truth.complete;
		if (fault)
			complain(&bad, seed, fault, "a proper end");
	}
	EXPECT_INT(bad, 0);
	EXPECT_TRUE(orderly > HEALTHY / 3);
}

/* What is wrong about the judge's word on this one, or NULL. */
static const char *misread(struct trial *t, uint64_t seed, bool *compared,
			   char *buf, size_t cap)
{
	const char *finding;

	sim_plan_healthy(&t->plan, seed);
	try(t);
	finding = false_finding(t);
	*compared = is_knowable(t);
	if (finding || !*compared)
		return finding;
	return disagreement(t, buf, cap);
}

static void test_healthy(void)
{
	unsigned int bad = 0, compared = 0;
	uint64_t seed;

	for (seed = 1; seed <= HEALTHY; seed++) {
		struct trial t = { .frames = 0 };
		bool knowable;
		char buf[200];
		const char *what =
			misread(&t, seed, &knowable, buf, sizeof(buf));

		compared += knowable;
		if (what)
			complain(&bad, seed, what, "no finding, and the truth");
	}
	EXPECT_INT(bad, 0);
	EXPECT_TRUE(compared > HEALTHY / 3);
}

/* Those that were misread once: one in some ten thousand. */
static void test_rare(void)
{
	static const uint64_t seeds[] = { 33453, 144051, 123330, 420767 };
	unsigned int bad = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(seeds); i++) {
		struct trial t = { .frames = 0 };
		bool knowable;
		char buf[200];
		const char *what =
			misread(&t, seeds[i], &knowable, buf, sizeof(buf));

		if (what)
			complain(&bad, seeds[i], what,
				 "no finding, and the truth");
	}
	EXPECT_INT(bad, 0);
}

#define R(name) (UINT64_C(1) << RULE_##name)

struct bug_row {
	const char *name;
	enum sim_bug bug;
	uint64_t wanted;  /* any of these rules */
	uint64_t besides; /* what that may break as well */
};

static const struct bug_row bugs[] = {
	{ "FIN never retransmitted", SIM_FIN_ONCE, R(FIN_NOT_RETRANSMITTED),
	  0 },
	{ "FIN moves", SIM_FIN_MOVES, R(FIN_MOVED),
	  R(FIN_STORM) | R(FIN_NOT_RETRANSMITTED) },
	{ "data after FIN", SIM_DATA_AFTER_FIN, R(DATA_AFTER_FIN), 0 },
	{ "FIN acknowledged one too low", SIM_FIN_ACK_LOW, R(FIN_ACK_LOW),
	  R(FIN_NEVER_ACKED) | R(FIN_ACK_LATE) | R(LAST_ACK_MISSING) },
	{ "FIN without back-off", SIM_NO_BACKOFF, R(NO_BACKOFF), 0 },
	{ "RST answers RST", SIM_RST_TO_RST, R(RST_ANSWERS_RST), 0 },
	{ "acknowledges beyond the FIN", SIM_ACK_BEYOND, R(ACK_UNSENT),
	  R(FIN_NEVER_ACKED) | R(FIN_ACK_LOW) },
	{ "FIN without ACK", SIM_FIN_NO_ACK, R(FIN_WITHOUT_ACK), 0 },
	{ "FIN without timestamps", SIM_FIN_NO_TS, R(NO_TIMESTAMP), 0 },
	{ "goes on after RST", SIM_AFTER_RST, R(AFTER_RST), 0 },
	{ "storm of FINs", SIM_FIN_STORM, R(FIN_STORM),
	  R(RETRANSMITTED_EARLY) | R(NO_BACKOFF) | R(ACK_LOOP) },
	{ "RST with data", SIM_RST_DATA, R(RST_WITH_DATA), 0 },
	{ "storm of RSTs", SIM_RST_STORM, R(RST_STORM), 0 },
	{ "the last ACK is missing", SIM_LAST_ACK,
	  R(LAST_ACK_MISSING) | R(FIN_NEVER_ACKED), 0 },
	{ "sequence number below the FIN", SIM_SEQ_BELOW, R(SEQ_BELOW_FIN), 0 },
	{ "FIN acknowledged late", SIM_ACK_LATE, R(FIN_ACK_LATE),
	  R(FIN_ACK_LOW) },
	{ "RST with a wrong number", SIM_RST_SEQ,
	  R(RST_WRONG_SEQ) | R(RST_INEXACT),
	  R(RST_OUTSIDE) | R(RST_STORM) | R(RST_INEXACT) | R(FIN_NEVER_ACKED) |
		  R(ACK_LOOP) },
	{ "RST outside the window", SIM_RST_FAR, R(RST_OUTSIDE),
	  R(RST_STORM) | R(AFTER_RST) },
};

static const char *foreign_finding(const struct trial *t,
				   const struct bug_row *row)
{
	int rule;

	for (rule = 0; rule < RULE_COUNT; rule++)
		if (t->found[rule] &&
		    !((row->wanted | row->besides) >> rule & 1))
			return rule_of((enum rule_id)rule)->name;
	return NULL;
}

static bool is_caught(const struct trial *t, uint64_t wanted)
{
	int rule;

	for (rule = 0; rule < RULE_COUNT; rule++)
		if (t->said[rule] && wanted >> rule & 1)
			return true;
	return false;
}

/* Always caught: the occasion is free of loss and has all it takes. */
static void try_bug(const struct bug_row *row)
{
	unsigned int caught = 0;
	const char *foreign = NULL;
	uint64_t seed;

	for (seed = 1; seed <= BROKEN; seed++) {
		struct trial t = { .frames = 0 };

		sim_plan_broken(&t.plan, row->bug, seed);
		try(&t);
		caught += is_caught(&t, row->wanted);
		if (!foreign)
			foreign = foreign_finding(&t, row);
	}
	expect_row(row->name);
	EXPECT_INT(caught, BROKEN);
	EXPECT_STR(foreign ? foreign : "no other finding", "no other finding");
	expect_row(NULL);
}

static void test_bugs(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bugs); i++)
		try_bug(&bugs[i]);
}

static const struct test tests[] = {
	{ "the simulator's connections end as they should", test_simulator },
	{ "nothing but the truth of healthy connections", test_healthy },
	{ "nor of those that were misread once", test_rare },
	{ "every broken end is found", test_bugs },
	{ NULL, NULL },
};

const struct suite suite_sim = { "sim", tests };
