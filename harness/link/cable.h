/*
 * Links as libpcap sees them: what leaves an end comes out of an interface of
 * the network namespace the caller was in when it was opened. Owner of
 * libpcap's live handles.
 */
#ifndef LINK_CABLE_H
#define LINK_CABLE_H

#include "link/link.h"

/*
 * A cable between two interfaces, by side. Only what comes in from the ends
 * is seen. Returns NULL with a fault.
 */
struct link *cable_open(const char *const interface[2], struct fault *f);

/*
 * One interface that frames of both directions pass: they are seen, none can
 * be put. Returns NULL with a fault.
 */
struct link *cable_open_tap(const char *interface, struct fault *f);

#endif
