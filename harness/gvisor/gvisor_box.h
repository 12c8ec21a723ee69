/* The sandbox that lastack-gvisor makes and is in. Knows no agent. */
#ifndef GVISOR_GVISOR_BOX_H
#define GVISOR_GVISOR_BOX_H

/*
 * Runs this program in a sandbox of that runsc, its standard input and output
 * ours, with the interface of the network namespace that we are in. A SIGUSR1
 * that we get is passed on to it. Whatever becomes of us, nothing is left of
 * it. Returns the exit status; what went wrong is said in one line on standard
 * output.
 */
int gvisor_box(const char *runsc);

#endif
