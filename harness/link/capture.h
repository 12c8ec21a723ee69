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
#include "base/memory.h"

struct capture;

/* Where frames were captured. */
struct capture_iface {
	int link;	  /* as pcap_datalink(3) numbers it */
	uint32_t snaplen; /* how much of a frame at most; 0: all */
	uint32_t number;  /* of the capture's interfaces, from 0 */
};

/* It and what it points to last until the function it is given to returns. */
struct capture_frame {
	const uint8_t *bytes;
	uint32_t len;	   /* captured */
	uint32_t wire_len; /* as it was on the wire */
	int64_t at_ns;	   /* since the epoch */
	const struct capture_iface *iface;
};

/*
 * Opens a pcap (microseconds or nanoseconds, either byte order), pcapng or
 * snoop file, "-" for standard input. One that is compressed with gzip, zstd,
 * lz4, xz or bzip2 is read through these programs; its first octets tell, not
 * its name. NULL with a fault that names path.
 */
struct capture *capture_open(const char *path, struct fault *f);

/*
 * Whether the file's first octets are those of a capture, or of something that
 * is compressed.
 */
bool capture_seems(const char *path);

/* Watches an interface ("any" for all of them): the headers of IP packets. */
struct capture *capture_live(const char *iface, struct fault *f);

void capture_close(struct capture *c);

/* The link type of every frame; or, where frames differ: */
#define CAPTURE_MIXED -1
int capture_link(const struct capture *c);

/* A link type as people call it. */
const char *capture_link_name(int link);

/* Why there are no more frames. */
enum capture_got {
	CAPTURE_NONE,	 /* live: none for now */
	CAPTURE_END,	 /* of the file, or capture_break was called: */
			 /* of a file the rest can be read yet */
	CAPTURE_DAMAGED, /* with a fault that names path and offset */
};

typedef void capture_frame_fn(void *ctx, const struct capture_frame *frame);

/* Gives fn one frame after another, as long as there are some. */
enum capture_got capture_read(struct capture *c, capture_frame_fn *fn,
			      void *ctx, struct fault *f);

/*
 * The same, with several frames of an interface at a time where that can be,
 * CAPTURE_MANY at most: all of them last until fn returns, and all are given
 * before capture_break has an effect.
 */
#define CAPTURE_MANY 32

typedef void capture_frames_fn(void *ctx, const struct capture_frame *frame,
			       size_t n);

enum capture_got capture_read_many(struct capture *c, capture_frames_fn *fn,
				   void *ctx, struct fault *f);

/*
 * For that fn, with each frame: asks for octets that are read soon, so that a
 * file which is mapped comes from memory while frames are made use of, and not
 * all at once between two calls. As far ahead as two times CAPTURE_MANY small
 * frames are long.
 */
#define CAPTURE_SOON 6144u

static __always_inline void capture_ask_ahead(const struct capture_frame *frame)
{
	const uint8_t *at = frame->bytes + CAPTURE_SOON;

	__builtin_prefetch(at);
	__builtin_prefetch(at + CACHE_LINE);
}

/*
 * From here on nothing is mapped, and the file is read record by record: what
 * is read is the same. It takes longer, and may be called at any time but from
 * capture_read's fn.
 */
void capture_carefully(struct capture *c);

/*
 * For capture_read's fn, when it has copied what it needs of a frame, or of
 * several: whether the file became shorter meanwhile, and these may be zeros
 * that never were there. Such frames are to be forgotten; no other ones follow,
 * and capture_read tells the damage.
 */
bool capture_is_lost(struct capture *c);

/* Makes capture_read return. For signal handlers. */
void capture_break(struct capture *c);

/*
 * How far a file has been read, and how long it is (0: not known); of one that
 * is compressed both are what lies there.
 */
uint64_t capture_offset(const struct capture *c);
uint64_t capture_size(const struct capture *c);

/* Live: frames the kernel had no room for. */
uint64_t capture_dropped(const struct capture *c);

#endif
