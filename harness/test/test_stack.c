/*
 * The seam for stacks, proved by a second one: cases of the suite are played
 * by the interpreter and the live stage upon ends of the simulator, which have
 * no kernel, no namespace and no process; and upon one such end and one of the
 * running kernel.
 */
#include "test/sim_stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/folder.h"
#include "link/cable.h"
#include "run/judged.h"
#include "run/live_stage.h"
#include "run/plan.h"
#include "run/interpret.h"
#include "script/parse.h"
#include "stack/linux/linux_stack.h"
#include "stack/linux/netns.h"
#include "test/expect.h"

extern const struct suite suite_stack;

#define CASE_NS (20 * NS_PER_S)

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

/* The verdict, the judge's word included. The tape is the caller's. */
static enum verdict play_text(struct ends *ends, const char *text,
			      struct tape *t)
{
	struct script *s =
		parse_script("x.fin", text, strlen(text), show_fault, NULL);
	struct scapy scapy = { .fd = -1 };
	struct live_stage *live = live_stage_new(ends, &scapy);
	const struct judged *judged;
	size_t n;

	*t = (struct tape){ .verdict = VERDICT_BROKEN };
	if (EXPECT_TRUE(s != NULL)) {
		play_script(live, s, t);
		judged_tape(s, t, &judged, &n);
	}
	live_stage_free(live);
	script_free(s);
	return t->verdict;
}

/* A case of the suite: ok, or what is wrong is printed. */
static bool play_case(struct ends *ends, const char *name)
{
	enum verdict verdict = VERDICT_BROKEN;
	struct plan plan;
	struct tape tape;
	struct fault f;
	char path[1024];
	char *text;
	size_t len;

	plan_open(&plan, NULL, NULL);
	snprintf(path, sizeof(path), "%s/%s.fin", plan.root, name);
	text = folder_read(path, &len, &f);
	plan_close(&plan);
	expect_row(name);
	EXPECT_TRUE(text != NULL);
	if (text) {
		verdict = play_text(ends, text, &tape);
		EXPECT_STR(tape.reason, NULL);
		EXPECT_STR(tape.finding ? tape.finding->what : NULL, NULL);
		if (!EXPECT_INT(verdict,
				VERDICT_OK)) /* a child's is not told */
			printf("%s: %s\n", name,
			       tape.finding ? tape.finding->what : tape.reason);
		tape_clear(&tape);
		free(text);
	}
	expect_row(NULL);
	return verdict == VERDICT_OK;
}

static void open_simulated(struct ends *e, enum sim_bug b_is)
{
	e->link = sim_link_new(NULL);
	e->stack[SIDE_A] = sim_stack_new(SIDE_A, SIM_HEALTHY, e->link);
	e->stack[SIDE_B] = sim_stack_new(SIDE_B, b_is, e->link);
}

/* Calls that block, forged segments, loss, resets, a process that exits. */
static const char *const cases[] = {
	"close/normal-a-first",
	"close/normal-b-first",
	"close/three-segments",
	"close/fin-wait-1-to-time-wait-a",
	"close/data-pending-b",
	"close/recv-waiting-gets-eof",
	"close/exit",
	"half-close/recv-after-eof",
	"unread/close-a",
	"reset/closed-port-ack",
	"reset/in-window-established",
	"reset/blocked-recv",
	"linger/zero-in-close-wait",
};

#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static void test_simulated(void)
{
	struct ends e;
	size_t i;

	open_simulated(&e, SIM_HEALTHY);
	for (i = 0; i < N_CASES; i++)
		play_case(&e, cases[i]);
	ends_close(&e);
}

#define HEAD "case x\nspec RFC9293-3.6-FIG12\n"
#define NORMAL                                                     \
	HEAD "open\n"                                              \
	     "A close\n"                                           \
	     "FIN-WAIT-1  -->  F.  seq 1 ack 1  -->  CLOSE-WAIT\n" \
	     "FIN-WAIT-2  <--  .   seq 1 ack 2  <--  CLOSE-WAIT\n"

/* The same case finds what is wrong with a second stack, too. */
static void test_broken_stack(void)
{
	struct tape t;
	struct ends e;

	open_simulated(&e, SIM_FIN_ACK_LOW);
	EXPECT_INT(play_text(&e, NORMAL, &t), VERDICT_NOT_OK);
	EXPECT_STR(t.finding ? t.finding->what : NULL, "wrong ack");
	tape_clear(&t);
	ends_close(&e);
}

/* What a stack cannot do is said, and nothing is made up in its stead. */
static void test_cannot(void)
{
	static const struct {
		unsigned int cannot;
		const char *text;
		const char *reason; /* NULL: it is not needed */
	} rows[] = {
		{ STACK_CAN_STATE, NORMAL,
		  "B's stack (sim) does not show states" },
		{ STACK_CAN_COUNT,
		  HEAD "open\nB count ESTABLISHED = 1 within 1s\n",
		  "B's stack (sim) counts no sockets" },
		{ STACK_CAN_DESTROY, HEAD "open\nB destroy\npass\n",
		  "B's stack (sim) destroys no connections" },
		{ STACK_CAN_OPTIONS,
		  HEAD "sysctl B net.ipv4.tcp_sack 0\nopen\n",
		  "B's stack (sim) has no sysctls" },
		/* An echo behind the segment shows that it is processed. */
		{ STACK_CAN_CONFIRM, NORMAL, NULL },
		{ STACK_CAN_ROUTES, NORMAL, NULL },
	};
	struct tape t;
	struct ends e;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		open_simulated(&e, SIM_HEALTHY);
		expect_row(rows[i].text);
		e.stack[SIDE_B]->can &= ~rows[i].cannot;
		EXPECT_INT(play_text(&e, rows[i].text, &t),
			   rows[i].reason ? VERDICT_SKIP : VERDICT_OK);
		EXPECT_STR(t.reason, rows[i].reason);
		tape_clear(&t);
		ends_close(&e);
	}
	expect_row(NULL);
}

/* Either end is looked up before anything is built, on every link. */
static void test_unknown(void)
{
	static const char *const names[][2] = { { "kernel", "board" },
						{ "board", "kernel" },
						{ "board", "board" } };
	enum link_kind link;
	struct fault f;
	struct ends e;
	size_t i;

	for (link = LINK_CABLE; link < LINK_COUNT; link++) {
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			f.text[0] = '\0';
			EXPECT_INT(ends_open(&e, names[i], link, -1, &f), -1);
			EXPECT_STR(f.text, "there is no stack \"board\"; "
					   "known: kernel");
			EXPECT_TRUE(!e.stack[SIDE_A] && !e.stack[SIDE_B] &&
				    !e.link);
		}
	}
}

/* An end of the kernel's, and the cable to its port alone. */
static struct link *open_kernel(struct ends *e, enum side side, struct fault *f)
{
	struct stack *s = linux_stack_open(side, -1, f);
	const char *interface[2];
	int cable;

	e->stack[side] = s;
	cable = s ? netns_new(f) : -1;
	if (cable < 0 || s->ops->plug(s, cable, f) < 0)
		return NULL;
	interface[SIDE_A] = interface[SIDE_B] = s->port.interface;
	return cable_open(interface, f);
}

static bool join(struct ends *e, enum side side, struct link *far,
		 struct fault *f)
{
	struct stack *kernel = e->stack[side], *sim;

	e->link = sim_link_new(far);
	sim = sim_stack_new(side_other(side), SIM_HEALTHY, e->link);
	e->stack[side_other(side)] = sim;
	return kernel->ops->meet(kernel, &sim->port, f) == 0 &&
	       sim->ops->meet(sim, &kernel->port, f) == 0 &&
	       kernel->ops->wait_ready(kernel, f) == 0 &&
	       kernel->caller->ops->start(kernel->caller, f) == 0;
}

/* The kernel at that side, the simulator at the other. */
static bool play_mixed(enum side side)
{
	struct ends e = { .link = NULL };
	struct fault f = { "" };
	struct link *far = open_kernel(&e, side, &f);
	bool good = far && join(&e, side, far, &f);
	size_t i;

	EXPECT_STR(f.text, "");
	for (i = 0; good && i < N_CASES; i++)
		good = play_case(&e, cases[i]);
	ends_close(&e);
	if (far)
		far->ops->close(far);
	return good;
}

static void test_mixed(void)
{
	struct fault f;
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		if (ends_privilege(&f) < 0)
			_exit(77);
		status = !play_mixed(SIDE_A) || !play_mixed(SIDE_B);
		fflush(stdout);
		_exit(status);
	}
	EXPECT_INT(waitpid(pid, &status, 0), pid);
	EXPECT_TRUE(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		puts("skipped: cannot make network namespaces");
	else
		EXPECT_INT(WEXITSTATUS(status), 0);
}

static const struct test tests[] = {
	{ "cases between two simulated ends", test_simulated },
	{ "an end that is broken", test_broken_stack },
	{ "what a stack cannot do", test_cannot },
	{ "a stack that there is not", test_unknown },
	{ "a simulated end and the kernel's", test_mixed },
	{ NULL, NULL },
};

const struct suite suite_stack = { "stack", tests };
