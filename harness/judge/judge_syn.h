/* Openings, for the judge's trunk. Private to judge/judge*.c. */
#ifndef JUDGE_JUDGE_SYN_H
#define JUDGE_JUDGE_SYN_H

#include "judge/judge_own.h"

void judge_syn(const struct scene *s);

/* The first acknowledgment of the other's SYN tells the round trip. */
void judge_round_trip(const struct scene *s);

/* Adds the segment's numbers to what is known of its sender. */
void judge_take(const struct scene *s);

#endif
