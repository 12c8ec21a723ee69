/* Which part a connection is of. Knows nothing of threads. */
#include "check/parts.h"

/* Fewer are not worth it, and a limit of few is meant for all together; so is
   the order of what is told of while it is captured. */
#define LEAST_EACH 4096

void parts_new(struct parts *p, const struct flows_plan *plan)
{
	struct flows_plan each = *plan;

	p->last_id = 0;
	p->seed[0] = plan->seed[0];
	p->seed[1] = plan->seed[1];
	p->n = plan->quiet_ns || plan->max < FLOWS_PARTS * LEAST_EACH
		       ? 1
		       : FLOWS_PARTS;
	each.max = plan->max / p->n;
	each.last_id = &p->last_id;
	for (size_t i = 0; i < p->n; i++)
		p->flows[i] = flows_new(&each);
}

void parts_free(struct parts *p)
{
	for (size_t i = 0; i < p->n; i++)
		flows_free(p->flows[i]);
}
