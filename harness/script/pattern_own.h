/* What the files of a pattern share. For script/pattern*.c only. */
#ifndef SCRIPT_PATTERN_OWN_H
#define SCRIPT_PATTERN_OWN_H

#include "script/pattern.h"

/* A segment and the flow that its relative numbers need. */
struct view {
	const struct pattern *pat;
	const struct flow *flow;
	enum side from;
	const struct seg *seg;
};

/* Whether one field is as the pattern says; when not, both as text. */
typedef bool field_fn(const struct view *v, char *expected, char *actual);

field_fn pattern_field_ts, pattern_field_tsval, pattern_field_tsecr,
	pattern_field_mss, pattern_field_wscale, pattern_field_sackok,
	pattern_field_sack;

/* Prints, and returns false: the field differs. */
bool pattern_say(char *buf, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Appends one field: two spaces after the flags, one after a field. */
void pattern_add(char *buf, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Appends what the pattern says of options. */
void pattern_add_options(const struct pattern *pat, char *buf);

/* Writes the options of a forged segment. */
void pattern_forge_options(const struct pattern *pat, const struct flow *flow,
			   enum side from, struct seg *seg, uint8_t *opts);

#endif
