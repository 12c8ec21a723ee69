/*
 * Impairment ("set weather SEED"): segments that pass are lost, doubled or
 * held. The seed and a frame's number decide, so that a case and its recording
 * have the same. Knows no rung.
 */
#include "run/interpret_own.h"

/* Of a hundred segments: lost, then kept, then held. */
#define LOST_BELOW 8
#define KEPT_BELOW 14
#define HELD_BELOW 22

/*
 * The last steps of splitmix64 (Steele, Lea and Flood 2014). Frames of a second
 * pass have other numbers, so their fates differ from the first pass's.
 */
static unsigned int draw(uint64_t seed, size_t frame)
{
	uint64_t z = seed + (frame + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (unsigned int)((z ^ z >> 31) % 100);
}

static enum tape_how fate(const struct interpreter *in, size_t frame)
{
	unsigned int lot;

	if (!in->impairment)
		return TAPE_DELIVERED;
	lot = draw(in->impairment, frame);
	if (lot < LOST_BELOW)
		return TAPE_LOST;
	if (lot < KEPT_BELOW)
		return TAPE_KEPT;
	return lot < HELD_BELOW ? TAPE_HELD : TAPE_DELIVERED;
}

int interpret_release_all(struct interpreter *in)
{
	size_t i;
	int n = 0;

	if (!in->impairment)
		return 0;
	for (i = 0; i < in->n_held; i++) {
		if (!in->held[i].frame)
			continue;
		if (!interpret_release(in, &in->held[i], true))
			return -1;
		n++;
	}
	return n;
}

/* A held segment is delivered after the next that is delivered. */
int interpret_pass_on(struct interpreter *in, struct waiting *seen)
{
	enum tape_how how = fate(in, seen->index);

	if (how == TAPE_DELIVERED || how == TAPE_LOST) {
		if (interpret_deal(in, seen, how, true, NULL) < 0)
			return -1;
		return how == TAPE_LOST || interpret_release_all(in) >= 0 ? 0
									  : -1;
	}
	interpret_hold(in, seen);
	return interpret_deal(in, seen, how, true, NULL);
}
