/* Command lines: what several verbs share. Knows no verb. */
#include "cmd/option.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "script/lex.h"

#define ROWS_MAX    32
#define LONG	    256 /* what getopt_long returns for row 0 without letter */
#define HELP_COLUMN 30

int option_bad(const char *verb, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "lastack %s: ", verb);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "; see lastack %s --help\n", verb);
	return CMD_BAD;
}

static struct word word_of(const char *text)
{
	struct word w = { .at = text, .len = strlen(text) };

	return w;
}

int option_flag(const struct option_row *row, const char *text, void *to)
{
	(void)row;
	(void)text;
	*(bool *)to = true;
	return 0;
}

int option_text(const struct option_row *row, const char *text, void *to)
{
	const char *const *word = row->words;

	while (word && *word && strcmp(*word, text) != 0)
		word++;
	if (!*text || (word && !*word))
		return -1;
	*(const char **)to = text;
	return 0;
}

int option_number(const char *text, int64_t min, int64_t max, int64_t *n)
{
	return word_number(word_of(text), min, max, n);
}

int option_count(const struct option_row *row, const char *text, void *to)
{
	int64_t n;

	if (option_number(text, 1, row->most, &n))
		return -1;
	*(unsigned int *)to = (unsigned int)n;
	return 0;
}

int option_time(const struct option_row *row, const char *text, void *to)
{
	(void)row;
	return word_time(word_of(text), to);
}

static bool is_last(const struct option_row *row)
{
	return !row->name && !row->letter;
}

static bool is_optional(const struct option_row *row)
{
	return row->argument && *row->argument == '[';
}

static int has_arg(const struct option_row *row)
{
	if (is_optional(row))
		return optional_argument;
	return row->argument || row->words ? required_argument : no_argument;
}

/* The rows as getopt_long wants them, and --help after them. */
static void put_rows(const struct option_row *rows, struct option *longs,
		     char *letters)
{
	static const struct option help = { "help", no_argument, NULL, 'h' };

	*letters++ = ':';
	*letters++ = 'h';
	for (int i = 0; rows && !is_last(&rows[i]) && i < ROWS_MAX; i++) {
		const struct option_row *row = &rows[i];
		const struct option o = { row->name, has_arg(row), NULL,
					  LONG + i };

		if (row->name)
			*longs++ = o;
		if (row->letter)
			*letters++ = row->letter;
		if (row->letter && has_arg(row) == required_argument)
			*letters++ = ':';
	}
	*longs = help;
}

static const struct option_row *row_of(const struct option_row *row, int c)
{
	if (c >= LONG)
		return &row[c - LONG];
	while (row && !is_last(row) && row->letter != c)
		row++;
	return row && !is_last(row) ? row : NULL;
}

/* Reports the word for which getopt_long returned '?' or ':'. */
static int unknown(const char *verb, char **argv, int c)
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

/* "a, b or c", or with other words between them. */
static void put_words(FILE *out, const char *const *word, const char *comma,
		      const char *last)
{
	for (; *word; word++)
		fprintf(out, "%s%s", *word,
			!word[1]  ? ""
			: word[2] ? comma
				  : last);
}

static int refuse(const char *verb, const struct option_row *row,
		  const char *text)
{
	fprintf(stderr, "lastack %s: --%s%s%s: expected ", verb, row->name,
		*text ? " " : "", text);
	if (row->words)
		put_words(stderr, row->words, ", ", " or ");
	else if (row->most)
		fprintf(stderr, "a number from 1 to %u", row->most);
	else
		fputs(row->expected, stderr);
	fprintf(stderr, "; see lastack %s --help\n", verb);
	return CMD_BAD;
}

/* "--shuffle 7" as well as "--shuffle=7": digits that follow are its own. */
static const char *argument_of(const struct option_row *row, int argc,
			       char **argv)
{
	if (optarg || !is_optional(row) || optind >= argc || !argv[optind][0] ||
	    argv[optind][strspn(argv[optind], "0123456789")])
		return optarg;
	return argv[optind++];
}

int option_read(const struct cmd *cmd, void *to, int argc, char **argv)
{
	struct option longs[ROWS_MAX + 2] = { 0 };
	char letters[2 * ROWS_MAX + 3] = "";
	const struct option_row *row;
	const char *text;
	int c;

	put_rows(cmd->rows, longs, letters);
	opterr = 0;
	while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (c == 'h') {
			option_help(cmd);
			return 0;
		}
		row = row_of(cmd->rows, c);
		if (!row)
			return unknown(cmd->name, argv, c);
		text = argument_of(row, argc, argv);
		if (row->take(row, text, (char *)to + row->to))
			return refuse(cmd->name, row, text);
	}
	return OPTION_READ;
}

/* Lines of text, each but the first behind so many blanks. */
static void put_lines(const char *text, int indent)
{
	size_t len;

	for (;;) {
		len = strcspn(text, "\n");
		printf("%.*s\n", (int)len, text);
		if (!text[len])
			return;
		text += len + 1;
		printf("%*s", indent, "");
	}
}

static void put_row(const struct option_row *row)
{
	char left[128];
	FILE *out = fmemopen(left, sizeof(left), "w");
	int width;

	if (!out)
		return;
	if (row->letter)
		fprintf(out, "-%c%s", row->letter, row->name ? ", " : "");
	if (row->name)
		fprintf(out, "--%s", row->name);
	if (row->argument || row->words)
		putc(' ', out);
	if (row->argument)
		fputs(row->argument, out);
	else if (row->words)
		put_words(out, row->words, "|", "|");
	fclose(out);
	width = printf("  %s", left);
	if (width + 2 > HELP_COLUMN)
		width = printf("\n") - 1;
	printf("%*s", HELP_COLUMN - width, "");
	put_lines(row->help, HELP_COLUMN);
}

void option_help(const struct cmd *cmd)
{
	const struct option_row *row = cmd->rows;
	const char *usage = cmd->usage;
	size_t len;

	for (;; usage += len + 1) {
		len = strcspn(usage, "\n");
		printf("%s lastack %s%s%.*s\n",
		       usage == cmd->usage ? "usage:" : "      ", cmd->name,
		       len ? " " : "", (int)len, usage);
		if (!usage[len])
			break;
	}
	printf("\n%s\n%s", cmd->text, row ? "\n" : "");
	for (; row && !is_last(row); row++)
		if (row->help)
			put_row(row);
	if (cmd->status)
		printf("\n%s\n", cmd->status);
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
		return CMD_BAD;
	}
	if (p->n_fault) {
		fprintf(stderr, "lastack %s: %zu file%s with faults\n", verb,
			p->n_fault, p->n_fault == 1 ? "" : "s");
		return CMD_BAD;
	}
	return 0;
}

bool option_color(bool no_color)
{
	const char *asked = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !no_color && !(asked && *asked);
}

const struct report *option_report(const struct option_display *display,
				   struct run *run)
{
	const char *format = display->format;

	run->out = stdout;
	run->verbose = display->verbose;
	run->live = isatty(STDOUT_FILENO);
	run->color = option_color(display->no_color);
	if (strcmp(format, "auto") == 0)
		format = run->live ? "human" : "tap";
	return report_find(format);
}
