/*
 * The verb "deviations": what is expected of a stack, told to people and
 * programs, with the evidence of the last run. Runs nothing.
 */
#include <getopt.h>
#include <string.h>
#include <sys/socket.h>

#include <jansson.h>

#include "base/array.h"
#include "base/folder.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/expect.h"
#include "run/kept.h"

struct options {
	const char *stack;
	const char *version;
	const char *format;
	const char *dir;
	struct option_expect expect;
};

/* A row as it is printed. */
struct shown {
	const struct expectation *row;
	const char *levels;  /* "MUST, SHOULD" */
	const char *capture; /* of the last run; NULL: none has it */
	const char *command; /* that makes it */
};

struct listing {
	struct plan plan;
	struct expectations expect;
	const char *dir; /* of the last run */
	json_t *cases;	 /* of it, or NULL */
	struct shown *shown;
	size_t n;
};

static const struct requirement *find(const struct listing *l, const char *id)
{
	struct word w = { id, strlen(id) };

	return catalogue_find(&l->plan.catalogue, w);
}

/* What is no requirement of the catalogue is a manual page or a rule. */
static const char *level_of(const struct listing *l, const char *id)
{
	const struct requirement *r = find(l, id);

	return r ? r->level : "-";
}

/* Each level once. */
static const char *levels(struct listing *l, const struct expectation *x)
{
	const char *text = "";

	for (size_t i = 0; i < x->n_id; i++) {
		const char *level = level_of(l, x->id[i]);
		size_t k = 0;

		while (k < i && strcmp(level_of(l, x->id[k]), level) != 0)
			k++;
		if (k == i)
			text = arena_printf(&l->plan.arena, "%s%s%s", text,
					    *text ? ", " : "", level);
	}
	return text;
}

/* The capture of a case that deviated as the row has it. */
static const char *capture(struct listing *l, const struct expectation *x)
{
	for (size_t i = 0; i < json_array_size(l->cases); i++) {
		const json_t *one = json_array_get(l->cases, i);
		int family = strcmp(text_member(one, "family"), "ipv6") == 0
				     ? AF_INET6
				     : AF_INET;

		if (strcmp(text_member(one, "verdict"), "deviates") == 0 &&
		    *text_member(one, "capture") &&
		    expectation_is_for(x, text_member(one, "name"), family))
			return kept_place(&l->plan.arena, l->dir, "captures",
					  text_member(one, "link"),
					  text_member(one, "family"),
					  text_member(one, "capture"));
	}
	return NULL;
}

/* A pattern is run by the folder that it is in. */
static const char *command(struct listing *l, const struct expectation *x)
{
	size_t len = strcspn(x->cases, "*?[@+!");

	if (x->cases[len])
		while (len && x->cases[len - 1] != '/')
			len--;
	if (len && x->cases[len - 1] == '/')
		len--;
	return arena_printf(&l->plan.arena, "lastack run%s%.*s", len ? " " : "",
			    (int)len, x->cases);
}

static void fill(struct listing *l)
{
	for (size_t i = 0; i < l->expect.n; i++) {
		const struct expectation *x = &l->expect.row[i];

		if (!version_is_in(&x->version, &x->range))
			continue;
		*(struct shown *)arena_push(&l->plan.arena, &l->shown, &l->n,
					    sizeof(*l->shown)) =
			(struct shown){ x, levels(l, x), capture(l, x),
					command(l, x) };
	}
}

static void field(const char *name, const char *text)
{
	if (!*text)
		return;
	printf("  %-12s ", name);
	text_plain(stdout, text);
	putchar('\n');
}

static void print_text(const struct listing *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct shown *s = &l->shown[i];
		const struct expectation *x = s->row;

		printf("%s%s (%s)\n", i ? "\n" : "", x->requirements,
		       s->levels);
		for (size_t k = 0; k < x->n_id; k++)
			field("says",
			      find(l, x->id[k]) ? find(l, x->id[k])->text : "");
		field("does", x->text);
		field("matters", x->why);
		field("sometimes", x->sometimes);
		field("case", x->cases);
		field("versions", x->versions);
		field("known from", x->citation);
		field(s->capture ? "capture" : "run",
		      s->capture ? s->capture : s->command);
	}
}

/* Whatever would end a column of the table. */
static void put_cell(const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			putchar('\\');
		putchar(*text);
	}
}

static void print_md(const struct listing *l)
{
	puts("| requirement | level | what it does | why it matters | case | "
	     "known from | evidence |\n|---|---|---|---|---|---|---|");
	for (size_t i = 0; i < l->n; i++) {
		const struct shown *s = &l->shown[i];
		const char *cell[] = { s->row->requirements, s->levels,
				       s->row->text,	     s->row->why,
				       s->row->cases,	     s->row->citation };

		for (size_t k = 0; k < ARRAY_SIZE(cell); k++) {
			fputs("| ", stdout);
			put_cell(cell[k]);
			putchar(' ');
		}
		fputs("| `", stdout);
		put_cell(s->capture ? s->capture : s->command);
		puts("` |");
	}
}

static void print_tsv(const struct listing *l)
{
	puts("requirements\tlevels\tdoes\twhy\tcase\tfamily\tversions\t"
	     "citation\tsometimes\tcapture\tcommand");
	for (size_t i = 0; i < l->n; i++) {
		const struct shown *s = &l->shown[i];
		const struct expectation *x = s->row;

		printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
		       x->requirements, s->levels, x->text, x->why, x->cases,
		       x->family, x->versions, x->citation, x->sometimes,
		       s->capture ? s->capture : "", s->command);
	}
}

static json_t *requirements_json(const struct listing *l,
				 const struct expectation *x)
{
	json_t *list = json_array();

	for (size_t i = 0; i < x->n_id; i++) {
		const struct requirement *r = find(l, x->id[i]);

		json_array_append_new(
			list,
			json_pack("{s:o, s:o, s:o}", "id", text_json(x->id[i]),
				  "level", text_json(r ? r->level : NULL),
				  "sentence", text_json(r ? r->text : NULL)));
	}
	return list;
}

static json_t *shown_json(const struct listing *l, const struct shown *s)
{
	const struct expectation *x = s->row;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "requirements", requirements_json(l, x), "does",
			 text_json(x->text), "why", text_json(x->why), "case",
			 text_json(x->cases), "family", text_json(x->family),
			 "versions", text_json(x->versions), "citation",
			 text_json(x->citation), "sometimes",
			 text_json(*x->sometimes ? x->sometimes : NULL),
			 "capture", text_json(s->capture), "command",
			 text_json(s->command));
}

static void print_json(const struct listing *l)
{
	json_t *list = json_array(), *all;

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(list, shown_json(l, &l->shown[i]));
	all = json_pack("{s:o}", "deviations", list);
	json_dumpf(all, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(all);
}

static const struct {
	const char *name;
	void (*print)(const struct listing *l);
} formats[] = {
	{ "text", print_text },
	{ "json", print_json },
	{ "md", print_md },
	{ "tsv", print_tsv },
};

static void print(const struct listing *l, const char *format)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (strcmp(format, formats[i].name) == 0)
			formats[i].print(l);
}

/*
 * A stack that this program has is known by any of its names, and in the
 * version at hand; of others there may be a file.
 */
static void choose(const struct options *o, struct stack_choice *c,
		   struct expect_stack *stack)
{
	struct fault why;

	*stack =
		(struct expect_stack){ o->stack, o->version, SIDE_BIT(SIDE_B) };
	if (stack_choose(o->stack, c, &why))
		return;
	stack->name = stack_expected(c->kind);
	if (!stack->version)
		stack->version = c->version;
}

static int load(struct listing *l, const struct options *o, struct fault *f)
{
	struct stack_choice choice;
	struct expect_stack stack;
	bool has;

	choose(o, &choice, &stack);
	if (plan_catalogue(&l->plan, f) ||
	    expect_load(&o->expect, &l->plan, &stack, 1, &l->expect, &has, f))
		return -1;
	if (!has)
		return fault_set(f,
				 "nothing is known of a stack %s: expected a "
				 "file stacks/%s.tsv in the cases folder",
				 stack.name, stack.name);
	return 0;
}

#define TO(member) offsetof(struct options, member)

static const struct option_row rows[] = {
	{ "stack", 0, option_text, TO(stack), .help = "of that stack (kernel)",
	  .argument = "STACK", .expected = "a stack's name" },
	{ "version", 0, option_text, TO(version),
	  .help = "of that version (of one at hand: its own)",
	  .argument = "VERSION", .expected = "a version such as 6.12" },
	{ "format", 0, option_text, TO(format),
	  .help = "for people (text), programs, or a page",
	  .words = OPTION_WORDS("text", "json", "md", "tsv") },
	{ "out", 0, option_text, TO(dir),
	  .help = "captures of the run that was kept there,\n"
		  "not the last one (reports/latest)",
	  .argument = "FOLDER", .expected = "a folder" },
	OPTION_EXPECT(struct options, expect),
	{ 0 },
};

static const struct options usual = { .stack = "linux",
				      .format = "text",
				      .dir = "reports/latest" };

static int enter(void *options, int argc, char **argv)
{
	const struct options *o = options;
	struct listing l = { .n = 0 };
	json_t *results = NULL;
	struct fault f;
	int rc = 0;

	if (optind < argc)
		return option_bad("deviations", "%s: expected options only",
				  argv[optind]);
	plan_open(&l.plan, option_fault, NULL);
	l.dir = o->dir;
	/* There need be no last run, but the one that was asked for. */
	if (o->dir != usual.dir || folder_is(o->dir)) {
		results = kept_load(o->dir, &f);
		l.cases = json_object_get(results, "cases");
		rc = results ? 0 : CMD_BAD;
	}
	if (rc == 0 && load(&l, o, &f))
		rc = CMD_BAD;
	if (rc) {
		fprintf(stderr, "lastack deviations: %s\n", f.text);
	} else {
		fill(&l);
		print(&l, o->format);
	}
	json_decref(results);
	plan_close(&l.plan);
	return rc;
}

const struct cmd cmd_deviations = {
	.name = "deviations",
	.line = "print what this kernel does otherwise",
	.usage = "[OPTION...]",
	.text = "Prints what is known that a stack does otherwise than specified: the\n"
		"requirement, its level, what the stack does, why it matters, the case\n"
		"that shows it, and the capture of the last run or the command that\n"
		"makes one.",
	.rows = rows,
	.status =
		"Exit status: 0, or 2 for bad usage and where nothing is known.",
	.size = sizeof(usual),
	.usual = &usual,
	.enter = enter,
};
