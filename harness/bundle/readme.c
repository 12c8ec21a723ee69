/*
 * A bug report as text: what is expected with its clause, what happened, how
 * often, on what. Knows nothing of where it was found.
 */
#include "bundle/readme.h"

#include <string.h>

#include "base/array.h"
#include "base/text.h"

void readme_text(FILE *out, const char *text)
{
	const char *at = text ? text : "";

	while (*at) {
		uint32_t c = text_next(&at);

		if (c < 128 && strchr("\\`*<>[]|#", (int)c))
			putc('\\', out);
		text_put(out, c < ' ' ? ' ' : c);
	}
}

void readme_block(FILE *out, const char *text)
{
	fputs("\n", out);
	text_indent(out, "    ", text);
}

static void say(FILE *out, const char *before, const char *text,
		const char *after)
{
	fputs(before, out);
	readme_text(out, text);
	fputs(after, out);
}

void readme_clause(FILE *out, const struct catalogue *c, const char *id)
{
	const struct requirement *q =
		catalogue_find(c, (struct word){ .at = id, .len = strlen(id) });

	if (!q) {
		say(out, "- ", id, "\n");
		return;
	}
	say(out, "- ", q->source, " ");
	say(out, "", q->section, ", ");
	say(out, "", q->level, ": ");
	say(out, "", q->text, "");
	say(out, " (", q->id, ")\n");
}

/* What the record says was broken, or what the case is about. */
static void clauses(FILE *out, const struct readme *r)
{
	const json_t *broken = json_object_get(r->record->j, "deviations");
	size_t n = json_array_size(broken);

	for (size_t i = 0; i < n; i++)
		readme_clause(out, r->catalogue,
			      text_member(json_array_get(broken, i), "id"));
	for (size_t i = 0; i < r->script->n_spec && !n; i++)
		readme_clause(out, r->catalogue, r->script->spec[i]);
}

static void expected(FILE *out, const struct readme *r)
{
	const struct complaint *c = &r->complaint;

	fputs("\n## What is expected\n\n", out);
	if (c->what && r->record->verdict == VERDICT_NOT_OK) {
		say(out, "**", c->expected, "**");
		if (c->line)
			fprintf(out, ", at line %d of `case.fin`", c->line);
		fputs(".\n\n", out);
	}
	clauses(out, r);
}

static void judged(FILE *out, const struct readme *r)
{
	const json_t *list = json_object_get(r->record->j, "judge");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *j = json_array_get(list, i);

		say(out, "- ", text_member(j, "rule"), " of ");
		say(out, "", text_member(j, "side"), ": expected ");
		say(out, "", text_member(j, "expected"), ", actual ");
		say(out, "", text_member(j, "actual"), "\n");
	}
}

static void happened(FILE *out, const struct readme *r)
{
	const struct complaint *c = &r->complaint;
	const char *reason = text_member(r->record->j, "reason");

	fputs("\n## What happened\n\n", out);
	if (c->what) {
		say(out, "", c->what, "");
		if (c->actual && strcmp(c->actual, c->what) != 0)
			say(out, ": **", c->actual, "**");
		if (c->frame != TAPE_NO_FRAME)
			fprintf(out, ", frame %zu of `capture.pcapng`",
				c->frame + 1);
		fputs(".\n", out);
	} else if (*reason) {
		say(out, "", reason, ".\n");
	} else {
		fputs("All of it was as the case says.\n", out);
	}
	judged(out, r);
	fputs("\nA is at the left, B at the right; at the margins are their "
	      "states after each segment.\n",
	      out);
	readme_block(out, r->ladder);
}

/* One row of the table: a link, a family and a kernel. */
struct row {
	const json_t *first;
	size_t runs;
	size_t count[VERDICT_COUNT + 1];
};

static bool is_alike(const json_t *a, const json_t *b)
{
	static const char *const keys[] = { "link", "family", "kernel" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(text_member(a, keys[i]), text_member(b, keys[i])) !=
		    0)
			return false;
	return true;
}

static bool is_first(const struct records *rs, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (is_alike(rs->item[i].j, rs->item[at].j))
			return false;
	return true;
}

static struct row count(const struct records *rs, const json_t *first)
{
	struct row row = { .first = first };

	for (size_t i = 0; i < rs->n; i++) {
		if (!is_alike(rs->item[i].j, first))
			continue;
		row.runs++;
		row.count[rs->item[i].verdict]++;
	}
	return row;
}

static void often(FILE *out, const struct readme *r)
{
	const struct records *rs = r->records;
	size_t bad = 0;

	for (size_t i = 0; i < rs->n; i++)
		bad += rs->item[i].verdict == r->record->verdict;
	fprintf(out,
		"\n## How often\n\n%zu of %zu times it was: %s.\n\n"
		"| link | family | kernel | times |",
		bad, rs->n, verdict_name(r->record->verdict));
	for (int v = 0; v < VERDICT_COUNT; v++)
		fprintf(out, " %s |", verdict_name((enum verdict)v));
	fputs("\n|---|---|---|---|---|---|---|---|---|\n", out);
	for (size_t i = 0; i < rs->n; i++) {
		struct row row;

		if (!is_first(rs, i))
			continue;
		row = count(rs, rs->item[i].j);
		say(out, "| ", text_member(row.first, "link"), " | ");
		say(out, "", text_member(row.first, "family"), " | ");
		say(out, "", text_member(row.first, "kernel"), " | ");
		fprintf(out, "%zu |", row.runs);
		for (int v = 0; v < VERDICT_COUNT; v++)
			fprintf(out, " %zu |", row.count[v]);
		putc('\n', out);
	}
}

static void again(FILE *out, const struct readme *r)
{
	const json_t *j = r->record->j;
	bool six = strcmp(text_member(j, "family"), "ipv6") == 0;

	fputs("\n## To see it again\n", out);
	if (r->why_not) {
		fprintf(out,
			"\nThere is no program here that plays it without "
			"lastack: %s.\n",
			r->why_not);
	} else {
		readme_block(out, "python3 reproduce.py");
		fputs("\nplays it between two sockets of the running kernel, "
		      "in network namespaces of its own. It needs Python and "
		      "ip(8), and nothing of lastack; its head says what its "
		      "exit status means.\n",
		      out);
	}
	fputs("\nWith lastack:\n\n    lastack run case.fin ", out);
	fprintf(out, "-%c --link %s\n", six ? '6' : '4',
		text_member(j, "link"));
}

static void settings(FILE *out, const struct readme *r)
{
	const struct script *s = r->script;

	for (size_t i = 0; i < s->n_sysctl; i++) {
		fprintf(out, "- the case sets of %c: ",
			s->sysctl[i].side == SIDE_A ? 'A' : 'B');
		say(out, "", s->sysctl[i].name, " = ");
		say(out, "", s->sysctl[i].value, "\n");
	}
	if (r->no_sysctl) {
		say(out, "- settings could not be read: ", r->no_sysctl, "\n");
		return;
	}
	say(out, "\nSettings of a new network namespace on ", r->here,
	    ", where this was packed:\n\n");
	fputs("| setting | value |\n|---|---|\n", out);
	for (size_t i = 0; i < r->n_sysctl; i++) {
		say(out, "| ", r->sysctl[i].name, " | ");
		say(out, "", r->sysctl[i].value, " |\n");
	}
}

/* Which ends were something else than the kernel. */
static void stacks(FILE *out, const json_t *run)
{
	static const char *const sides[] = { "A", "B" };
	const json_t *all = json_object_get(run, "stacks");

	for (size_t i = 0; i < 2; i++) {
		const json_t *j = json_object_get(all, sides[i]);

		if (!j || strcmp(text_member(j, "name"), "kernel") == 0)
			continue;
		say(out, "- ", sides[i], " was ");
		say(out, "", text_member(j, "as"), " ");
		say(out, "", text_member(j, "version"), "\n");
	}
}

static void machine(FILE *out, const struct readme *r)
{
	const json_t *run = r->record->run;
	const char *bug = text_member(run, "bug");

	fputs("\n## On what\n\n", out);
	say(out, "- kernel: ", text_member(r->record->j, "kernel"), ", ");
	say(out, "", text_member(run, "machine"), "\n");
	say(out, "- lastack ", text_member(run, "lastack"), ", ");
	say(out, "case ", text_member(r->record->j, "name"), ", ");
	say(out, "begun ", text_member(r->record->j, "started"), "\n");
	stacks(out, run);
	if (*bug)
		say(out,
		    "- **a bug was injected at one end, and is no bug of the "
		    "kernel's: ",
		    bug, "**\n");
	settings(out, r);
}

static void files(FILE *out, const struct readme *r)
{
	fputs("\n## The files\n\n"
	      "- `case.fin`: the case, in the language of lastack-fin(5)\n"
	      "- `capture.pcapng`: every segment, with comments that say what "
	      "became of it and both ends' states\n"
	      "- `ladder.txt`: the ladder above, with times; `ladder.svg`: as a "
	      "picture\n",
	      out);
	if (!r->why_not)
		fputs("- `reproduce.py`: plays it without lastack\n", out);
	if (r->has_packetdrill)
		fputs("- `reproduce.pkt`: one end of it for packetdrill, the "
		      "other one scripted\n",
		      out);
}

void readme_write(FILE *out, const struct readme *r)
{
	say(out, "# ", text_member(r->record->j, "title"), "");
	if (r->complaint.what)
		say(out, ": ", r->complaint.what, "");
	putc('\n', out);
	expected(out, r);
	happened(out, r);
	often(out, r);
	again(out, r);
	machine(out, r);
	files(out, r);
}
