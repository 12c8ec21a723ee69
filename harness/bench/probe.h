/* The bare cable: what a case costs without a harness. */
#ifndef BENCH_PROBE_H
#define BENCH_PROBE_H

/*
 * check_bench probe N: opens and closes N connections over a cable, reads both
 * states after every segment, and prints how many it did in a second.
 */
int probe(char **arg);

#endif
