/* The signals that ask a program to end. Knows nothing of what ends then. */
#include "base/signals.h"

#include <stddef.h>

#include "base/array.h"

static const int ends[] = { SIGINT, SIGTERM, SIGHUP };

#define N_ENDS ARRAY_SIZE(ends)

void signals_to_end(sigset_t *set)
{
	struct sigaction was;

	sigemptyset(set);
	for (size_t i = 0; i < N_ENDS; i++)
		if (sigaction(ends[i], NULL, &was) == 0 &&
		    was.sa_handler != SIG_IGN)
			sigaddset(set, ends[i]);
}

void signals_handle(void (*handler)(int))
{
	const struct sigaction action = { .sa_handler = handler,
					  .sa_flags = (int)SA_RESETHAND };
	sigset_t set;

	signals_to_end(&set);
	for (size_t i = 0; i < N_ENDS; i++)
		if (sigismember(&set, ends[i]) == 1)
			sigaction(ends[i], &action, NULL);
}
