/*
 * The verb "matrix": the same cases run on each stack, as "lastack run --stack
 * STACK" by a process of its own, and what they did held beside each other. A
 * run that is whole is not made again.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/folder.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/matrix_run.h"
#include "report/matrix.h"
#include "stack/kind.h"
#include "vm/vm.h"

#define STACKS_MAX   64
#define OPERANDS_MAX 1024

struct options {
	bool ipv4;
	bool ipv6;
	bool quick;
	bool anew;
	const char *stacks;
	const char *out;
};

struct work {
	struct matrix matrix;
	const struct options *o;
	char *const *selector;
	int n_selector;
	int status;	    /* the worst of the runs' */
	int64_t changed_ns; /* the program and the cases are so old */
};

/* Finds a column's stack; a kernel of a guest is the kernel, and another. */
static int choose(struct arena *a, const char *text, struct stack_choice *c,
		  struct fault *f)
{
	const char *kernel = vm_named(text);
	struct vm_kernel k;

	if (!kernel)
		return stack_choose(text, c, f);
	if (stack_choose("kernel", c, f) || vm_find(a, kernel, &k, f))
		return -1;
	snprintf(c->version, sizeof(c->version), "%s", k.version);
	return 0;
}

static bool is_another_stacks(const struct matrix *m, const char *dir,
			      const char *text)
{
	for (size_t i = 0; i < m->n_column; i++)
		if (strcmp(m->column[i].dir, dir) == 0 &&
		    strcmp(m->column[i].text, text) != 0)
			return true;
	return false;
}

/* "lwip", "exec-ssh-board-lastack-agent", or the same and a number. */
static const char *folder_of(struct work *w, const char *text)
{
	struct matrix *m = &w->matrix;
	const char *dir;
	char name[64];
	size_t i;

	for (i = 0; i < sizeof(name) - 1 && text[i]; i++)
		name[i] = strchr("/ :\t'\"*?", text[i]) ? '-' : text[i];
	name[i] = '\0';
	dir = arena_printf(&m->arena, "%s/%s", w->o->out, name);
	for (i = 2; is_another_stacks(m, dir, text); i++)
		dir = arena_printf(&m->arena, "%s/%s-%zu", w->o->out, name, i);
	return dir;
}

static const struct matrix_column *add_column(struct work *w, const char *text)
{
	struct matrix *m = &w->matrix;
	const char *dir = folder_of(w, text);
	struct matrix_column *c =
		arena_push(&m->arena, &m->column, &m->n_column, sizeof(*c));
	char label[STACK_LABEL_MAX];
	struct stack_choice choice;
	struct fault f;

	*c = (struct matrix_column){
		.text = arena_strndup(&m->arena, text, strlen(text)),
		.dir = dir,
	};
	if (choose(&m->arena, c->text, &choice, &f))
		c->left_out = arena_printf(&m->arena, "%s", f.text);
	else
		c->label = arena_printf(&m->arena, "%s",
					stack_label(&choice, label));
	return c;
}

/*
 * What this machine offers: every kind that needs nothing said to it, and two
 * kernels that Debian has; what is not here is said with what brings it.
 */
static void add_all(struct work *w)
{
	static const char *const kernels[] = { "vm:6.1", "vm:6.12" };
	const struct stack_kind *kind;

	for (size_t i = 0; (kind = stack_kind_nth(i)); i++)
		if (!kind->argument)
			add_column(w, kind->name);
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++)
		add_column(w, kernels[i]);
}

/* One a line, as --stack has it; "#" begins a comment. */
static int read_stacks(struct work *w, const char *path, struct fault *f)
{
	size_t len, number = 0;
	char *text = folder_read(path, &len, f), *rest = text, *line;
	const struct matrix_column *c;

	if (!text)
		return -1;
	while ((line = strsep(&rest, "\n"))) {
		number++;
		line[strcspn(line, "#")] = '\0';
		line += strspn(line, " \t");
		for (len = strlen(line); len && strchr(" \t\r", line[len - 1]);)
			line[--len] = '\0';
		if (!len)
			continue;
		if (w->matrix.n_column == STACKS_MAX) {
			free(text);
			return fault_set(f,
					 "%s:%zu: expected at most %d "
					 "stacks",
					 path, number, STACKS_MAX);
		}
		c = add_column(w, line);
		if (c->left_out)
			fprintf(stderr, "lastack matrix: %s:%zu: %s\n", path,
				number, c->left_out);
	}
	free(text);
	if (w->matrix.n_column)
		return 0;
	return fault_set(f, "%s: no stack in it, expected one a line", path);
}

/* The command of a column's run, "lastack" apart. */
static char **command(struct work *w, const struct matrix_column *c)
{
	struct arena *a = &w->matrix.arena;
	size_t room = (size_t)w->n_selector + 16, n = 0;
	char **argv = arena_alloc(a, room * sizeof(*argv));

	argv[n++] = (char *)"lastack";
	argv[n++] = (char *)"run";
	argv[n++] = (char *)"--stack";
	argv[n++] = (char *)c->text;
	argv[n++] = (char *)"--format";
	argv[n++] = (char *)"tap";
	argv[n++] = (char *)"--out";
	argv[n++] = (char *)c->dir;
	if (w->o->ipv4)
		argv[n++] = (char *)"-4";
	if (w->o->ipv6)
		argv[n++] = (char *)"-6";
	if (w->o->quick)
		argv[n++] = (char *)"--quick";
	if (w->n_selector)
		argv[n++] = (char *)"--";
	for (int i = 0; i < w->n_selector; i++)
		argv[n++] = w->selector[i];
	return argv;
}

static const char *results_path(struct work *w, const struct matrix_column *c)
{
	return arena_printf(&w->matrix.arena, "%s/results.json", c->dir);
}

static json_t *read_results(struct work *w, const struct matrix_column *c)
{
	return json_load_file(results_path(w, c), 0, NULL);
}

static const char *string_at(const json_t *list, size_t i)
{
	const char *text = json_string_value(json_array_get(list, i));

	return text ? text : "";
}

/* It has begun with the cases and the program as they are now. */
static bool is_new(const struct work *w, const json_t *results)
{
	int64_t begun_ns;

	return text_parse_time(text_member(results, "started"), &begun_ns) ==
		       0 &&
	       begun_ns > w->changed_ns;
}

/* It ran by this program, by that command, on that version, to its end. */
static bool is_whole(struct work *w, const struct matrix_column *c,
		     const json_t *results, char **argv)
{
	const json_t *said = json_object_get(results, "command");
	const json_t *b =
		json_object_get(json_object_get(results, "stacks"), "B");
	const char *version = json_string_value(json_object_get(b, "version"));
	const char *program =
		json_string_value(json_object_get(results, "lastack"));
	const char *kind = json_string_value(json_object_get(b, "name"));
	size_t i;

	if (!results || !program || strcmp(program, VERSION) != 0 || !kind ||
	    json_integer_value(json_object_get(
		    json_object_get(results, "summary"), "not_run")) ||
	    !json_is_null(json_object_get(results, "fault")) ||
	    !is_new(w, results))
		return false;
	if (strcmp(arena_printf(&w->matrix.arena, "%s%s%s", kind,
				version ? " " : "", version ? version : ""),
		   c->label) != 0)
		return false;
	/* What was typed is kept from the verb on. */
	for (i = 0; argv[i + 1]; i++)
		if (strcmp(argv[i + 1], string_at(said, i)) != 0)
			return false;
	return json_array_size(said) == i;
}

/* 77, nothing ran, is no failure of a stack that lacks much. */
static void take_status(struct work *w, int status)
{
	if (status != 77 && status > w->status)
		w->status = status;
}

/* Whether an earlier call has run it to its end. */
static bool is_kept(struct work *w, struct matrix_column *c, char **argv)
{
	json_t *kept = w->o->anew ? NULL : read_results(w, c);

	if (!is_whole(w, c, kept, argv)) {
		json_decref(kept);
		return false;
	}
	fprintf(stderr, "%s: kept in %s\n", c->label, c->dir);
	c->results = kept;
	take_status(w, (int)json_integer_value(json_object_get(kept, "exit")));
	return true;
}

static void take_run(struct work *w, struct matrix_column *c, int status)
{
	if (status < 0) {
		c->left_out = "interrupted before";
		return;
	}
	take_status(w, status);
	c->results = read_results(w, c);
	if (!c->results)
		c->left_out = arena_printf(
			&w->matrix.arena,
			"its run ended with status %d and kept nothing, "
			"see %s.tap",
			status, c->dir);
}

static int run_columns(struct work *w, struct fault *f)
{
	struct arena *a = &w->matrix.arena;
	struct matrix_run run[STACKS_MAX];
	struct matrix_column *column[STACKS_MAX];
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < w->matrix.n_column; i++) {
		struct matrix_column *c = &w->matrix.column[i];
		char **argv = command(w, c);

		if (c->left_out || is_kept(w, c, argv))
			continue;
		/* A run that comes to nothing would leave those of another. */
		if (unlink(results_path(w, c)) && errno != ENOENT)
			return fault_errno(f, "%s", results_path(w, c));
		column[n] = c;
		run[n++] = (struct matrix_run){
			.argv = argv,
			.label = c->label,
			.log = arena_printf(a, "%s.tap", c->dir),
			.has_own_clock = vm_named(c->text) != NULL,
		};
	}
	rc = matrix_run_all(run, n, f);
	for (size_t i = 0; i < n; i++)
		take_run(w, column[i], run[i].status);
	if (rc > 0)
		take_status(w, MATRIX_RUN_SIGNALLED + rc);
	return rc < 0 ? -1 : 0;
}

static int write_file(struct work *w, const char *name, bool json,
		      struct fault *f)
{
	struct arena *a = &w->matrix.arena;
	const char *path = arena_printf(a, "%s/%s", w->o->out, name);
	FILE *out = folder_begin(a, path, f);
	json_t *j;

	if (!out)
		return -1;
	if (json) {
		j = matrix_json(&w->matrix);
		json_dumpf(j, out, JSON_INDENT(1));
		putc('\n', out);
		json_decref(j);
	} else {
		matrix_text(out, &w->matrix);
	}
	return folder_keep(a, out, path, f);
}

static int play(struct work *w, struct fault *f)
{
	if (w->o->stacks) {
		if (read_stacks(w, w->o->stacks, f))
			return -1;
	} else {
		add_all(w);
	}
	if (folder_make_for(arena_printf(&w->matrix.arena, "%s/x", w->o->out),
			    f))
		return -1;
	if (run_columns(w, f))
		return -1;
	matrix_fill(&w->matrix);
	if (write_file(w, "matrix.json", true, f) ||
	    write_file(w, "matrix.txt", false, f))
		return -1;
	matrix_summary(stdout, &w->matrix);
	printf("report %s/matrix.txt, %s/matrix.json\n", w->o->out, w->o->out);
	return 0;
}

#define TO(member) offsetof(struct options, member)

static const struct option_row rows[] = {
	{ "stacks", 0, option_text, TO(stacks),
	  .help = "the stacks, one a line as --stack has them\n"
		  "(all that this machine offers)",
	  .argument = "FILE", .expected = "a file" },
	{ NULL, '4', option_flag, TO(ipv4), .help = "IPv4 only" },
	{ NULL, '6', option_flag, TO(ipv6), .help = "IPv6 only" },
	{ "quick", 0, option_flag, TO(quick),
	  .help = "leave out the cases marked slow" },
	{ "anew", 0, option_flag, TO(anew),
	  .help = "run what has been run too" },
	{ "out", 0, option_text, TO(out),
	  .help = "the report and a folder for each stack go there\n"
		  "(reports/matrix)",
	  .argument = "FOLDER", .expected = "a folder" },
	{ 0 },
};

static const struct options usual = { .out = "reports/matrix" };

static int take_change(void *ctx, const char *path, struct fault *f)
{
	struct work *w = ctx;
	struct stat st;
	int64_t ns;

	(void)f;
	if (stat(path, &st))
		return 0;
	ns = st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
	if (ns > w->changed_ns)
		w->changed_ns = ns;
	return 0;
}

/* Cases have their requirements, tables and expectations beside them. */
static int take_changes(struct work *w, const struct plan *p)
{
	struct fault f;

	take_change(w, "/proc/self/exe", &f);
	for (size_t i = 0; i < p->n; i++)
		take_change(w, p->item[i].real, &f);
	if (!p->root || folder_walk(p->root, "", NULL, take_change, w, &f) >= 0)
		return 0;
	return option_bad("matrix", "%s", f.text);
}

/* Cases that are none would be refused once by the run of each stack. */
static bool is_selection(struct work *w)
{
	struct plan p;
	int rc;

	plan_open(&p, option_fault, NULL);
	rc = option_load(&p, "matrix", w->selector, w->n_selector);
	if (rc == 0)
		rc = take_changes(w, &p);
	plan_close(&p);
	return rc == 0;
}

static int enter(void *options, int argc, char **argv)
{
	struct work w = { .o = options,
			  .selector = argv + optind,
			  .n_selector = argc - optind };
	struct fault f;
	int rc;

	if (w.n_selector > OPERANDS_MAX)
		return option_bad("matrix", "expected at most %d operands",
				  OPERANDS_MAX);
	if (!is_selection(&w))
		return CMD_BAD;
	rc = play(&w, &f);
	if (rc < 0)
		fprintf(stderr, "lastack matrix: %s\n", f.text);
	matrix_free(&w.matrix);
	return rc < 0 ? CMD_BAD : w.status;
}

const struct cmd cmd_matrix = {
	.name = "matrix",
	.line = "run cases on several stacks and show where they differ",
	.usage = "[OPTION...] [FILE|FOLDER|SELECTOR...]",
	.text = "Runs the cases on each stack, as \"lastack run --stack STACK\" does, and\n"
		"holds what they did beside each other: matrix.txt has every case, and\n"
		"where stacks differ the ladders side by side; matrix.json the same for\n"
		"programs. What an earlier call has run to its end on the same stack is\n"
		"not run again.",
	.rows = rows,
	.status =
		"Exit status: the worst of the runs', of which 77 (all skipped) is none;\n"
		"0 all ok or deviating as expected, 1 some not, 2 broken or bad usage.",
	.size = sizeof(usual),
	.usual = &usual,
	.enter = enter,
};
