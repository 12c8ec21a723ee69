/*
 * What the live stage forges: plain segments, ICMP errors, and what scapy
 * makes. Knows no rung beyond its pattern.
 */
#include "run/live_stage_own.h"

#include "base/clock.h"
#include "packet/icmp.h"

/* Puts a forged frame on the link and on the list of what was made. */
static int put_forged(struct live_stage *l, enum side from,
		      const uint8_t *bytes, size_t len, struct forged *made)
{
	struct frame *frame =
		frame_copy(l->arena, from, clock_real_ns(), bytes, len);
	enum side to = side_other(from);
	bool put;

	frame->forged = true;
	made->frame[made->n++] = frame;
	if (l->vanished[to])
		return fault_set(&l->stage.fault,
				 "the case forges to %c, which has vanished",
				 side_letter(to));
	return live_stage_hand(l, frame, &put);
}

static int forge_plain(struct live_stage *l, const struct rung *rung,
		       const struct flow *flow, struct forged *made)
{
	enum side to = side_other(rung->from);
	uint8_t opts[PATTERN_OPTS_MAX], frame[LINK_FRAME_MAX];
	struct seg seg;
	size_t len;

	pattern_forge(&rung->pat, flow, rung->from, &seg, opts);
	len = seg_build(&seg, live_stage_mac(l, rung->from),
			live_stage_mac(l, to), frame, sizeof(frame));
	if (!len)
		return fault_set(&l->stage.fault,
				 "the forged segment does not fit a frame");
	return put_forged(l, rung->from, frame, len, made);
}

static int forge_icmp(struct live_stage *l, const struct rung *rung,
		      const struct flow *flow, struct forged *made)
{
	enum side to = side_other(rung->from);
	uint8_t frame[LINK_FRAME_MAX];
	struct seg quoted;
	size_t len;

	pattern_quote(&rung->pat, flow, to, &quoted);
	len = icmp_build_error(rung->pat.icmp, rung->pat.mtu, &quoted,
			       live_stage_mac(l, rung->from),
			       live_stage_mac(l, to), frame, sizeof(frame));
	return put_forged(l, rung->from, frame, len, made);
}

static int forge_scapy(struct live_stage *l, const struct rung *rung,
		       const struct flow *flow, struct forged *made)
{
	enum side to = side_other(rung->from);
	struct scapy_packets *p = arena_alloc(l->arena, sizeof(*p));
	uint8_t frame[LINK_FRAME_MAX];
	size_t i, len;

	if (scapy_make(l->scapy, flow, rung->from, rung->pat.scapy, p,
		       clock_mono_ns() + LIVE_TRUST_NS, &l->stage.fault) < 0)
		return -1;
	for (i = 0; i < p->n; i++) {
		len = seg_wrap_ip(p->octets + p->packet[i].at, p->packet[i].len,
				  live_stage_mac(l, rung->from),
				  live_stage_mac(l, to), frame, sizeof(frame));
		if (!len)
			return fault_set(&l->stage.fault,
					 "a forged packet does not fit a "
					 "frame");
		if (put_forged(l, rung->from, frame, len, made) < 0)
			return -1;
	}
	return 0;
}

typedef int forge_fn(struct live_stage *l, const struct rung *rung,
		     const struct flow *flow, struct forged *made);

static forge_fn *forge_of(const struct pattern *pat)
{
	if (pat->scapy)
		return forge_scapy;
	return pat->set & PAT_ICMP ? forge_icmp : forge_plain;
}

enum stage_said live_stage_forge(struct stage *st, const struct rung *rung,
				 const struct flow *flow, struct forged *made,
				 enum tcp_state state[2])
{
	struct live_stage *l = live_stage_of(st);
	enum side to = side_other(rung->from);

	/* What is made need not be a segment, which a stack counts. */
	if (forge_of(&rung->pat)(l, rung, flow, made) < 0 ||
	    live_stage_barrier(l, SIDE_BIT(to)) < 0 ||
	    live_stage_states(l, state) < 0)
		return STAGE_BROKEN;
	live_stage_count_processed(l, to);
	return STAGE_YES;
}
