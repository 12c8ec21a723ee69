/*
 * From cases to jobs: families, rounds, where the evidence goes, and in which
 * order. Opens nothing.
 */
#include "run/plan.h"

#include <sys/socket.h>

const char *plan_family(int family)
{
	return family == AF_INET6 ? "ipv6" : "ipv4";
}

static const char *place(struct plan *p, const char *folder,
			 const struct plan_jobs *how, const struct job *j,
			 const char *ending)
{
	const char *round = "";

	if (!folder)
		return NULL;
	if (how->rounds > 1)
		round = arena_printf(&p->arena, ".r%u", j->round);
	return arena_printf(&p->arena, "%s/%s/%s/%s%s%s", folder,
			    link_name(how->link), plan_family(j->family),
			    j->name, round, ending);
}

static void fill(struct plan *p, const struct plan_jobs *how,
		 const struct plan_case *c, struct job *j)
{
	j->script = c->script;
	j->name = c->name;
	j->link = how->link;
	j->bug = how->bug;
	j->capture = place(p, how->captures, how, j, ".pcapng");
	j->ladder = place(p, how->ladders, how, j, ".fin.txt");
	j->timeout_ns = how->timeout_ns + script_least_ns(c->script);
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

bool plan_has_jobs(const struct plan *p, const struct plan_jobs *how)
{
	for (size_t i = 0; i < p->n; i++)
		if ((how->ipv4 && fits(p->item[i].script, AF_INET)) ||
		    (how->ipv6 && fits(p->item[i].script, AF_INET6)))
			return true;
	return false;
}

struct job *plan_jobs(struct plan *p, const struct plan_jobs *how, size_t *n)
{
	const int family[] = { AF_INET, AF_INET6 };
	const bool wanted[] = { how->ipv4, how->ipv6 };
	struct job *job, *j;
	unsigned int round;
	size_t i, k;

	*n = 0;
	job = j = arena_alloc(&p->arena, p->n * 2 * how->rounds * sizeof(*job));
	for (round = 1; round <= how->rounds; round++)
		for (i = 0; i < p->n; i++)
			for (k = 0; k < 2; k++) {
				if (!wanted[k] ||
				    !fits(p->item[i].script, family[k]))
					continue;
				j->round = round;
				j->family = family[k];
				fill(p, how, &p->item[i], j++);
			}
	*n = (size_t)(j - job);
	if (how->shuffled)
		shuffle(job, *n, how->seed);
	return job;
}
