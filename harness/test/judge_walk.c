/* Connections from dice. Knows nothing of judges. */
#include "test/judge_walk.h"

#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/name.h"
#include "test/make.h"

#define WALK_START INT64_C(1700000000000000000)

static uint32_t roll(struct walk *w, uint32_t sides)
{
	return make_random(&w->dice) % sides;
}

/* Numbers wrap around soon, in one walk of four. */
static uint32_t roll_isn(struct walk *w)
{
	return roll(w, 4) ? roll(w, UINT32_C(1) << 31) * 2 : 0 - roll(w, 3000);
}

void walk_begin(struct walk *w, uint32_t dice, uint32_t odd)
{
	memset(w, 0, sizeof(*w));
	w->dice = dice;
	w->odd = odd;
	w->stamps = roll(w, 2);
	w->nxt[SIDE_A] = roll_isn(w);
	w->nxt[SIDE_B] = roll_isn(w);
	w->at_ns = WALK_START;
}

/* How a hasty one begins. */
static const struct {
	enum side from;
	uint8_t flags;
} haste[] = {
	{ SIDE_A, FLAG_SYN },
	{ SIDE_B, FLAG_SYN | FLAG_ACK },
	{ SIDE_A, FLAG_ACK },
	{ SIDE_B, FLAG_FIN | FLAG_ACK },
	{ SIDE_A, FLAG_FIN | FLAG_ACK },
	{ SIDE_B, FLAG_ACK },
};

static bool is_hasty(const struct walk *w)
{
	return w->hasty && w->sent < ARRAY_SIZE(haste);
}

static uint8_t next_flags(struct walk *w, enum side from)
{
	if (is_hasty(w))
		return haste[w->sent].flags;
	if (!w->opened[from])
		return from == SIDE_A ? FLAG_SYN : FLAG_SYN | FLAG_ACK;
	if (!w->closed[from] && w->answered[from] && !roll(w, 4))
		return FLAG_FIN | FLAG_ACK;
	return roll(w, 2) ? FLAG_ACK : FLAG_ACK | FLAG_PSH;
}

/* The one whose turn it is while the connection opens; then any. */
static enum side next_side(struct walk *w)
{
	if (is_hasty(w))
		return haste[w->sent].from;
	if (!w->opened[SIDE_A] || (w->opened[SIDE_B] && !w->answered[SIDE_A]))
		return SIDE_A;
	if (!w->opened[SIDE_B])
		return SIDE_B;
	return roll(w, 2) ? SIDE_A : SIDE_B;
}

static size_t next_len(struct walk *w, enum side from)
{
	static const uint32_t most[] = { 6, 6, 1500, 1500, 1500, 70000 };

	if (is_hasty(w) || w->closed[from] || !w->answered[from] || roll(w, 2))
		return 0;
	return 1 + roll(w, most[roll(w, ARRAY_SIZE(most))]);
}

static struct walk_seg next_plain(struct walk *w)
{
	enum side from = next_side(w);
	struct walk_seg next = { .from = from };
	struct seg *seg = &next.seg;

	seg->family = AF_INET;
	seg->flags = next_flags(w, from);
	seg->seq = w->nxt[from];
	seg->ack = seg->flags & FLAG_ACK ? w->nxt[side_other(from)] : 0;
	seg->len = next_len(w, from);
	seg->win = (uint16_t)(8000 + roll(w, 1000));
	seg->has_ts = w->stamps;
	seg->tsval = (uint32_t)((w->at_ns - WALK_START) / NS_PER_MS);
	seg->tsecr = seg->tsval;
	seg->has_scale = seg->flags & FLAG_SYN;
	seg->scale = seg->has_scale ? 7 : 0;
	seg->ttl = 64;
	w->opened[from] = true;
	w->answered[from] = w->answered[from] || seg->flags & FLAG_ACK;
	w->closed[from] = w->closed[from] || seg->flags & FLAG_FIN;
	w->nxt[from] += seg_span(seg);
	return next;
}

static uint32_t roll_near(struct walk *w)
{
	return roll(w, 2) ? 1 + roll(w, 3) : 0 - (1 + roll(w, 3));
}

static void change(struct walk *w, struct walk_seg *s)
{
	static const uint8_t flags[] = { FLAG_SYN, FLAG_FIN, FLAG_RST, FLAG_ACK,
					 FLAG_PSH };
	struct seg *seg = &s->seg;

	switch (roll(w, 13)) {
	case 0:
	case 1:
		seg->flags ^= flags[roll(w, sizeof(flags))];
		break;
	case 2:
		seg->seq += roll_near(w);
		break;
	case 3:
		seg->ack += roll_near(w);
		break;
	case 4:
		seg->seq = roll_isn(w);
		break;
	case 5:
		seg->ack = roll_isn(w);
		break;
	case 6:
		seg->len = roll(w, 8);
		break;
	case 7:
		seg->win = 0;
		break;
	case 8:
		seg->has_ts = !seg->has_ts;
		break;
	case 9:
		s->from = side_other(s->from);
		break;
	case 10:
		seg->ttl -= (uint8_t)roll(w, 3);
		break;
	default: /* one of the last ones again */
		*s = w->kept[roll(w, WALK_KEPT)];
	}
}

static int64_t roll_ns(struct walk *w)
{
	if (roll(w, 10))
		return (int64_t)roll(w, 50) * NS_PER_MS;
	return roll(w, 20) ? (int64_t)roll(w, 3000) * NS_PER_MS
			   : (int64_t)roll(w, 400) * NS_PER_S - NS_PER_S;
}

struct walk_seg walk_next(struct walk *w)
{
	struct walk_seg next;

	w->at_ns += roll_ns(w);
	next = next_plain(w);
	if (w->odd && !roll(w, w->odd))
		change(w, &next);
	w->kept[w->sent++ % WALK_KEPT] = next;
	return next;
}
