/*
 * Selecting cases: from what was typed to files, cells of the grid and
 * requirements.
 */
#include "run/plan_own.h"

#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"

static int walk_add(void *ctx, const char *path, struct fault *f)
{
	(void)f;
	plan_add_file(ctx, path);
	return 0;
}

static int walk_select(void *ctx, const char *path, struct fault *f)
{
	(void)f;
	plan_add_file(ctx, path)->selected = true;
	return 0;
}

static bool is_cell(const char *name)
{
	return strncmp(name, PLAN_GRID "/", strlen(PLAN_GRID "/")) == 0;
}

/* How well a selector names a cell: 2 as a whole, 1 as one of many, 0. */
static int fit_of(const char *text, const char *name)
{
	size_t len = strlen(text);

	if (strcmp(text, name) == 0)
		return 2;
	return (strncmp(text, name, len) == 0 && name[len] == '/') ||
	       fnmatch(text, name, 0) == 0;
}

/* 1 when the text names cells of the grid, which are taken, else 0. */
static int select_cells(struct plan *p, const char *text)
{
	int fit = 0;
	size_t i;

	if (strcmp(text, PLAN_GRID) != 0 && !is_cell(text))
		return 0;
	plan_add_grid(p);
	for (i = 0; i < p->n; i++)
		if (is_cell(p->item[i].name) &&
		    fit_of(text, p->item[i].name) > fit)
			fit = fit_of(text, p->item[i].name);
	for (i = 0; fit && i < p->n; i++)
		if (is_cell(p->item[i].name) &&
		    fit_of(text, p->item[i].name) == fit)
			p->item[i].selected = true;
	return fit > 0;
}

int plan_select_folder(struct plan *p, const char *path, struct fault *f)
{
	if (p->root && folder_is_same(path, p->root))
		select_cells(p, PLAN_GRID);
	return folder_walk_some(path, PLAN_ENDING, NULL, "cases", walk_select,
				p, f);
}

/* 1 when path is a file or a folder and was taken, 0 when it is neither. */
static int select_path(struct plan *p, const char *path, struct fault *f)
{
	if (folder_is(path))
		return plan_select_folder(p, path, f) ? -1 : 1;
	if (!folder_has_file(path))
		return 0;
	plan_add_file(p, path)->selected = true;
	return 1;
}

static int select_below_root(struct plan *p, const char *text, struct fault *f)
{
	static const char *const ending[] = { "", PLAN_ENDING };
	int rc = 0;
	size_t i;

	for (i = 0; p->root && rc == 0 && i < 2; i++)
		rc = select_path(p,
				 arena_printf(&p->arena, "%s/%s%s", p->root,
					      text, ending[i]),
				 f);
	return rc;
}

static int select_requirement(struct plan *p, const char *id, struct fault *f)
{
	int found = 0;
	size_t i;

	if (!p->root)
		return 0;
	if (!p->whole &&
	    folder_walk(p->root, PLAN_ENDING, NULL, walk_add, p, f) < 0)
		return -1;
	p->whole = true;
	plan_add_grid(p);
	for (i = 0; i < p->n; i++) {
		if (!p->item[i].script ||
		    !script_has_spec(p->item[i].script, id))
			continue;
		p->item[i].selected = true;
		found = 1;
	}
	return found;
}

/* A path, as it looks, is answered as any program answers one. */
static void no_match(const struct plan *p, const char *text, struct fault *f)
{
	const char *root = p->root ? p->root : "cases";
	struct stat st;

	if (!p->root && access("/proc/self/exe", F_OK))
		fault_set(f,
			  "nothing matches \"%s\": there is no folder cases "
			  "here, and without /proc, which is not mounted, the "
			  "one beside the program is not found: mount -t proc "
			  "proc /proc",
			  text);
	else if (folder_ends_with(text, PLAN_ENDING) && stat(text, &st))
		fault_set(f, "%s: %s, nor is it a case's path below %s", text,
			  strerror(errno), root);
	else
		fault_set(
			f,
			"nothing matches \"%s\": expected a case file, "
			"a folder, a case's path below %s, a part of " PLAN_GRID
			"/, or a requirement id",
			text, root);
}

int plan_select(struct plan *p, const char *text, struct fault *f)
{
	size_t faults = p->n_fault;
	int rc = select_cells(p, text);

	if (rc == 0 && *text)
		rc = select_path(p, text, f);
	if (rc == 0 && *text)
		rc = select_below_root(p, text, f);
	if (rc == 0 && *text)
		rc = select_requirement(p, text, f);
	/* A case that could not be read may be the one that was meant. */
	if (rc == 0 && p->n_fault > faults)
		return 0;
	if (rc == 0)
		no_match(p, text, f);
	return rc > 0 ? 0 : -1;
}
