/*
 * How every verb reads its command line: its options are rows of a table,
 * which is read here and printed as its help.
 */
#ifndef CMD_OPTION_H
#define CMD_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/report.h"
#include "run/plan.h"
#include "run/run.h"

struct cmd;
struct option_row;

/*
 * Takes an option: text is its argument, NULL for a flag and for an argument
 * in [] that was left out; to is the verb's struct and the row's offset.
 * Returns -1 when the argument is not what the row says is expected.
 */
typedef int option_take_fn(const struct option_row *row, const char *text,
			   void *to);

option_take_fn option_flag;  /* bool */
option_take_fn option_text;  /* const char *; not empty, one of the words */
option_take_fn option_count; /* unsigned int, from 1 to the row's most */
option_take_fn option_time;  /* int64_t, nanoseconds: "500ms", "30s", "2m" */

/* For a verb's own: a whole number within bounds, or -1. */
int option_number(const char *text, int64_t min, int64_t max, int64_t *n);

/* One row an option; the last one has neither name nor letter. */
struct option_row {
	const char *name; /* "jobs" */
	char letter;	  /* 'i' */
	option_take_fn *take;
	size_t to;
	const char *help; /* NULL: an alias, of which help says nothing */
	/* Of one that takes an argument, the first or the second: */
	const char *argument;	  /* "N"; "[N]" may be left out */
	const char *const *words; /* what it may be; ends with NULL */
	const char *expected;	  /* when refused; words and most say so */
	unsigned int most;
};

#define OPTION_WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/*
 * Reads the options of a verb into the struct at to; optind is then the first
 * operand. Returns OPTION_READ; or, when the verb is over, its exit status:
 * help was asked for and printed, or one line said what is wrong.
 */
#define OPTION_READ -1
int option_read(const struct cmd *cmd, void *to, int argc, char **argv);

void option_help(const struct cmd *cmd);

/* One line about bad usage, and where to read more. Returns CMD_BAD. */
int option_bad(const char *verb, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Loads the plan and prints what is wrong. Returns 0 with at least one case
 * in it and no faults, or CMD_BAD.
 */
int option_load(struct plan *p, const char *verb, char *const *selector, int n);

/* Prints a fault in a case to standard error. */
void option_fault(void *ctx, const char *text, size_t n);

/* Whether standard output is a terminal and nobody asked for no colors. */
bool option_color(bool no_color);

/* How a run is shown. */
struct option_display {
	const char *format; /* "tap", "human", "auto" */
	bool verbose;
	bool no_color;
};

#define OPTION_DISPLAY(type, display)                                         \
	{ "format",                                                           \
	  0,                                                                  \
	  option_text,                                                        \
	  offsetof(type, display.format),                                     \
	  .help = "auto: human on a terminal, else TAP",                      \
	  .words = report_formats },                                          \
		{ "verbose", 0, option_flag, offsetof(type, display.verbose), \
		  .help = "ladders of passing cases too" },                   \
		OPTION_NO_COLOR(type, display.no_color)
#define OPTION_NO_COLOR(type, member)                                 \
	{                                                             \
		"no-color", 0, option_flag, offsetof(type, member),   \
			.help = "so does NO_COLOR in the environment" \
	}

/* The report that was asked for, the run's output set up for it. */
const struct report *option_report(const struct option_display *display,
				   struct run *run);

#endif
