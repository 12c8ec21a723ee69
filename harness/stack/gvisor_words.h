/*
 * What the program lastack-gvisor and the stack "gvisor" have agreed upon.
 * Both are of one build.
 */
#ifndef STACK_GVISOR_WORDS_H
#define STACK_GVISOR_WORDS_H

/*
 * Nobody connects to it: a segment that comes there is answered with an RST,
 * by the goroutine that processes all others, behind them.
 */
#define GVISOR_PROBE_PORT 9999

#endif
