/*
 * The two clocks of the harness, both in nanoseconds; and time of its own, in
 * which a process may live: then both stand still but for clock_pass_until.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  INT64_C(1000000000)

/* CLOCK_MONOTONIC: for deadlines. */
int64_t clock_mono_ns(void);

/* CLOCK_REALTIME: the clock libpcap stamps frames with. */
int64_t clock_real_ns(void);

/* CLOCK_MONOTONIC, whatever time this process lives in: what a thing costs. */
int64_t clock_machine_ns(void);

/* From now on time is this process's own. */
void clock_be_virtual(void);
bool clock_is_virtual(void);

/* It passes up to then; nothing when that is past. */
void clock_pass_until(int64_t mono_ns);

/*
 * Milliseconds to hand to poll(2) so that it returns at or after the
 * monotonic deadline: rounded up, 0 when past, -1 when deadline is INT64_MAX.
 */
int clock_poll_ms(int64_t deadline_ns);

#endif
