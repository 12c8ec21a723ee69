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
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/folder.h"
#include "link/cable.h"
#include "run/plan.h"
#include "stack/linux/linux_stack.h"
#include "stack/linux/netns.h"
#include "test/expect.h"
#include "test/stack_play.h"

extern const struct suite suite_stack;

/* A case of the suite; malloc'ed, or NULL. */
static char *read_case(const char *name)
{
	struct plan plan;
	struct fault f;
	char path[1024];
	char *text;
	size_t len;

	plan_open(&plan, NULL, NULL);
	snprintf(path, sizeof(path), "%s/%s.fin", plan.root, name);
	text = folder_read(path, &len, &f);
	plan_close(&plan);
	return text;
}

/* A case of the suite: ok, or what is wrong is printed. */
static bool play_case(struct ends *ends, const char *name)
{
	enum verdict verdict = VERDICT_BROKEN;
	char *text = read_case(name);
	struct tape tape;

	expect_row(name);
	EXPECT_TRUE(text != NULL);
	if (text) {
		verdict = stack_play(ends, text, &tape);
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

#define N_CASES ARRAY_SIZE(cases)

static void test_simulated(void)
{
	struct ends e;
	size_t i;

	stack_open_simulated(&e, SIM_HEALTHY);
	for (i = 0; i < N_CASES; i++)
		play_case(&e, cases[i]);
	ends_close(&e);
}

#define NORMAL                                                                \
	STACK_PLAY_HEAD "open\n"                                              \
			"A close\n"                                           \
			"FIN-WAIT-1  -->  F.  seq 1 ack 1  -->  CLOSE-WAIT\n" \
			"FIN-WAIT-2  <--  .   seq 1 ack 2  <--  CLOSE-WAIT\n"

/* The same case finds what is wrong with a second stack, too. */
static void test_broken_stack(void)
{
	struct tape t;
	struct ends e;

	stack_open_simulated(&e, SIM_FIN_ACK_LOW);
	EXPECT_INT(stack_play(&e, NORMAL, &t), VERDICT_NOT_OK);
	EXPECT_STR(t.finding ? t.finding->what : NULL, "wrong ack");
	tape_clear(&t);
	ends_close(&e);
}

/* A process that its stack does not let go is a fault of that stack. */
static void test_exit_lingers(void)
{
	struct tape t;
	struct ends e;

	stack_open_simulated(&e, SIM_HEALTHY);
	sim_stack_linger_at_exit(e.stack[SIDE_A]);
	EXPECT_INT(stack_play(&e, STACK_PLAY_HEAD "open\nA exit\n", &t),
		   VERDICT_NOT_OK);
	EXPECT_STR(t.finding ? t.finding->what : NULL,
		   "A exit has not returned");
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
		{ STACK_CAN_STATE, NORMAL, NULL },
		{ STACK_CAN_STATE,
		  STACK_PLAY_HEAD "open\nB is ESTABLISHED within 1s\n",
		  "waits for a state of B, whose stack shows none" },
		{ STACK_CAN_STATE,
		  STACK_PLAY_HEAD
		  "open\npass until B is ESTABLISHED within 1s\n",
		  "B's stack (sim) does not show states" },
		{ STACK_CAN_COUNT,
		  STACK_PLAY_HEAD "open\nB count ESTABLISHED = 1 within 1s\n",
		  "B's stack (sim) counts no sockets" },
		{ STACK_CAN_DESTROY, STACK_PLAY_HEAD "open\nB destroy\npass\n",
		  "B's stack (sim) destroys no connections" },
		{ STACK_CAN_OPTIONS,
		  STACK_PLAY_HEAD "sysctl B net.ipv4.tcp_sack 0\nopen\n",
		  "B's stack (sim) has no sysctls" },
		/* An echo behind the segment shows that it is processed. */
		{ STACK_CAN_CONFIRM, NORMAL, NULL },
		{ STACK_CAN_ROUTES, NORMAL, NULL },
	};
	struct tape t;
	struct ends e;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		stack_open_simulated(&e, SIM_HEALTHY);
		expect_row(rows[i].text);
		e.stack[SIDE_B]->can &= ~rows[i].cannot;
		EXPECT_INT(stack_play(&e, rows[i].text, &t),
			   rows[i].reason ? VERDICT_SKIP : VERDICT_OK);
		EXPECT_STR(t.reason, rows[i].reason);
		tape_clear(&t);
		ends_close(&e);
	}
	expect_row(NULL);
}

/* Those of the cases that open the connection, with states written. */
#define N_OPENED 9

/* They are played with states of these sides hidden. */
static void play_hidden(unsigned int sides)
{
	struct tape t;
	struct ends e;
	size_t i;
	char *text;

	stack_open_simulated(&e, SIM_HEALTHY);
	for (int side = SIDE_A; side <= SIDE_B; side++)
		if (sides & SIDE_BIT(side))
			e.stack[side]->can &= ~(unsigned int)STACK_CAN_STATE;
	for (i = 0; i < N_OPENED; i++) {
		expect_row(cases[i]);
		text = read_case(cases[i]);
		EXPECT_TRUE(text != NULL);
		if (!text)
			continue;
		EXPECT_INT(stack_play(&e, text, &t), VERDICT_OK);
		EXPECT_STR(t.finding ? t.finding->actual : NULL, NULL);
		EXPECT_TRUE(t.inferred > 0);
		EXPECT_INT(t.unseen, 0);
		tape_clear(&t);
		free(text);
	}
	expect_row(NULL);
	ends_close(&e);
}

/* The judge says what they must have been, but for when it cannot know. */
static void test_inferred(void)
{
	play_hidden(SIDE_BIT(SIDE_A));
	play_hidden(SIDE_BIT(SIDE_B));
	play_hidden(SIDE_BITS);
}

/* Played with states of those sides hidden. expected NULL: all agree. */
static void expect_inferred(const char *text, unsigned int hidden,
			    enum side side, int line, const char *expected,
			    const char *actual)
{
	char what[] = "wrong inferred state of A";
	struct tape t;
	struct ends e;

	expect_row(text);
	what[sizeof(what) - 2] = side_letter(side);
	stack_open_simulated(&e, SIM_HEALTHY);
	for (int s = SIDE_A; s <= SIDE_B; s++)
		if (hidden & SIDE_BIT(s))
			e.stack[s]->can &= ~(unsigned int)STACK_CAN_STATE;
	EXPECT_INT(stack_play(&e, text, &t),
		   expected ? VERDICT_NOT_OK : VERDICT_OK);
	EXPECT_INT(t.unseen, 0);
	EXPECT_INT(t.finding != NULL, expected != NULL);
	if (t.finding && expected) {
		EXPECT_STR(t.finding->what, what);
		EXPECT_STR(t.finding->expected, expected);
		EXPECT_STR(t.finding->actual, actual);
		EXPECT_INT(t.finding->line, line);
	}
	tape_clear(&t);
	ends_close(&e);
}

/* It is no yes to everything, nor does it need an opening that "open" proves. */
static void test_inferred_wrong(void)
{
	static const struct {
		const char *text;
		unsigned int hidden;
		enum side side;
		int line;
		const char *expected, *actual; /* NULL: it agrees */
	} rows[] = {
		{ STACK_PLAY_HEAD
		  "open\n"
		  "A close\n"
		  "FIN-WAIT-1  -->  F.  seq 1 ack 1  -->  ESTABLISHED\n"
		  "FIN-WAIT-2  <--  .   seq 1 ack 2  <--\n",
		  SIDE_BIT(SIDE_B), SIDE_B, 5, "ESTABLISHED", "CLOSE-WAIT" },
		{ STACK_PLAY_HEAD "open\n"
				  "A close\n"
				  "FIN-WAIT-2  -->  F.  seq 1 ack 1  -->\n"
				  "            <--  .   seq 1 ack 2  <--\n",
		  SIDE_BITS, SIDE_A, 5, "FIN-WAIT-2",
		  "LISTEN|FIN-WAIT-1|CLOSED" },
		{ STACK_PLAY_HEAD "A connect\n"
				  "SYN-SENT  -->  S  seq 0  --x  CLOSED\n",
		  SIDE_BITS, SIDE_A, 0, NULL, NULL },
		{ STACK_PLAY_HEAD "A connect\n"
				  "ESTABLISHED  -->  S  seq 0  --x\n",
		  SIDE_BITS, SIDE_A, 4, "ESTABLISHED", "SYN-SENT" },
		{ STACK_PLAY_HEAD
		  "B listen\n"
		  "A connect\n"
		  "SYN-SENT  -->  S  seq 0  --x  SYN-RECEIVED\n",
		  SIDE_BITS, SIDE_B, 5, "SYN-RECEIVED", "LISTEN|CLOSED" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		expect_inferred(rows[i].text, rows[i].hidden, rows[i].side,
				rows[i].line, rows[i].expected, rows[i].actual);
	expect_row(NULL);
}

static void test_choose(void)
{
	static const struct {
		const char *text;
		const char *fault;
	} rows[] = {
		{ "kernel", "" },
		{ "linux", "" },
		{ "board",
		  "there is no stack \"board\", expected one of kernel" },
		{ "", "there is no stack \"\", expected one of kernel" },
		{ "kernel:x", "the stack \"kernel:x\": expected kernel alone" },
		{ "kernel:", "the stack \"kernel:\": expected kernel alone" },
	};
	struct stack_choice c;
	struct fault f;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		f.text[0] = '\0';
		expect_row(rows[i].text);
		EXPECT_INT(stack_choose(rows[i].text, &c, &f),
			   *rows[i].fault ? -1 : 0);
		EXPECT_TRUE(strncmp(f.text, rows[i].fault,
				    strlen(rows[i].fault)) == 0);
	}
	expect_row(NULL);
}

/* A stack of no kernel's has no link but the cable, whichever end it is. */
static void test_no_link(void)
{
	static const struct stack_kind board = { .name = "board" };
	static const enum link_kind links[] = { LINK_VETH, LINK_LOOPBACK };
	struct ends_plan plan;
	struct fault f;
	struct ends e;
	int side;

	for (size_t i = 0; i < 2; i++)
		for (side = SIDE_A; side <= SIDE_B; side++) {
			plan.link = links[i];
			stack_choose("kernel", &plan.stack[SIDE_A], &f);
			stack_choose("kernel", &plan.stack[SIDE_B], &f);
			plan.stack[side].kind = &board;
			EXPECT_INT(ends_open(&e, &plan, -1, &f), -1);
			EXPECT_TRUE(
				strstr(f.text, "the stack \"board\" has no ") ==
				f.text);
			EXPECT_TRUE(!e.stack[SIDE_A] && !e.stack[SIDE_B] &&
				    !e.link);
		}
}

/* An end of the kernel's, and the cable to its port alone. */
static struct link *open_kernel(struct ends *e, enum side side, struct fault *f)
{
	struct stack *s = linux_stack_open(side, -1, f);
	struct cable_end end[2] = { { 0 } };
	int cable;

	e->stack[side] = s;
	cable = s ? netns_new(f) : -1;
	if (cable < 0 || s->ops->plug(s, cable, f) < 0)
		return NULL;
	end[SIDE_A].interface = end[SIDE_B].interface = s->port.interface;
	return cable_open(end, f);
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
	{ "a process that exit does not end", test_exit_lingers },
	{ "what a stack cannot do", test_cannot },
	{ "states that a stack does not show", test_inferred },
	{ "and that it cannot have been in", test_inferred_wrong },
	{ "a stack as it is named", test_choose },
	{ "a stack without that link", test_no_link },
	{ "a simulated end and the kernel's", test_mixed },
	{ NULL, NULL },
};

const struct suite suite_stack = { "stack", tests };
