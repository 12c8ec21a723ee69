/*
 * The verb "show": what a run left of a case, from its results.json and its
 * ladders. Runs nothing.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/cmd.h"
#include "base/folder.h"
#include "base/text.h"

struct options {
	const char *link;
	const char *dir;
	bool ipv4;
	bool ipv6;
};

static const char *get(const json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));

	return text ? text : "";
}

static bool is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/*
 * The case's path as the run has it, "cases/" before and .fin spared; or
 * another way to the same file.
 */
static bool is_case(const json_t *j, const char *text)
{
	const char *name = get(j, "name");
	size_t len = strlen(name);

	if (strcmp(get(j, "path"), text) == 0 ||
	    is_same_file(get(j, "path"), text))
		return true;
	return strncmp(name, text, len) == 0 &&
	       (!text[len] || strcmp(text + len, ".fin") == 0);
}

static bool is_wanted(const struct options *o, const json_t *j)
{
	bool six = strcmp(get(j, "family"), "ipv6") == 0;

	if (o->link && strcmp(get(j, "link"), o->link) != 0)
		return false;
	return o->ipv4 == o->ipv6 || (six ? o->ipv6 : o->ipv4);
}

/* Where the run is kept now, wherever it was when it was written. */
static int show_ladder(const struct options *o, const json_t *j)
{
	struct arena a = { 0 };
	const char *path = get(j, "ladder");
	const char *below =
		strstr(path, arena_printf(&a, "/ladders/%s/%s/", get(j, "link"),
					  get(j, "family")));
	struct fault f;
	char *text = NULL;
	size_t len;
	int rc;

	if (below)
		path = arena_printf(&a, "%s%s", o->dir, below);
	if (*path)
		text = folder_read(path, &len, &f);
	if (text)
		text_indent(stdout, "", text);
	else if (*path)
		fprintf(stderr, "lastack show: %s\n", f.text);
	rc = *path && !text ? CMD_BAD : 0;
	arena_free(&a);
	free(text);
	return rc;
}

static int show_one(const struct options *o, const json_t *j)
{
	/* A comment: what is printed is a case. */
	fputs("# ", stdout);
	text_plain(stdout, get(j, "name"));
	printf("  %s %s", get(j, "family"), get(j, "link"));
	if (json_integer_value(json_object_get(j, "round")) > 1)
		printf(" round %lld",
		       json_integer_value(json_object_get(j, "round")));
	printf("  %s", get(j, "verdict"));
	if (*get(j, "reason")) {
		fputs(": ", stdout);
		text_plain(stdout, get(j, "reason"));
	}
	putchar('\n');
	return show_ladder(o, j);
}

static json_t *load(const struct options *o)
{
	struct arena a = { 0 };
	const char *path = arena_printf(&a, "%s/results.json", o->dir);
	json_error_t err;
	json_t *j = json_load_file(path, 0, &err);

	if (!j && !folder_has_file(path))
		fprintf(stderr,
			"lastack show: no run is kept in %s; run the "
			"case first: lastack run\n",
			o->dir);
	else if (!j)
		fprintf(stderr, "lastack show: %s:%d: %s\n", path, err.line,
			err.text);
	arena_free(&a);
	return j;
}

static int show(const struct options *o, const char *text)
{
	json_t *results = load(o), *cases;
	size_t i, shown = 0;
	int rc = 0;

	if (!results)
		return CMD_BAD;
	cases = json_object_get(results, "cases");
	for (i = 0; i < json_array_size(cases); i++) {
		const json_t *j = json_array_get(cases, i);

		if (!is_case(j, text) || !is_wanted(o, j))
			continue;
		if (shown++)
			putchar('\n');
		if (show_one(o, j))
			rc = CMD_BAD;
	}
	json_decref(results);
	if (shown)
		return rc;
	fprintf(stderr,
		"lastack show: %s is not in the run kept in %s; run "
		"it first: lastack run %s\n",
		text, o->dir, text);
	return CMD_BAD;
}

#define TO(member) offsetof(struct options, member)

static const struct option_row rows[] = {
	{ "link", 0, option_text, TO(link), .help = "this link only",
	  .words = link_names },
	{ NULL, '4', option_flag, TO(ipv4), .help = "IPv4 only" },
	{ NULL, '6', option_flag, TO(ipv6), .help = "IPv6 only" },
	{ "out", 0, option_text, TO(dir),
	  .help = "the run that was kept there, not the\n"
		  "last one (reports/latest)",
	  .argument = "FOLDER", .expected = "a folder" },
	{ 0 },
};

static const struct options usual = { .dir = "reports/latest" };

static int enter(void *options, int argc, char **argv)
{
	if (argc - optind != 1)
		return option_bad("show", "expected one case");
	return show(options, argv[optind]);
}

const struct cmd cmd_show = {
	.name = "show",
	.line = "show the ladder of a case in the last run",
	.usage = "[OPTION...] CASE",
	.text = "Prints the ladder of a case in the last run, with states and times,\n"
		"for every link and address family it was run with.",
	.rows = rows,
	.status = "Exit status: 0, or 2 when there is no such run of the case.",
	.size = sizeof(usual),
	.usual = &usual,
	.enter = enter,
};
