/* Reads results.json. Knows nothing of what is told of it. */
#include "bundle/records.h"

#include <string.h>

#include "base/text.h"
#include "run/kept.h"

static bool is_wanted(const json_t *j, const struct records_wanted *w)
{
	bool six = strcmp(text_member(j, "family"), "ipv6") == 0;

	if (w->link && strcmp(text_member(j, "link"), w->link) != 0)
		return false;
	return w->ipv4 == w->ipv6 || (six ? w->ipv6 : w->ipv4);
}

int records_add(struct records *r, const char *dir, const char *text,
		const struct records_wanted *wanted, struct fault *f)
{
	json_t *run = kept_load(dir, f), *cases;
	json_t **kept;

	if (!run)
		return -1;
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
	kept = arena_push(&r->arena, &r->run, &r->n_run, sizeof(*kept));
	*kept = run;
	cases = json_object_get(run, "cases");
	for (size_t i = 0; i < json_array_size(cases); i++) {
		const json_t *j = json_array_get(cases, i);
		const char *verdict = text_member(j, "verdict");
		struct record_kept *k;

		if (!kept_is_case(text_member(j, "name"),
				  text_member(j, "path"), text) ||
		    !is_wanted(j, wanted))
			continue;
		k = arena_push(&r->arena, &r->item, &r->n, sizeof(*k));
		*k = (struct record_kept){
			j, run, dir, verdict_parse(verdict, strlen(verdict))
		};
	}
	return 0;
}

void records_free(struct records *r)
{
	for (size_t i = 0; i < r->n_run; i++)
		json_decref(r->run[i]);
	arena_free(&r->arena);
	memset(r, 0, sizeof(*r));
}

/* The higher, the rather it is told of. */
static int rank(const struct record_kept *k)
{
	static const int by_verdict[VERDICT_COUNT + 1] = {
		[VERDICT_OK] = 2,
		[VERDICT_DEVIATES] = 6,
		[VERDICT_NOT_OK] = 8,
		[VERDICT_BROKEN] = 4,
	};

	return by_verdict[k->verdict] +
	       (strcmp(text_member(k->j, "link"), "wire") == 0);
}

const struct record_kept *records_worst(const struct records *r)
{
	const struct record_kept *worst = NULL;

	for (size_t i = 0; i < r->n; i++)
		if (*text_member(r->item[i].j, "capture") &&
		    (!worst || rank(&r->item[i]) > rank(worst)))
			worst = &r->item[i];
	return worst;
}

const char *records_file(struct records *r, const struct record_kept *k,
			 const char *what)
{
	const char *path = text_member(k->j, what);

	return *path ? kept_place(&r->arena, k->dir,
				  arena_printf(&r->arena, "%ss", what),
				  text_member(k->j, "link"),
				  text_member(k->j, "family"), path)
		     : path;
}
