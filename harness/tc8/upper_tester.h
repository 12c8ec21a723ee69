/*
 * An upper tester: the other side of the testability protocol, over the
 * sockets of the system it runs on. One tester at a time, TCP over IPv4 and
 * IPv6. Needs POSIX alone.
 */
#ifndef TC8_UPPER_TESTER_H
#define TC8_UPPER_TESTER_H

#include <stdint.h>

/*
 * Serves that port on all addresses, until the process is ended. Says
 * "ready" on standard output when it can be asked. Returns 1 with a line on
 * standard error when it cannot have the port.
 */
int upper_tester(uint16_t port, uint16_t service);

#endif
