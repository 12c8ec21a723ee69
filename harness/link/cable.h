/*
 * Links as libpcap sees them: what leaves an end comes out of an interface of
 * the network namespace the caller was in when it was opened. Owner of
 * libpcap's live handles.
 */
#ifndef LINK_CABLE_H
#define LINK_CABLE_H

#include "link/link.h"
#include "link/plug.h"

/* Where an end hangs on the cable: one of the two is NULL. */
struct cable_end {
	const char *interface;
	struct plug *plug; /* borrowed */
};

/*
 * A cable between two ends, by side. Only what comes in from the ends is seen.
 * Returns NULL with a fault.
 */
struct link *cable_open(const struct cable_end end[2], struct fault *f);

/*
 * One interface that frames of both directions pass: they are seen, none can
 * be put. Returns NULL with a fault.
 */
struct link *cable_open_tap(const char *interface, struct fault *f);

#endif
