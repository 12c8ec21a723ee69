/*
 * Any text as a case: a script or faults, never both; every fault one line
 * that names its place; and a script that holds together.
 */
#include "fuzz/fuzz.h"

#include "script/parse.h"
#include "script/verb.h"

#define PATH	   "fuzz.fin"
#define FAULTS_MAX 21 /* the last one counts those not told */

static void count_fault(void *ctx, const char *text, size_t n)
{
	unsigned int *faults = ctx;

	(void)n;
	(*faults)++;
	MUST(strncmp(text, PATH ":", strlen(PATH ":")) == 0);
	MUST(strchr(text, '\n') == NULL);
}

static int count_lines(const uint8_t *data, size_t size)
{
	int lines = 1;
	size_t i;

	for (i = 0; i < size; i++)
		lines += data[i] == '\n';
	return lines;
}

static void check_bound(const struct bound *b)
{
	MUST(b->min_ns >= 0 && b->max_ns >= 0 && b->ratio >= 0);
	MUST(b->max_ns == 0 || b->min_ns <= b->max_ns);
}

static void check_block(const struct block *block, int lines);

static void check_rung(const struct rung *rung)
{
	MUST(rung->from == SIDE_A || rung->from == SIDE_B);
	MUST(rung->how <= RUNG_FORGE);
	MUST(rung->states[SIDE_A] < STATE_BIT(TCP_STATE_COUNT));
	MUST(rung->states[SIDE_B] < STATE_BIT(TCP_STATE_COUNT));
	check_bound(&rung->bound);
}

static void check_act(const struct act *act)
{
	MUST(act->verb != NULL);
	MUST(act->args != NULL);
	MUST((act->want.kind == WANT_TEXT) == (act->want.text != NULL));
	check_bound(&act->bound);
}

static void check_either(const struct either *either, int lines)
{
	size_t i;

	MUST(either->n >= 2);
	for (i = 0; i < either->n; i++) {
		MUST(either->line[i] >= 1 && either->line[i] <= lines);
		check_block(&either->branch[i], lines);
	}
}

static void check_step(const struct step *step, int lines)
{
	MUST(step->line >= 1 && step->line <= lines);
	switch (step->kind) {
	case STEP_OPEN:
		MUST(step->open >= 1);
		break;
	case STEP_ACT:
	case STEP_RETURNS:
		check_act(&step->act);
		break;
	case STEP_RUNG:
		check_rung(&step->rung);
		break;
	case STEP_QUIET:
		MUST(step->quiet_ns > 0);
		break;
	case STEP_REPEAT:
		MUST(step->repeat.min >= 0);
		MUST(step->repeat.min <= step->repeat.max);
		check_block(&step->repeat.body, lines);
		break;
	case STEP_EITHER:
		check_either(&step->either, lines);
		break;
	default:
		break;
	}
}

static void check_block(const struct block *block, int lines)
{
	size_t i;

	for (i = 0; i < block->n; i++)
		check_step(&block->steps[i], lines);
}

static void check_queries(const struct script *s)
{
	const struct need *wire = script_need(s, NEED_WIRE);
	size_t i;

	MUST(wire == NULL || (wire->kind == NEED_WIRE && wire->why != NULL));
	MUST(script_connections(s) >= 0);
	MUST(script_least_ns(s) >= 0);
	for (i = 0; i < s->n_spec; i++)
		MUST(script_has_spec(s, s->spec[i]));
	script_deviates(s, "fin-moved", "RFC9293-3.6-C1-REXMIT");
}

/* The script's text is the whole file, but for a byte order mark before it. */
static bool is_text_of(const struct script *s, const uint8_t *data, size_t size)
{
	size_t mark = size - s->text_len;

	return s->text_len <= size &&
	       (mark == 0 ||
		(mark == 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)) &&
	       memcmp(s->text, data + mark, s->text_len) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int faults = 0;
	struct script *s = parse_script(PATH, (const char *)data, size,
					count_fault, &faults);

	MUST((s != NULL) == (faults == 0));
	MUST(faults <= FAULTS_MAX);
	if (!s)
		return 0;
	MUST(is_text_of(s, data, size));
	MUST(s->title != NULL);
	check_queries(s);
	check_block(&s->body, count_lines(data, size));
	script_free(s);
	return 0;
}
