/*
 * The link between the ends, as libpcap sees it: what leaves each end comes
 * out here, and on a cable nothing reaches the other end unless it is put
 * there. Owner of libpcap's live handles.
 */
#ifndef LINK_CABLE_H
#define LINK_CABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/side.h"

/* Longest frame on our links: an MTU of 1500 and Ethernet with one tag. */
#define WIRE_SNAPLEN 2048
#define WIRE_MTU     1500

struct wire;

struct wire_frame {
	int plug;	      /* which it came in by, from 0 */
	int64_t at_ns;	      /* libpcap's time stamp, CLOCK_REALTIME */
	const uint8_t *bytes; /* until the next call for that plug */
	size_t len;
};

/*
 * A cable's two plugs, interfaces of the namespace the caller is in; by side.
 * Only what comes in from the ends is seen.
 */
struct wire *wire_open_cable(const char *plug_a, const char *plug_b,
			     struct fault *f);

/* One interface that frames of both directions pass: only seen, never put. */
struct wire *wire_open_tap(const char *interface, struct fault *f);

void wire_close(struct wire *w);

/*
 * The next frame that has arrived at a plug. Returns 1, 0 when there is
 * none, -1 with a fault.
 */
int wire_next(struct wire *w, int plug, struct wire_frame *frame,
	      struct fault *f);

/* Sleeps until a frame may be there or the monotonic deadline has passed. */
void wire_wait(struct wire *w, int64_t deadline_ns);

/* Gives a frame to the end at that plug of a cable. -1 with a fault. */
int wire_put(struct wire *w, enum side to, const void *frame, size_t len,
	     struct fault *f);

/*
 * How many frames libpcap received and how many it dropped at a plug since
 * wire_open. Returns -1 with a fault.
 */
int wire_stats(struct wire *w, int plug, uint64_t *received, uint64_t *dropped,
	       struct fault *f);

/* How many plugs there are: 2 of a cable, 1 of a tap. */
int wire_plugs(const struct wire *w);

#endif
