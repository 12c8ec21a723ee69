/*
 * The order in which jobs are given out, and how many lanes there are for them.
 *
 * Three kinds of lanes. Quick ones, as many as there are cores, are busy all
 * the time; patient ones take the cases whose script spends its time waiting
 * (TIME-WAIT lasts 60 s), which cost no processor and must not have a quick
 * case queue behind them; and few have the cases that need scapy, which takes
 * longer to load than a hundred cases to play.
 */
#include "run/runner_own.h"

#include <stdlib.h>

#include "base/clock.h"

/* What a quick case takes is a few ms; a queue of waits is felt at once. */
#define PATIENT_NS (20 * NS_PER_MS)

/* A lane with scapy starts a Python, which takes as long as so many cases. */
#define SCAPY_CASES 20

static enum work work_of(const struct runner *r, const struct job *j)
{
	if (r->o->alike)
		return WORK_QUICK;
	if (script_need(j->script, NEED_SCAPY))
		return WORK_SCAPY;
	if (j->script->slow || script_least_ns(j->script) >= PATIENT_NS)
		return WORK_PATIENT;
	return WORK_QUICK;
}

/* Longest first; in the order of the jobs when equal. */
static int by_length(const void *a, const void *b, void *ctx)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	const struct record *rec = ctx;
	int64_t lx = script_least_ns(rec[x].job->script);
	int64_t ly = script_least_ns(rec[y].job->script);

	if (lx != ly)
		return lx > ly ? -1 : 1;
	return x < y ? -1 : 1;
}

struct group *runner_group(const struct runner *r, const struct ends_plan *ends)
{
	return &r->group[r->o->n_ends > 1 ? ends - r->o->ends : 0];
}

void runner_fill_queues(struct runner *r)
{
	size_t size = r->run->n * sizeof(size_t), n = r->o->n_ends, i, g;
	struct queue *q;

	r->group = arena_alloc(&r->run->arena, n * sizeof(*r->group));
	for (g = 0; g < n; g++)
		for (i = 0; i < RUNNER_QUEUES; i++)
			r->group[g].queue[i].job =
				arena_alloc(&r->run->arena, size);
	for (i = 0; i < r->run->n; i++) {
		const struct job *j = r->run->rec[i].job;

		q = &runner_group(r, j->ends)->queue[work_of(r, j)];
		q->job[q->n++] = i;
	}
	for (g = 0; g < n; g++) {
		q = &r->group[g].queue[WORK_PATIENT];
		if (q->n)
			qsort_r(q->job, q->n, sizeof(size_t), by_length,
				r->run->rec);
	}
}

static bool has_lane(const struct runner *r, const struct ends_plan *ends,
		     enum work work)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->worker[i].work == work && r->worker[i].ends == ends &&
		    r->worker[i].phase != WORKER_NONE)
			return true;
	return false;
}

/*
 * Quick lanes take what is left of the patient cases, never the reverse; and
 * any takes what no lane of its own is there for.
 */
struct queue *runner_queue(struct runner *r, const struct worker *w)
{
	struct group *g = runner_group(r, w->ends);
	struct queue *q = &g->queue[w->work];

	if (w->work == WORK_QUICK && q->at == q->n)
		q = &g->queue[WORK_PATIENT];
	for (size_t i = 0; i < RUNNER_QUEUES && q->at == q->n; i++)
		if (!has_lane(r, w->ends, (enum work)i))
			q = &g->queue[i];
	return r->stop || q->at == q->n ? NULL : q;
}

bool runner_next_job(struct runner *r, const struct worker *w, size_t *job)
{
	struct queue *q = runner_queue(r, w);

	if (!q)
		return false;
	*job = q->job[q->at++];
	return true;
}

void runner_look_ahead(struct runner *r, struct worker *w)
{
	struct queue *q = &runner_group(r, w->ends)->queue[WORK_QUICK];

	if (w->work == WORK_QUICK && q->n - q->at > 4 * r->n &&
	    !r->run->rec[w->job].again)
		worker_give_next(w, q->job[q->at++]);
}

void runner_take_back(struct runner *r, const struct worker *w, size_t job)
{
	struct queue *q = &runner_group(r, w->ends)->queue[WORK_QUICK];

	q->job[--q->at] = job;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The lanes of a group; of several groups each has its share of the quick. */
static void count_lanes(const struct runner *r, const struct group *g,
			size_t lanes[RUNNER_QUEUES])
{
	const struct queue *q = g->queue;
	size_t quick = r->o->lanes / r->o->n_ends;
	size_t patient = r->o->patient ? r->o->patient : RUNNER_PATIENT_LANES;

	lanes[WORK_PATIENT] = least(q[WORK_PATIENT].n, patient);
	lanes[WORK_SCAPY] = least(
		(q[WORK_SCAPY].n + SCAPY_CASES - 1) / SCAPY_CASES, r->o->lanes);
	lanes[WORK_QUICK] = least(q[WORK_QUICK].n, quick ? quick : 1);
}

/* Patient ones first: what waits longest is started first. */
static const enum work in_turn[RUNNER_QUEUES] = { WORK_PATIENT, WORK_SCAPY,
						  WORK_QUICK };

void runner_make_workers(struct runner *r)
{
	struct arena *a = &r->run->arena;
	size_t groups = r->o->n_ends, lanes[RUNNER_QUEUES];
	struct worker *w;

	for (size_t g = 0; g < groups; g++) {
		count_lanes(r, &r->group[g], lanes);
		for (size_t i = 0; i < RUNNER_QUEUES; i++)
			r->n += lanes[i];
	}
	r->worker = w = arena_alloc(a, r->n * sizeof(*r->worker));
	r->live = arena_alloc(a, r->n * sizeof(*r->live));
	r->poll = arena_alloc(a, (r->n + 1) * sizeof(*r->poll));
	for (size_t i = 0; i < RUNNER_QUEUES; i++)
		for (size_t g = 0; g < groups; g++) {
			count_lanes(r, &r->group[g], lanes);
			for (size_t k = 0; k < lanes[in_turn[i]]; k++, w++) {
				w->work = in_turn[i];
				w->ends = &r->o->ends[g];
			}
		}
}
