/*
 * The verb "lint": every fault in the cases, and requirement ids that the
 * list does not have. Opens no connection.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/lint_scapy.h"
#include "judge/rule.h"
#include "judge/rfc9293.h"
#include "base/folder.h"

/* Faults are counted as they are printed. */
static void count_fault(void *ctx, const char *text, size_t n)
{
	*(size_t *)ctx += n;
	option_fault(NULL, text, n);
}

/*
 * A reference such as "RFC9293 3.6 figure 12" is for people; one whose first
 * word goes on with a hyphen, "RFC9293-3.6.1-SHLD3", names a requirement.
 */
static bool is_requirement(const char *spec, size_t *len)
{
	static const char *const source[] = { "RFC", "POSIX", "LINUX", "WIN" };
	size_t i, n;

	*len = strcspn(spec, " \t");
	for (i = 0; i < sizeof(source) / sizeof(*source); i++) {
		n = strlen(source[i]);
		if (strncmp(spec, source[i], n) != 0)
			continue;
		n += strspn(spec + n, "0123456789");
		return spec[n] == '-';
	}
	return false;
}

/* Whether a line of the list begins with that word, up to a tab. */
static bool is_listed(const char *list, const char *id, size_t len)
{
	const char *line = list;

	while (line) {
		if (strncmp(line, id, len) == 0 && strchr("\t\r\n", line[len]))
			return true;
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return false;
}

/* The number of the line that begins with that word and has the reference. */
static int line_of(const struct script *s, const char *word, const char *ref)
{
	size_t len = strlen(word);
	const char *at = s->text, *end, *hit;
	int n = 1;

	for (; at; at = end ? end + 1 : NULL, n++) {
		end = strchr(at, '\n');
		hit = strstr(at, ref);
		at += strspn(at, " \t");
		if (strncmp(at, word, len) == 0 && hit && (!end || hit < end))
			return n;
	}
	return 1;
}

static void check_requirements(const struct plan *p, const char *list,
			       const char *list_path, size_t *faults)
{
	size_t i, k, len;

	for (i = 0; i < p->n; i++) {
		const struct script *s = p->item[i].script;

		for (k = 0; k < s->n_spec; k++) {
			if (!is_requirement(s->spec[k], &len) ||
			    is_listed(list, s->spec[k], len))
				continue;
			fprintf(stderr,
				"%s:%d: unknown requirement %.*s, "
				"expected one that %s lists\n",
				s->path, line_of(s, "spec", s->spec[k]),
				(int)len, s->spec[k], list_path);
			++*faults;
		}
	}
}

/* Whether a judge can report it: a rule's name, or what a rule or row cites. */
static bool is_judged(const char *ref)
{
	const struct rfc9293_row *row;
	int state, event;

	if (rule_find(ref, strlen(ref)))
		return true;
	for (state = TCP_STATE_ESTABLISHED; state < TCP_STATE_COUNT; state++)
		for (event = 0; event < EVENT_COUNT; event++) {
			row = rfc9293_row((enum tcp_state)state,
					  (enum rfc9293_event)event);
			if (row->id && strcmp(row->id, ref) == 0)
				return true;
		}
	return false;
}

/* A deviation that no judge can report would excuse nothing. */
static void check_deviations(const struct plan *p, size_t *faults)
{
	size_t i, k;

	for (i = 0; i < p->n; i++) {
		const struct script *s = p->item[i].script;

		for (k = 0; k < s->n_deviates; k++) {
			const char *rule = s->deviates[k];

			if (is_judged(rule))
				continue;
			fprintf(stderr,
				"%s:%d: deviates %s: no rule of the "
				"judge, expected one such as rst-obeyed, or "
				"the requirement of one\n",
				s->path, line_of(s, "deviates", rule), rule);
			++*faults;
		}
	}
}

static void check_list(struct plan *p, size_t *faults)
{
	const char *path;
	struct fault f;
	size_t len;
	char *list;

	if (!p->root)
		return;
	path = arena_printf(&p->arena, "%s/requirements.tsv", p->root);
	list = folder_read(path, &len, &f);
	if (list)
		check_requirements(p, list, path, faults);
	else
		fprintf(stderr,
			"lastack lint: requirement ids are not "
			"checked: %s\n",
			f.text);
	free(list);
}

static int lint(struct plan *p, size_t *faults, char *const *selector, int n)
{
	struct fault f;

	if (plan_load(p, (const char *const *)selector, (size_t)n, &f)) {
		fprintf(stderr, "lastack lint: %s\n", f.text);
		return CMD_BAD;
	}
	check_list(p, faults);
	check_deviations(p, faults);
	lint_scapy(p, faults);
	if (*faults) {
		fprintf(stderr, "%zu fault%s\n", *faults,
			*faults == 1 ? "" : "s");
		return CMD_BAD;
	}
	printf("%zu case%s, no faults\n", p->n, p->n == 1 ? "" : "s");
	return 0;
}

static int enter(void *options, int argc, char **argv)
{
	size_t faults = 0;
	struct plan p;
	int rc;

	(void)options;
	plan_open(&p, count_fault, &faults);
	rc = lint(&p, &faults, argv + optind, argc - optind);
	plan_close(&p);
	return rc;
}

const struct cmd cmd_lint = {
	.name = "lint",
	.line = "read cases and print every fault in them",
	.usage = "[FILE|FOLDER...]",
	.text = "Reads cases (without operands: the cases folder) and prints every\n"
		"fault as file:line: what is wrong, what was expected there. A\n"
		"requirement id that is not in cases/requirements.tsv is a fault, and\n"
		"so are a deviation that names no rule of the judge, and a scapy\n"
		"expression that is no Python, where there is Python to ask.",
	.status = "Exit status: 0 no faults, 2 faults or bad usage.",
	.enter = enter,
};
