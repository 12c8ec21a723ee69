/*
 * From cases to jobs: families, rounds, where the evidence goes, and in which
 * order. Opens nothing.
 */
#include "run/plan.h"

#include <sys/socket.h>

#include "stack/ends.h"

const char *plan_family(int family)
{
	return family == AF_INET6 ? "ipv6" : "ipv4";
}

static const char *place(struct plan *p, const char *folder,
			 const struct plan_jobs *how, const struct job *j,
			 const char *ending)
{
	return folder ? plan_place(&p->arena, folder, j, how->rounds, ending)
		      : NULL;
}

const char *plan_place(struct arena *a, const char *folder, const struct job *j,
		       unsigned int rounds, const char *ending)
{
	const char *round = rounds > 1 ? arena_printf(a, ".r%u", j->round) : "";
	const char *guest = j->guest ? arena_printf(a, "%s/", j->guest) : "";

	return arena_printf(a, "%s/%s/%s/%s%s%s%s", folder, link_name(j->link),
			    plan_family(j->family), guest, j->name, round,
			    ending);
}

static void fill(struct plan *p, const struct plan_jobs *how,
		 const struct plan_case *c, struct job *j)
{
	j->script = c->script;
	j->name = c->name;
	j->link = how->link;
	j->bug = how->bug;
	j->shown = how->verbose || c->expected;
	j->capture = place(p, how->captures, how, j, ".pcapng");
	j->ladder = place(p, how->ladders, how, j, ".fin.txt");
	/* A timer that is due may run an eighth late, and a bound says more. */
	j->busy_ns = how->timeout_ns;
	j->timeout_ns = how->timeout_ns + script_least_ns(c->script) * 5 / 4;
}

/* splitmix64: small, and every seed is a good one. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

static void shuffle(struct job *job, size_t n, uint32_t seed)
{
	uint64_t state = seed;

	for (; n > 1; n--) {
		size_t at = next_random(&state) % n;
		struct job other = job[at];

		job[at] = job[n - 1];
		job[n - 1] = other;
	}
}

/* A case that needs the other family is not this one's. */
static bool fits(const struct script *s, int family)
{
	size_t i;

	for (i = 0; i < s->n_need; i++) {
		if (s->need[i].kind == NEED_FAMILY &&
		    s->need[i].family != family)
			return false;
	}
	return true;
}

size_t plan_count_jobs(const struct plan *p, const struct plan_jobs *how)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++) {
		n += how->ipv4 && fits(p->item[i].script, AF_INET);
		n += how->ipv6 && fits(p->item[i].script, AF_INET6);
	}
	return n * how->rounds * how->n_ends;
}

/* Leaves the part's jobs; returns how many. */
static size_t keep_part(struct job *job, size_t n, const struct plan_jobs *how)
{
	size_t kept = 0;

	if (!how->parts)
		return n;
	for (size_t i = how->part - 1; i < n; i += how->parts)
		job[kept++] = job[i];
	return kept;
}

/* A case's, of one round. Returns the room behind them. */
static struct job *add_jobs(struct plan *p, const struct plan_jobs *how,
			    const struct plan_case *c, unsigned int round,
			    struct job *j)
{
	const int family[] = { AF_INET, AF_INET6 };
	const bool wanted[] = { how->ipv4, how->ipv6 };

	for (size_t k = 0; k < 2; k++) {
		if (!wanted[k] || !fits(c->script, family[k]))
			continue;
		for (size_t e = 0; e < how->n_ends; e++) {
			j->round = round;
			j->family = family[k];
			j->ends = &how->ends[e];
			if (how->n_ends > 1)
				j->guest = j->ends->stack[SIDE_B].version;
			fill(p, how, c, j++);
		}
	}
	return j;
}

struct job *plan_jobs(struct plan *p, const struct plan_jobs *how, size_t *n)
{
	size_t most = p->n * 2 * how->rounds * how->n_ends;
	struct job *job = arena_alloc(&p->arena, most * sizeof(*job)), *j = job;

	for (unsigned int round = 1; round <= how->rounds; round++)
		for (size_t i = 0; i < p->n; i++)
			j = add_jobs(p, how, &p->item[i], round, j);
	*n = keep_part(job, (size_t)(j - job), how);
	if (how->shuffled)
		shuffle(job, *n, how->seed);
	return job;
}
