/*
 * The unit tests: all suites, or those named. Knows nothing of what they
 * test. The exit status is 0 only when tests ran and every expectation held.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/Basic.h>

#include "base/array.h"
#include "agent/agent.h"
#include "test/expect.h"

/* From base/ upwards: the first failure is nearest to its cause. */
/* clang-format off */
#define SUITES(X) \
	X(name) \
	X(digits) \
	X(line) \
	X(intern) \
	X(folder) \
	X(seg) \
	X(flow) \
	X(pattern) \
	X(pattern_forge) \
	X(tape) \
	X(pcapng) \
	X(parse) \
	X(script) \
	X(catalogue) \
	X(grid) \
	X(icmp) \
	X(decap) \
	X(decap_usual) \
	X(decap_layer) \
	X(decap_usb) \
	X(predicate) \
	X(rule) \
	X(wire_judge) \
	X(wire_plain) \
	X(wire_whole) \
	X(wire_rules) \
	X(sim) \
	X(flows) \
	X(flows_over) \
	X(flows_closed) \
	X(flows_past) \
	X(flows_kept) \
	X(stretch) \
	X(blocks) \
	X(acts) \
	X(rfc9293) \
	X(tape_judge) \
	X(tape_judge_full) \
	X(ladder) \
	X(picture) \
	X(tc8) \
	X(verb) \
	X(agent) \
	X(agent_line) \
	X(agent_process) \
	X(capture) \
	X(capture_pcapng) \
	X(scapy) \
	X(evidence) \
	X(plan) \
	X(played) \
	X(interpret) \
	X(expectation) \
	X(result) \
	X(runner) \
	X(bug) \
	X(stack) \
	X(stack_late)
/* clang-format on */

#define DECLARED(name) extern const struct suite suite_##name;
#define LISTED(name)   &suite_##name,

SUITES(DECLARED)

static const struct suite *const suites[] = { SUITES(LISTED) };

#define N_SUITES ARRAY_SIZE(suites)

/* The row named in failures belongs to one test only. */
static void forget_row(void)
{
	expect_row(NULL);
}

static void add_suite(const struct suite *suite)
{
	CU_pSuite to = CU_add_suite_with_setup_and_teardown(
		suite->name, NULL, NULL, forget_row, NULL);

	for (const struct test *t = suite->tests; to && t->name; t++)
		if (!CU_add_test(to, t->name, t->run))
			break;
	if (CU_get_error() != CUE_SUCCESS) {
		fprintf(stderr, "unit: %s: %s\n", suite->name,
			CU_get_error_msg());
		exit(2);
	}
}

static const struct suite *find_suite(const char *name)
{
	for (size_t i = 0; i < N_SUITES; i++)
		if (strcmp(suites[i]->name, name) == 0)
			return suites[i];
	fprintf(stderr, "unit: no suite \"%s\", expected one of:", name);
	for (size_t i = 0; i < N_SUITES; i++)
		fprintf(stderr, " %s", suites[i]->name);
	fputc('\n', stderr);
	exit(2);
}

static int run(void)
{
	CU_basic_set_mode(CU_BRM_NORMAL);
	CU_basic_run_tests();
	if (CU_get_error() != CUE_SUCCESS || CU_get_number_of_tests_run() == 0)
		return 2;
	return CU_get_number_of_failures() ? 1 : 0;
}

int main(int argc, char **argv)
{
	int status;

	/* Started by ourselves, as an agent starts this same program. */
	if (argc == 2 && strcmp(argv[0], "lastack") == 0)
		return agent_main();
	if (CU_initialize_registry() != CUE_SUCCESS) {
		fprintf(stderr, "unit: %s\n", CU_get_error_msg());
		return 2;
	}
	for (int i = 1; i < argc; i++)
		add_suite(find_suite(argv[i]));
	for (size_t i = 0; argc == 1 && i < N_SUITES; i++)
		add_suite(suites[i]);
	status = run();
	CU_cleanup_registry();
	return status;
}
