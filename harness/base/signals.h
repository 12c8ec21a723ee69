/* The signals that ask a program to end. */
#ifndef BASE_SIGNALS_H
#define BASE_SIGNALS_H

#include <signal.h>

/*
 * SIGINT, SIGTERM and SIGHUP, but none that whoever started us had ignored, as
 * nohup does: that one stays ignored. To be asked before any is handled.
 */
void signals_to_end(sigset_t *set);

/* Has handler called once for each of them. */
void signals_handle(void (*handler)(int));

#endif
