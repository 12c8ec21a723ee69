/*
 * Captures from the field: files, standard input, or an interface as long as
 * it is watched. Owner of libpcap's reading of captures that are not ours.
 */
#ifndef LINK_CAPTURE_H
#define LINK_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

struct capture;

struct capture_frame {
	const uint8_t *bytes; /* until the function it is given to returns */
	uint32_t len;	      /* captured */
	uint32_t wire_len;    /* as it was on the wire */
	int64_t at_ns;	      /* since the epoch */
};

/*
 * Opens a pcap (microseconds or nanoseconds, either byte order) or pcapng
 * file, "-" for standard input. NULL with a fault that names path.
 */
struct capture *capture_open(const char *path, struct fault *f);

/* Watches an interface ("any" for all of them): the headers of IP packets. */
struct capture *capture_live(const char *iface, struct fault *f);

void capture_close(struct capture *c);

/* The link type, as pcap_datalink(3) numbers it, and as people call it. */
int capture_link(const struct capture *c);
const char *capture_link_name(const struct capture *c);

/* How many octets of a frame were captured at most. */
uint32_t capture_snaplen(const struct capture *c);

/* Why there are no more frames. */
enum capture_got {
	CAPTURE_NONE,	 /* live: none for now */
	CAPTURE_END,	 /* of the file, or capture_break was called */
	CAPTURE_DAMAGED, /* with a fault that names path and offset */
};

typedef void capture_frame_fn(void *ctx, const struct capture_frame *frame);

/* Gives fn one frame after another, as long as there are some. */
enum capture_got capture_read(struct capture *c, capture_frame_fn *fn,
			      void *ctx, struct fault *f);

/* Makes a live capture end. For signal handlers. */
void capture_break(struct capture *c);

/* How far a file has been read, and how long it is (0: not known). */
uint64_t capture_offset(const struct capture *c);
uint64_t capture_size(const struct capture *c);

/* Live: frames the kernel had no room for. */
uint64_t capture_dropped(const struct capture *c);

#endif
