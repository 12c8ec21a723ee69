/*
 * Cases in files: where they live, how they are named, and their scripts.
 * Knows nothing of what is in them.
 */
#include "run/plan_own.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/folder.h"
#include "base/installed.h"
#include "run/cite.h"

static const char *beside_executable(struct arena *a)
{
	static const char *const up[] = { "", "/..", "/../..",
					  "/../share/lastack" };
	const char *folder = installed_folder(a), *try;
	char real[PATH_MAX];

	for (size_t i = 0; folder && i < ARRAY_SIZE(up); i++) {
		try = arena_printf(a, "%s%s/cases", folder, up[i]);
		if (folder_is(try) && realpath(try, real))
			return arena_printf(a, "%s", real);
	}
	return NULL;
}

static const char *find_root(struct arena *a)
{
	return folder_is("cases") ? "cases" : beside_executable(a);
}

static const char *real_path(struct arena *a, const char *path)
{
	char real[PATH_MAX];

	return arena_printf(a, "%s", realpath(path, real) ? real : path);
}

void plan_open(struct plan *p, parse_fault_fn *fault, void *ctx)
{
	memset(p, 0, sizeof(*p));
	p->fault = fault;
	p->ctx = ctx;
	p->root = find_root(&p->arena);
	if (p->root)
		p->real_root = real_path(&p->arena, p->root);
}

static bool has_catalogue(struct plan *p, const char *root)
{
	if (!root)
		return false;
	p->catalogue_path = arena_printf(&p->arena, "%s/" CATALOGUE_FILE, root);
	return folder_has_file(p->catalogue_path);
}

int plan_catalogue(struct plan *p, struct fault *f)
{
	char *text, *copy;
	size_t len;

	if (p->catalogue_path)
		return 0;
	if (!has_catalogue(p, p->root) &&
	    !has_catalogue(p, beside_executable(&p->arena))) {
		p->catalogue_path = NULL;
		return 0;
	}
	text = folder_read(p->catalogue_path, &len, f);
	if (!text)
		return -1;
	copy = arena_strndup(&p->arena, text, len);
	free(text);
	return catalogue_read(&p->catalogue, &p->arena, p->catalogue_path, copy,
			      f);
}

const char *plan_stack_file(struct plan *p, const char *stack)
{
	const char *root[] = { p->root, beside_executable(&p->arena) };

	for (size_t i = 0; i < 2; i++) {
		const char *path;

		if (!root[i])
			continue;
		path = arena_printf(&p->arena, "%s/stacks/%s.tsv", root[i],
				    stack);
		if (folder_has_file(path))
			return path;
	}
	return NULL;
}

/* What is left of path below dir, or NULL when it is not below it. */
static const char *below(const char *dir, const char *path)
{
	size_t len = dir ? strlen(dir) : 0;

	if (!len || strncmp(path, dir, len) != 0 || path[len] != '/')
		return NULL;
	return path + len + 1;
}

/* The name of a case: below the cases folder, else below this one. */
static const char *name_of(struct plan *p, const char *real)
{
	const char *name = below(p->real_root, real);
	char here[PATH_MAX];
	size_t len;

	if (!name && getcwd(here, sizeof(here)))
		name = below(here, real);
	if (!name)
		name = real + (real[0] == '/');
	len = strlen(name);
	if (folder_ends_with(name, PLAN_ENDING))
		len -= strlen(PLAN_ENDING);
	return arena_strndup(&p->arena, name, len);
}

static struct plan_case *find_real(struct plan *p, const char *real)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (strcmp(p->item[i].real, real) == 0)
			return &p->item[i];
	return NULL;
}

const struct plan_case *plan_find(struct plan *p, const char *path)
{
	return find_real(p, real_path(&p->arena, path));
}

/* Text with faults leaves its item without a script. path is kept. */
static struct script *parse_text(struct plan *p, const char *path,
				 const char *text, size_t len)
{
	struct script *s = parse_script(path, text, len, p->fault, p->ctx);

	if (s && cite_faults(&p->catalogue, s, p->fault, p->ctx)) {
		script_free(s);
		s = NULL;
	}
	p->n_fault += !s;
	return s;
}

static struct script *parse_file(struct plan *p, const char *path)
{
	struct script *s = NULL;
	struct fault f;
	size_t len;
	char *text = folder_read(path, &len, &f);

	if (text) {
		s = parse_text(p, arena_printf(&p->arena, "%s", path), text,
			       len);
	} else {
		p->fault(p->ctx, f.text, 1);
		p->n_fault++;
	}
	free(text);
	return s;
}

struct plan_case *plan_add_file(struct plan *p, const char *path)
{
	const char *real = real_path(&p->arena, path);
	struct plan_case *c = find_real(p, real);

	if (c)
		return c;
	c = arena_push(&p->arena, &p->item, &p->n, sizeof(*c));
	c->real = real;
	c->name = name_of(p, real);
	c->script = parse_file(p, path);
	return c;
}

static void add_cell(void *ctx, const struct grid_case *cell)
{
	struct plan *p = ctx;
	struct plan_case *c =
		arena_push(&p->arena, &p->item, &p->n, sizeof(*c));

	c->name = arena_printf(&p->arena, "%s", cell->name);
	c->real = c->name;
	c->is_variant = cell->variant != GRID_PLAIN;
	c->script = parse_text(p, c->name, cell->text, strlen(cell->text));
}

static int walk_grid(void *ctx, const char *path, struct fault *f)
{
	struct plan *p = ctx;
	size_t len;
	char *text = folder_read(path, &len, f);

	if (!text)
		return -1;
	p->n_fault += grid_read(&p->grid, path, text, len, p->fault, p->ctx);
	free(text);
	return 0;
}

/* A case that the tables name must be there to fill their cell. */
static void check_cases(struct plan *p, const struct grid_cell *c)
{
	for (size_t i = 0; i < c->cases.n; i++) {
		const char *name = c->cases.word[i];

		if (folder_has_file(arena_printf(&p->arena, "%s/%s" PLAN_ENDING,
						 p->root, name)))
			continue;
		p->n_fault++;
		p->fault(p->ctx,
			 arena_printf(&p->arena, "%s:%d: %s: no such case",
				      c->path, c->line, name),
			 1);
	}
}

const struct grid *plan_grid(struct plan *p)
{
	const char *folder;
	size_t before = p->n_fault;
	struct fault f;

	if (p->has_grid || !p->root)
		return &p->grid;
	p->has_grid = true;
	folder = arena_printf(&p->arena, "%s/" PLAN_GRID, p->root);
	if (!folder_is(folder))
		return &p->grid;
	if (folder_walk(folder, ".grid", NULL, walk_grid, p, &f) < 0) {
		p->fault(p->ctx, f.text, 1);
		p->n_fault++;
	}
	if (p->n_fault == before)
		p->n_fault += grid_check(&p->grid, p->fault, p->ctx);
	for (size_t i = 0; i < p->grid.n_cell; i++)
		check_cases(p, &p->grid.cell[i]);
	return &p->grid;
}

void plan_add_grid(struct plan *p)
{
	bool has = p->has_grid;
	size_t before = p->n_fault;
	const struct grid *g = plan_grid(p);

	if (!has && p->n_fault == before)
		grid_each(g, add_cell, p);
}

static int by_path(const void *a, const void *b)
{
	const struct plan_case *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* What a run leaves of a case has its name. Sorted, they are side by side. */
static int refuse_twins(const struct plan *p, struct fault *f)
{
	for (size_t i = 1; i < p->n; i++)
		if (strcmp(p->item[i - 1].name, p->item[i].name) == 0)
			return fault_set(f,
					 "%s and %s would both be called %s: "
					 "expected one of them",
					 p->item[i - 1].real, p->item[i].real,
					 p->item[i].name);
	return 0;
}

/* Leaves the selected, and gives the others back. */
static void keep_selected(struct plan *p)
{
	size_t i, n = 0;

	for (i = 0; i < p->n; i++) {
		if (p->item[i].selected && p->item[i].script)
			p->item[n++] = p->item[i];
		else
			script_free(p->item[i].script);
	}
	p->n = n;
	p->whole = false;
	if (n)
		qsort(p->item, n, sizeof(*p->item), by_path);
}

int plan_load(struct plan *p, const char *const *selector, size_t n,
	      struct fault *f)
{
	int rc = plan_catalogue(p, f);
	size_t i;

	if (rc)
		return rc;
	if (n == 0 && !p->root)
		return fault_set(f, "no folder \"cases\" here or beside the "
				    "program: name the cases to take");
	if (n == 0)
		rc = plan_select_folder(p, p->root, f);
	for (i = 0; i < n && rc == 0; i++)
		rc = plan_select(p, selector[i], f);
	keep_selected(p);
	return rc ? rc : refuse_twins(p, f);
}

void plan_drop_virtual(struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		p->item[i].selected =
			!script_need(p->item[i].script, NEED_VIRTUAL_TIME);
	keep_selected(p);
}

void plan_drop_slow(struct plan *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		p->item[i].selected =
			!p->item[i].script->slow && !p->item[i].is_variant;
	keep_selected(p);
}

void plan_close(struct plan *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		script_free(p->item[i].script);
	grid_free(&p->grid);
	arena_free(&p->arena);
	p->n = 0;
}
