/*
 * The simulator's plans: random healthy connections, and the occasions on
 * which each kind of broken end shows what it is.
 */
#include "test/sim_own.h"

#include <string.h>

static int64_t ms_below(uint64_t *r, uint64_t n)
{
	return (int64_t)sim_below(r, n * (uint64_t)NS_PER_MS);
}

/* Sequence numbers near the wrap are as likely as all others together. */
static uint32_t any_iss(uint64_t *r)
{
	if (sim_chance(r, 500))
		return (uint32_t)sim_random(r);
	return (uint32_t)-sim_below(r, 6000);
}

static void plan_writes(struct sim_side *side, uint64_t *r, int64_t from)
{
	int64_t at = from;
	int i;

	side->n_writes = (int)sim_below(r, SIM_WRITES + 1);
	for (i = 0; i < side->n_writes; i++) {
		at += ms_below(r, sim_chance(r, 700) ? 5 : 400);
		side->write[i].at_ns = at;
		side->write[i].len =
			1 +
			(uint32_t)sim_below(r, sim_chance(r, 500) ? 100 : 9000);
	}
	side->close_ns = at + ms_below(r, sim_chance(r, 600) ? 3 : 900);
}

static void plan_stack(struct sim_side *side, uint64_t *r)
{
	static const uint32_t mss[] = { 536, 1220, 1460, 8960 };

	side->iss = any_iss(r);
	side->mss = mss[sim_below(r, 4)];
	side->scale = (uint8_t)sim_below(r, 10);
	side->offers_scale = sim_chance(r, 800);
	side->offers_ts = sim_chance(r, 700);
	side->buffer = 3000 + (uint32_t)sim_below(r, 60000);
	side->delays_ack = sim_chance(r, 600);
	side->tail_probe = sim_chance(r, 400);
	side->probes_octet = sim_chance(r, 400);
	side->rst_has_ts = sim_chance(r, 500);
	side->ts_start = any_iss(r);
	side->keep_ns =
		sim_chance(r, 200) ? 50 * NS_PER_MS + ms_below(r, 3000) : 0;
	side->orphan_ns = sim_chance(r, 100)
				  ? 50 * NS_PER_MS + ms_below(r, 2000)
				  : 60 * NS_PER_S;
	if (sim_chance(r, 150)) {
		side->deaf_from = ms_below(r, 300);
		side->deaf_to = side->deaf_from + ms_below(r, 4000);
	}
}

static void plan_hop(struct sim_hop *h, uint64_t *r)
{
	h->delay_ns = 20 * NS_PER_US + ms_below(r, sim_chance(r, 500) ? 1 : 40);
	h->jitter_ns = NS_PER_US + ms_below(r, sim_chance(r, 700) ? 1 : 6);
	if (sim_chance(r, 500))
		h->loss = (unsigned int)sim_below(r, 150);
	if (sim_chance(r, 300))
		h->dup = (unsigned int)sim_below(r, 60);
	if (sim_chance(r, 300))
		h->reorder = (unsigned int)sim_below(r, 100);
}

static void plan_capture(struct sim_plan *p, uint64_t *r)
{
	p->linger_ns = ms_below(r, sim_chance(r, 500) ? 5 : 9000);
	if (sim_chance(r, 600))
		return;
	if (sim_chance(r, 500))
		p->miss = 1 + (unsigned int)sim_below(r, 150);
	if (sim_chance(r, 200))
		p->twice = 1 + (unsigned int)sim_below(r, 100);
	if (sim_chance(r, 200))
		p->swap = 1 + (unsigned int)sim_below(r, 100);
	if (sim_chance(r, 300))
		p->from_ns = ms_below(r, 1000);
	if (sim_chance(r, 200))
		p->to_ns = p->from_ns + ms_below(r, 1500);
}

static void plan_side(struct sim_side *side, uint64_t *r)
{
	plan_stack(side, r);
	plan_writes(side, r, ms_below(r, 60));
	side->how = sim_chance(r, 120)	 ? SIM_ABORT
		    : sim_chance(r, 400) ? SIM_CLOSE
					 : SIM_SHUTDOWN;
	side->waits_eof = sim_chance(r, 550);
	if (side->waits_eof)
		side->close_ns = ms_below(r, sim_chance(r, 500) ? 1 : 1500);
}

void sim_plan_healthy(struct sim_plan *p, uint64_t seed)
{
	uint64_t r = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;

	memset(p, 0, sizeof(*p));
	p->seed = seed;
	p->until_ns = 3600 * NS_PER_S;
	plan_side(&p->side[SIDE_A], &r);
	plan_side(&p->side[SIDE_B], &r);
	if (p->side[SIDE_A].waits_eof && p->side[SIDE_B].waits_eof)
		p->side[sim_below(&r, 2)].waits_eof = false;
	plan_hop(&p->hop[SIDE_A], &r);
	plan_hop(&p->hop[SIDE_B], &r);
	plan_capture(p, &r);
	p->refuses = sim_chance(&r, 20);
	if (sim_chance(&r, 30))
		p->mute_ns = NS_PER_MS + ms_below(&r, 1500);
}

/* The occasion a bug needs. A has it; both shut down unless said otherwise. */
struct occasion {
	bool b_first;			   /* B closes first */
	bool a_closes, b_closes, a_aborts; /* instead of shutting down */
	int lose_fins;
	bool a_goes_on, b_goes_on; /* writes long after the other has closed */
	int64_t patience_ns;	   /* B's retransmission timeout */
};

static const struct occasion occasions[SIM_BUG_COUNT] = {
	[SIM_FIN_ONCE] = { .lose_fins = 1, .b_goes_on = true },
	[SIM_FIN_MOVES] = { .lose_fins = 1, .b_goes_on = true },
	[SIM_FIN_ACK_LOW] = { .b_first = true, .a_goes_on = true },
	[SIM_NO_BACKOFF] = { .lose_fins = 7, .b_goes_on = true },
	[SIM_RST_TO_RST] = { .b_first = true,
			     .b_closes = true,
			     .a_goes_on = true },
	[SIM_ACK_BEYOND] = { .b_first = true },
	[SIM_AFTER_RST] = { .a_aborts = true },
	[SIM_FIN_STORM] = { .b_goes_on = true },
	[SIM_RST_DATA] = { .a_aborts = true },
	[SIM_RST_STORM] = { .a_aborts = true },
	[SIM_LAST_ACK] = { .b_goes_on = true },
	[SIM_SEQ_BELOW] = { .b_goes_on = true },
	[SIM_ACK_LATE] = { .b_first = true,
			   .a_goes_on = true,
			   .patience_ns = 5 * NS_PER_S },
	[SIM_RST_SEQ] = { .a_closes = true, .b_goes_on = true },
	[SIM_RST_FAR] = { .a_aborts = true, .b_goes_on = true },
};

static void plan_plain(struct sim_side *side, uint64_t *r, bool first)
{
	plan_stack(side, r);
	side->offers_ts = side->offers_scale = true;
	side->scale = (uint8_t)sim_below(r, 2);
	side->keep_ns = 0;
	side->orphan_ns = 60 * NS_PER_S;
	side->tail_probe = false;
	side->deaf_from = side->deaf_to = 0;
	side->n_writes = 1;
	side->write[0].at_ns = 40 * NS_PER_MS + ms_below(r, 40);
	side->write[0].len = 1 + (uint32_t)sim_below(r, 1000);
	side->how = SIM_SHUTDOWN;
	side->waits_eof = !first;
	side->close_ns = (first ? 300 : 5) * NS_PER_MS + ms_below(r, 20);
}

static void plan_going_on(struct sim_side *side)
{
	static const int64_t at_ms[] = { 500, 1500, 2000, 4500, 9000 };
	int i;

	for (i = 0; i < 5; i++) {
		side->write[1 + i].at_ns = at_ms[i] * NS_PER_MS;
		side->write[1 + i].len = 100;
	}
	side->n_writes = 6;
	side->waits_eof = false;
	side->close_ns = 12 * NS_PER_S;
}

void sim_plan_broken(struct sim_plan *p, enum sim_bug bug, uint64_t seed)
{
	const struct occasion *o = &occasions[bug];
	uint64_t r = seed * UINT64_C(0x9e3779b97f4a7c15) + bug;
	int i;

	memset(p, 0, sizeof(*p));
	p->seed = seed;
	p->until_ns = 25 * NS_PER_S;
	p->lose_fins = o->lose_fins;
	p->linger_ns = 5 * NS_PER_S;
	plan_plain(&p->side[SIDE_A], &r, !o->b_first);
	plan_plain(&p->side[SIDE_B], &r, o->b_first);
	if (o->a_closes)
		p->side[SIDE_A].how = SIM_CLOSE;
	if (o->a_aborts)
		p->side[SIDE_A].how = SIM_ABORT;
	if (o->b_closes)
		p->side[SIDE_B].how = SIM_CLOSE;
	p->side[SIDE_A].bug = bug;
	p->side[SIDE_B].rto_ns = o->patience_ns;
	for (i = SIDE_A; i <= SIDE_B; i++) {
		p->hop[i].delay_ns = NS_PER_MS + ms_below(&r, 10);
		p->hop[i].jitter_ns = NS_PER_US;
	}
	if (o->b_goes_on)
		plan_going_on(&p->side[SIDE_B]);
	if (o->a_goes_on)
		plan_going_on(&p->side[SIDE_A]);
}
