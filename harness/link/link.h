/*
 * What joins the two ends of a run, whatever it is made of: frames come out
 * of it at plugs, and on a cable nothing reaches an end but what is put there.
 * The addresses of both ends are the link's, so that any two stacks meet.
 */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/side.h"

/* Longest frame on our links: an MTU of 1500 and Ethernet with one tag. */
#define LINK_FRAME_MAX 2048
#define LINK_MTU       1500

enum link_kind {
	LINK_CABLE,    /* "wire": the harness passes every frame */
	LINK_VETH,     /* one veth pair straight between two namespaces */
	LINK_LOOPBACK, /* one namespace, its lo */
	LINK_COUNT,
};

/* "wire", "veth", "loopback", and NULL. */
extern const char *const link_names[LINK_COUNT + 1];

/* One of them; and back (LINK_COUNT: none, NULL). */
const char *link_name(enum link_kind kind);
enum link_kind link_parse(const char *text);

/* Whether a link of that kind will have a cable (struct link). */
bool link_has_cable(enum link_kind kind);

/*
 * The address of a side: 192.0.2.1 and .2 (TEST-NET-1, RFC 5737), or
 * 2001:db8::1 and ::2 (RFC 3849).
 */
void link_address(int family, enum side side, uint8_t addr[16]);

/*
 * Another one, for all links that this process opens from now on: of a stack
 * whose address is not ours to choose, and of its peer.
 */
void link_set_address(int family, enum side side, const uint8_t addr[16]);

struct link_frame {
	int plug;	      /* which it came in by, from 0 */
	int64_t at_ns;	      /* its time stamp, CLOCK_REALTIME */
	const uint8_t *bytes; /* until the next call for that plug */
	size_t len;
};

struct link;

struct link_ops {
	/*
	 * The next frame that has arrived at a plug. Returns 1, 0 when there
	 * is none, -1 with a fault.
	 */
	int (*next)(struct link *l, int plug, struct link_frame *frame,
		    struct fault *f);

	/* Sleeps until a frame may be there or the monotonic deadline. */
	void (*wait)(struct link *l, int64_t deadline_ns);

	/* Gives a frame to an end. Only with a cable. -1 with a fault. */
	int (*put)(struct link *l, enum side to, const void *frame, size_t len,
		   struct fault *f);

	/*
	 * Whether all that was put before an end has left the link. Only with
	 * a cable.
	 */
	bool (*is_taken)(struct link *l, enum side to);

	/*
	 * How many frames were received and how many dropped at a plug since
	 * the link was opened. -1 with a fault.
	 */
	int (*stats)(struct link *l, int plug, uint64_t *received,
		     uint64_t *dropped, struct fault *f);

	void (*close)(struct link *l);
};

struct link {
	const struct link_ops *ops;
	/*
	 * It has a cable: plug i is the end of side i, what comes out there
	 * was sent by that end, and it goes no further unless it is put.
	 * Otherwise there is one plug, where both directions are seen.
	 */
	bool has_cable;
	bool no_checksums; /* what is sent carries none yet, as on loopback */
	int plugs;
};

#endif
