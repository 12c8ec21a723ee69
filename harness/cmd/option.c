/* Command lines: what several verbs share. Knows no verb. */
#include "cmd/option.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "script/lex.h"

int option_bad(const char *verb, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "lastack %s: ", verb);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "; see lastack %s --help\n", verb);
	return DOOR_BAD;
}

int option_unknown(const char *verb, char **argv, int c)
{
	const char *word = argv[optind - 1];

	if (c == ':')
		return option_bad(verb, "%s wants an argument", word);
	if (optopt && strncmp(word, "--", 2) != 0)
		return option_bad(verb, "unknown option -%c", optopt);
	if (optopt)
		return option_bad(verb, "%s takes no argument", word);
	return option_bad(verb, "unknown option %s", word);
}

static struct word word_of(const char *text)
{
	struct word w = { .at = text, .len = strlen(text) };

	return w;
}

int option_number(const char *text, int64_t min, int64_t max, int64_t *n)
{
	return word_number(word_of(text), min, max, n);
}

int option_time(const char *text, int64_t *ns)
{
	return word_time(word_of(text), ns);
}

void option_fault(void *ctx, const char *text, size_t n)
{
	(void)ctx;
	(void)n;
	fprintf(stderr, "%s\n", text);
}

int option_load(struct plan *p, const char *verb, char *const *selector, int n)
{
	struct fault f;

	if (plan_load(p, (const char *const *)selector, (size_t)n, &f)) {
		fprintf(stderr, "lastack %s: %s\n", verb, f.text);
		return DOOR_BAD;
	}
	if (p->n_fault) {
		fprintf(stderr, "lastack %s: %zu file%s with faults\n", verb,
			p->n_fault, p->n_fault == 1 ? "" : "s");
		return DOOR_BAD;
	}
	return 0;
}

const struct report *option_report(const struct option_look *look,
				   struct run *run)
{
	bool tty = isatty(STDOUT_FILENO);
	const char *no_color = getenv("NO_COLOR");

	run->out = stdout;
	run->verbose = look->verbose;
	run->live = tty;
	run->color = tty && !look->no_color && !(no_color && *no_color);
	if (strcmp(look->format, "auto") == 0)
		return report_find(tty ? "human" : "tap");
	return report_find(look->format);
}
