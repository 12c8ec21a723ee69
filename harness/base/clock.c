/* Clocks. Knows nothing of what is timed. */
#include "base/clock.h"

#include <limits.h>
#include <time.h>

static int64_t read_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* mono_ns 0: time is the machine's. */
static struct {
	int64_t mono_ns;
	int64_t real_ns;
} virtual;

int64_t clock_machine_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

int64_t clock_mono_ns(void)
{
	return virtual.mono_ns ? virtual.mono_ns : read_ns(CLOCK_MONOTONIC);
}

int64_t clock_real_ns(void)
{
	return virtual.mono_ns ? virtual.real_ns : read_ns(CLOCK_REALTIME);
}

void clock_be_virtual(void)
{
	virtual.real_ns = clock_real_ns();
	virtual.mono_ns = clock_mono_ns();
}

bool clock_is_virtual(void)
{
	return virtual.mono_ns != 0;
}

void clock_pass_until(int64_t mono_ns)
{
	if (mono_ns <= virtual.mono_ns)
		return;
	virtual.real_ns += mono_ns - virtual.mono_ns;
	virtual.mono_ns = mono_ns;
}

int clock_poll_ms(int64_t deadline_ns)
{
	int64_t left;

	if (deadline_ns == INT64_MAX)
		return -1;
	left = deadline_ns - clock_mono_ns();
	if (left <= 0)
		return 0;
	left = (left + NS_PER_MS - 1) / NS_PER_MS;
	return left > INT_MAX ? INT_MAX : (int)left;
}
