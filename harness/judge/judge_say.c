/*
 * How the judge speaks: a finding of the same rule and side once, its text
 * made only when there is one. Knows no rule.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "judge/judge_own.h"

_Static_assert(RULE_TIME_WAIT_ASSASSINATED < 32, "one bit for each rule");

struct claim claim_of(enum rule_id rule, enum side side)
{
	return (struct claim){ rule, side, rule_of(rule)->severity, NULL };
}

struct claim claim_open(enum rule_id rule, enum side side, const char *settles)
{
	return (struct claim){ rule, side, SEVERITY_INCONCLUSIVE, settles };
}

bool judge_said(const struct judge *j, enum rule_id rule, enum side side)
{
	return j->half[side].said & UINT32_C(1) << rule;
}

static void split(struct judge_finding *f, const char *text)
{
	const char *bar = strchr(text, '|');
	size_t len = (size_t)(bar - text);

	snprintf(f->expected, sizeof(f->expected), "%.*s", (int)len, text);
	snprintf(f->actual, sizeof(f->actual), "%.*s", JUDGE_TEXT_MAX - 1,
		 bar + 1);
}

void judge_say(const struct scene *s, struct claim c, const char *text, ...)
{
	struct judge_finding found = { .rule = rule_of(c.rule),
				       .severity = c.severity,
				       .side = c.side,
				       .frame = s->frame,
				       .at_ns = s->at_ns,
				       .settles = c.settles };
	char both[2 * JUDGE_TEXT_MAX];
	va_list args;

	if (judge_said(s->j, c.rule, c.side))
		return;
	s->j->half[c.side].said |= UINT32_C(1) << c.rule;
	if (!s->ear->found)
		return;
	va_start(args, text);
	vsnprintf(both, sizeof(both), text, args);
	va_end(args);
	split(&found, both);
	s->ear->found(s->ear->ctx, &found);
}
