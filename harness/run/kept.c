/* From results.json to the book of a run. Knows the schema; judges nothing. */
#include "run/kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/folder.h"
#include "base/text.h"
#include "bug/bug.h"
#include "run/expectation.h"
#include "run/plan.h"
#include "run/result.h"
#include "stack/ends.h"

struct reader {
	struct run *run;
	struct arena *a;
	const char *dir;
	const char *path; /* of results.json */
	struct fault *f;
};

static const char *text_of(struct reader *r, const json_t *j, const char *key)
{
	const json_t *v = json_object_get(j, key);

	return json_is_string(v) ? arena_strndup(r->a, json_string_value(v),
						 json_string_length(v))
				 : NULL;
}

static int64_t ns_of(const json_t *j, const char *key)
{
	return (int64_t)(json_number_value(json_object_get(j, key)) *
				 (double)NS_PER_S +
			 0.5);
}

static int64_t time_of(const json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));
	int64_t ns = 0;

	return text && text_parse_time(text, &ns) == 0 ? ns : 0;
}

static const char **texts_of(struct reader *r, const json_t *list, size_t *n)
{
	const char **text =
		arena_alloc(r->a, (json_array_size(list) + 1) * sizeof(*text));

	for (*n = 0; *n < json_array_size(list); (*n)++) {
		const char *one = json_string_value(json_array_get(list, *n));

		text[*n] = arena_printf(r->a, "%s", one ? one : "");
	}
	return text;
}

json_t *kept_load(const char *path, struct fault *f)
{
	struct arena a = { NULL };
	const char *file = folder_has_file(path)
				   ? path
				   : arena_printf(&a, "%s/results.json", path);
	json_error_t err;
	json_t *j = NULL;

	if (!folder_has_file(file) && errno == EACCES)
		fault_errno(f, "%s", file);
	else if (!folder_has_file(file))
		fault_set(f,
			  "no run is kept in %s: expected a folder that "
			  "lastack run has put its reports in",
			  path);
	else if (!(j = json_load_file(file, 0, &err)))
		fault_set(f, "%s:%d: %s", file, err.line, err.text);
	arena_free(&a);
	return j;
}

const char *kept_place(struct arena *a, const char *dir, const char *what,
		       const char *link, const char *family, const char *path)
{
	const char *below =
		strstr(path, arena_printf(a, "/%s/%s/%s/", what, link, family));
	const char *now;

	/* Below the run's folder, wherever that was. */
	if (below) {
		now = arena_printf(a, "%s%s", dir, below);
		return folder_has_file(now) || !folder_has_file(path) ? now
								      : path;
	}
	/* The folder is reports/run/TIME of the one that the run was begun in. */
	now = arena_printf(a, "%s/../../../%s", dir, path);
	return folder_has_file(path) || !folder_has_file(now) ? path : now;
}

static const char *place(struct reader *r, const struct job *job,
			 const char *what, const char *path)
{
	return path ? kept_place(r->a, r->dir, what, link_name(job->link),
				 plan_family(job->family), path)
		    : NULL;
}

static const struct script *script_of(struct reader *r, const json_t *j)
{
	struct script *s = arena_alloc(r->a, sizeof(*s));
	const char *path = text_of(r, j, "path");

	s->path = path ? path : "";
	s->title = text_of(r, j, "title");
	s->spec = texts_of(r, json_object_get(j, "spec"), &s->n_spec);
	s->slow = json_is_true(json_object_get(j, "slow"));
	return s;
}

static const struct stack_kind *kind_of(const char *name)
{
	const struct stack_kind *kind;

	for (size_t i = 0; (kind = stack_kind_nth(i)); i++)
		if (name && strcmp(kind->name, name) == 0)
			break;
	return kind;
}

static int stack_of(struct reader *r, const json_t *j, struct stack_choice *c)
{
	const char *name = text_of(r, j, "name");
	const char *version = text_of(r, j, "version");

	c->kind = kind_of(name);
	c->text = text_of(r, j, "as");
	if (!c->kind || !c->text)
		return fault_set(r->f, "%s: no stack \"%s\" is known", r->path,
				 name ? name : "");
	snprintf(c->version, sizeof(c->version), "%s", version ? version : "");
	return 0;
}

/* Of each guest the same ends, with its kernel. */
static void guests_of(struct reader *r, const json_t *list,
		      struct ends_plan *ends)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *guest = json_array_get(list, i);
		const char *version = text_of(r, guest, "version");

		ends[i] = ends[0];
		ends[i].vm_text = text_of(r, guest, "as");
		for (int side = SIDE_A; side <= SIDE_B; side++)
			snprintf(ends[i].stack[side].version, STACK_VERSION_MAX,
				 "%s", version ? version : "");
	}
}

/* Nothing is opened by it: it is what the reports say of the ends. */
static int stacks_of(struct reader *r, const json_t *head)
{
	const json_t *stacks = json_object_get(head, "stacks");
	const json_t *guests = json_object_get(head, "guests");
	const json_t *a = json_object_get(stacks, "A");
	const json_t *b = json_object_get(stacks, "B");
	const char *clock = text_of(r, head, "clock");
	size_t n = json_array_size(guests) ? json_array_size(guests) : 1;
	struct ends_plan *ends = arena_alloc(r->a, n * sizeof(*ends));

	if (!json_is_object(a) || !json_is_object(b))
		return 0;
	r->run->ends = ends;
	r->run->n_ends = n;
	ends->warped = clock && strcmp(clock, "virtual") == 0;
	ends->real_time = !ends->warped;
	if (stack_of(r, a, &ends->stack[SIDE_A]) ||
	    stack_of(r, b, &ends->stack[SIDE_B]))
		return -1;
	guests_of(r, guests, ends);
	return 0;
}

/* The ends that a case was played on. */
static const struct ends_plan *ends_of(struct reader *r, const json_t *j)
{
	const struct run *run = r->run;
	const char *guest = text_of(r, j, "guest");

	for (size_t i = 0; guest && i < run->n_ends; i++)
		if (strcmp(run->ends[i].stack[SIDE_B].version, guest) == 0)
			return &run->ends[i];
	return run->n_ends ? run->ends : NULL;
}

static int job_of(struct reader *r, const json_t *j, struct job *job)
{
	const char *link = text_of(r, j, "link");
	const char *family = text_of(r, j, "family");

	job->script = script_of(r, j);
	job->ends = ends_of(r, j);
	if (r->run->n_ends > 1)
		job->guest = job->ends->stack[SIDE_B].version;
	job->name = text_of(r, j, "name");
	job->link = link ? link_parse(link) : LINK_COUNT;
	job->family =
		family && strcmp(family, "ipv6") == 0 ? AF_INET6 : AF_INET;
	job->round =
		(unsigned int)json_integer_value(json_object_get(j, "round"));
	if (r->run->bug)
		job->bug = bug_find(r->run->bug);
	if (!job->name || job->link == LINK_COUNT)
		return fault_set(r->f, "%s: a case without a name or a link",
				 r->path);
	job->capture = place(r, job, "captures", text_of(r, j, "capture"));
	job->ladder = place(r, job, "ladders", text_of(r, j, "ladder"));
	return 0;
}

static int record_of(struct reader *r, const json_t *j, struct record *rec)
{
	struct job *job = arena_alloc(r->a, sizeof(*job));
	struct outcome *o = &rec->out;

	if (job_of(r, j, job) || result_of_json(j, r->a, o, r->f))
		return -1;
	rec->job = job;
	rec->phase = RECORD_DONE;
	o->ladder = NULL;
	o->evidence = job->capture != NULL;
	o->start_ns = time_of(j, "started");
	o->duration_ns = ns_of(j, "duration_s");
	r->run->count[o->verdict]++;
	r->run->done++;
	if (job->round > r->run->rounds)
		r->run->rounds = job->round;
	return 0;
}

/* What deviated was a failure if the run failed and nothing else did. */
static bool has_expected(const json_t *j)
{
	const json_t *sum = json_object_get(j, "summary");

	return json_integer_value(json_object_get(j, "exit")) != 1 ||
	       json_integer_value(json_object_get(sum, "not_ok"));
}

static int head_of(struct reader *r, const json_t *j)
{
	static const struct expectations expected;
	struct run *run = r->run;
	const json_t *seed = json_object_get(j, "seed");
	const json_t *shard = json_object_get(j, "shard");

	run->kernel = text_of(r, j, "kernel");
	run->machine = text_of(r, j, "machine");
	run->start_ns = time_of(j, "started");
	run->duration_ns = ns_of(j, "duration_s");
	run->bug = text_of(r, j, "bug");
	run->refused = text_of(r, j, "fault");
	run->shuffled = json_is_integer(seed);
	run->seed = (uint32_t)json_integer_value(seed);
	run->expect = has_expected(j) ? &expected : NULL;
	run->part = (unsigned int)json_integer_value(
		json_object_get(shard, "part"));
	run->parts =
		(unsigned int)json_integer_value(json_object_get(shard, "of"));
	run->rounds = 1;
	run->verb = "run";
	run->dir = r->dir;
	run->captures = arena_printf(r->a, "%s/captures", r->dir);
	return stacks_of(r, j);
}

/* Those that were not run are told of by their number only. */
static void not_run(struct run *run)
{
	static const struct script script = { .path = "", .title = "" };
	static const struct job job = { .script = &script, .name = "" };

	for (size_t i = run->done; i < run->n; i++)
		run->rec[i].job = run->done ? run->rec[0].job : &job;
}

static int cases_of(struct reader *r, const json_t *j)
{
	const json_t *cases = json_object_get(j, "cases");
	const json_t *sum = json_object_get(j, "summary");
	size_t n = json_array_size(cases), i;
	json_int_t rest = json_integer_value(json_object_get(sum, "not_run"));

	if (!json_is_array(cases) || rest < 0 || rest > INT32_MAX)
		return fault_set(r->f, "%s: is not the result of a run",
				 r->path);
	r->run->n = n + (size_t)rest;
	r->run->rec = arena_alloc(r->a, r->run->n * sizeof(*r->run->rec));
	for (i = 0; i < n; i++)
		if (record_of(r, json_array_get(cases, i), &r->run->rec[i]))
			return -1;
	not_run(r->run);
	return 0;
}

int kept_read(struct run *run, const char *dir, struct fault *f)
{
	struct reader r = { .run = run, .a = &run->arena, .dir = dir, .f = f };
	json_t *j = kept_load(dir, f);
	int rc;

	if (!j)
		return -1;
	r.path = arena_printf(r.a, "%s/results.json", dir);
	rc = head_of(&r, j);
	if (rc == 0)
		rc = cases_of(&r, j);
	json_decref(j);
	return rc;
}

int kept_ladder(struct run *run, struct record *rec, struct fault *f)
{
	size_t len;
	char *text;

	if (!rec->job->ladder || rec->out.ladder)
		return 0;
	text = folder_read(rec->job->ladder, &len, f);
	if (!text)
		return -1;
	rec->out.ladder = arena_strndup(&run->arena, text, len);
	free(text);
	return 0;
}

bool kept_is_case(const char *name, const char *path, const char *text)
{
	size_t len = strlen(name);

	if (strcmp(path, text) == 0 || folder_is_same(path, text))
		return true;
	if (strncmp(text, "cases/", 6) == 0 && strncmp(name, "cases/", 6) != 0)
		text += 6;
	return strncmp(name, text, len) == 0 &&
	       (!text[len] || strcmp(text + len, ".fin") == 0);
}
