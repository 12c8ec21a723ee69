/*
 * The weather: what befalls segments that pass. Drawn by lot from the case's
 * seed, so that a case and its recording have the same. Knows no rung.
 */
#include "run/interpret_own.h"

/* Of a hundred segments. */
#define LOST_BELOW 8
#define KEPT_BELOW 14
#define HELD_BELOW 22

/*
 * splitmix64's end (Steele, Lea and Flood 2014) over the seed and the frame's
 * number: a second pass of the case has not the first one's weather again.
 */
static unsigned int draw(uint64_t seed, size_t frame)
{
	uint64_t z = seed + (frame + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (unsigned int)((z ^ z >> 31) % 100);
}

static enum tape_how fate(const struct walker *w, size_t frame)
{
	unsigned int lot;

	if (!w->weather)
		return TAPE_DELIVERED;
	lot = draw(w->weather, frame);
	if (lot < LOST_BELOW)
		return TAPE_LOST;
	if (lot < KEPT_BELOW)
		return TAPE_KEPT;
	return lot < HELD_BELOW ? TAPE_HELD : TAPE_DELIVERED;
}

int walk_clear_up(struct walker *w, int line)
{
	size_t i;
	int n = 0;

	if (!w->weather)
		return 0;
	for (i = 0; i < w->n_held; i++) {
		if (!w->held[i].frame)
			continue;
		if (!walk_release(w, &w->held[i], line, true))
			return -1;
		n++;
	}
	return n;
}

/* What is held up comes behind the next that is delivered. */
int walk_pass_on(struct walker *w, struct walk_waiting *seen, int line)
{
	enum tape_how how = fate(w, seen->index);

	if (how == TAPE_DELIVERED || how == TAPE_LOST) {
		if (walk_deal(w, seen, how, line, true, NULL) < 0)
			return -1;
		return how == TAPE_LOST || walk_clear_up(w, line) >= 0 ? 0 : -1;
	}
	walk_hold(w, seen);
	return walk_deal(w, seen, how, line, true, NULL);
}
