/* Cases upon two ends: see stack_play.h. */
#include "test/stack_play.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "run/interpret.h"
#include "run/judged.h"
#include "script/parse.h"
#include "test/expect.h"
#include "test/sim_stack.h"

#define CASE_NS (20 * NS_PER_S)

void stack_open_simulated(struct ends *e, enum sim_bug b_is)
{
	e->link = sim_link_new(NULL);
	e->stack[SIDE_A] = sim_stack_new(SIDE_A, SIM_HEALTHY, e->link);
	e->stack[SIDE_B] = sim_stack_new(SIDE_B, b_is, e->link);
}

/* Begins, plays and ends it, as a lane does. */
static void play_script(struct live_stage *live, const struct script *s,
			struct tape *t)
{
	struct stage *st = live_stage_base(live);
	enum stage_said said = live_stage_begin(live, s, AF_INET, t);
	uint64_t received[2], dropped[2];

	if (said == STAGE_YES) {
		interpret(s, st, t, CASE_NS);
	} else {
		t->verdict =
			said == STAGE_CANNOT ? VERDICT_SKIP : VERDICT_BROKEN;
		t->reason = arena_printf(&t->arena, "%s", st->fault.text);
	}
	if (live_stage_end(live, t->verdict == VERDICT_NOT_OK, received,
			   dropped))
		return;
	t->verdict = VERDICT_BROKEN;
	t->reason = arena_printf(&t->arena, "%s", st->fault.text);
}

static void show_fault(void *ctx, const char *text, size_t n)
{
	(void)ctx;
	(void)n;
	puts(text);
}

enum verdict stack_play_late(struct ends *ends, const char *text,
			     struct tape *t, int64_t *late_ns)
{
	struct script *s =
		parse_script("x.fin", text, strlen(text), show_fault, NULL);
	struct scapy scapy = { CHILD_NONE };
	struct live_stage *live = live_stage_new(ends, &scapy);
	const struct judged *judged;
	size_t n;

	*t = (struct tape){ .verdict = VERDICT_BROKEN };
	*late_ns = 0;
	if (EXPECT_TRUE(s != NULL)) {
		play_script(live, s, t);
		judged_tape(s, t, &judged, &n);
		*late_ns = live_stage_late_ns(live);
	}
	live_stage_free(live);
	script_free(s);
	return t->verdict;
}

enum verdict stack_play(struct ends *ends, const char *text, struct tape *t)
{
	int64_t late_ns;

	return stack_play_late(ends, text, t, &late_ns);
}
