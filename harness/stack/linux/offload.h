/*
 * Turning a veth's offloads off, so that what is captured is what was meant:
 * whole checksums, one segment a frame. Owner of SIOCETHTOOL.
 */
#ifndef STACK_LINUX_OFFLOAD_H
#define STACK_LINUX_OFFLOAD_H

#include "base/fault.h"

/*
 * Checksum, TSO, GSO and GRO off for an interface of the namespace the
 * caller is in. What the driver has fixed is left. Returns 0, or -1.
 */
int offload_off(const char *name, struct fault *f);

#endif
