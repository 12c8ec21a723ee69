/* The table of stacks, read. Opens none of them. */
#include "stack/kind.h"

#include <stdio.h>
#include <string.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/memory.h"

#define VERSION_WAIT_NS (10 * NS_PER_S)

static bool is_called(const struct stack_kind *kind, const char *text,
		      size_t len)
{
	return (strlen(kind->name) == len &&
		memcmp(kind->name, text, len) == 0) ||
	       (kind->expected && strlen(kind->expected) == len &&
		memcmp(kind->expected, text, len) == 0);
}

/* "kernel, exec:COMMAND" */
static int unknown(const char *text, struct fault *f)
{
	const struct stack_kind *kind;
	char known[256] = "";
	size_t i, len;

	for (i = 0; (kind = stack_kind_nth(i)); i++) {
		len = strlen(known);
		snprintf(known + len, sizeof(known) - len, "%s%s%s%s",
			 i ? ", " : "", kind->name, kind->argument ? ":" : "",
			 kind->argument ? kind->argument : "");
	}
	return fault_set(f, "there is no stack \"%.100s\", expected one of %s",
			 text, known);
}

/* What was read of an argument lives as long as the program: here it is known. */
static struct kept {
	void *parsed;
	struct kept *next;
} * all_kept;

static int parse(struct stack_choice *c, struct fault *f)
{
	int rc = c->kind->parse ? c->kind->parse(c, f) : 0;
	struct kept *kept;

	if (!c->parsed)
		return rc;
	kept = memory_zeroed(1, sizeof(*kept));
	*kept = (struct kept){ c->parsed, all_kept };
	all_kept = kept;
	return rc;
}

int stack_choose(const char *text, struct stack_choice *c, struct fault *f)
{
	size_t i, len = strcspn(text, ":");
	const struct stack_kind *kind;

	for (i = 0; (kind = stack_kind_nth(i)); i++)
		if (is_called(kind, text, len))
			break;
	if (!kind)
		return unknown(text, f);
	*c = (struct stack_choice){ .kind = kind, .text = text };
	if (text[len] && text[len + 1])
		c->argument = text + len + 1;
	if (kind->argument && !c->argument)
		return fault_set(f, "the stack \"%.100s\": expected %s:%s",
				 text, kind->name, kind->argument);
	if (!kind->argument && text[len])
		return fault_set(f, "the stack \"%.100s\": expected %s alone",
				 text, kind->name);
	return parse(c, f);
}

int stack_ask_version(const char *path, struct stack_choice *c, struct fault *f)
{
	char *const argv[] = { (char *)path, (char *)"--version", NULL };
	const struct child_plan plan = {
		.path = path, .argv = argv, .netns = -1, .cpu = -1
	};
	size_t len = 0;
	struct child child;

	if (child_start(&plan, &child, f) < 0)
		return -1;
	if (child_hear(child.from, c->version, sizeof(c->version), &len,
		       clock_mono_ns() + VERSION_WAIT_NS) != CHILD_LINE)
		len = 0;
	child_stop(&child);
	if (!len)
		return fault_set(f, "%s: expected it to say its version", path);
	c->version[strcspn(c->version, "\n")] = '\0';
	return 0;
}

const char *stack_expected(const struct stack_kind *kind)
{
	return kind->expected ? kind->expected : kind->name;
}

const char *stack_label(const struct stack_choice *c, char buf[STACK_LABEL_MAX])
{
	snprintf(buf, STACK_LABEL_MAX, "%s%s%s", c->kind->name,
		 *c->version ? " " : "", c->version);
	return buf;
}
