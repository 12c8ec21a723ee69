/*
 * What a capture is made of, and the file formats that are read here rather
 * than by libpcap. Private to link/capture*.c.
 */
#ifndef LINK_CAPTURE_OWN_H
#define LINK_CAPTURE_OWN_H

#include <stdio.h>

#include <pcap/pcap.h>

#include "base/mapping.h"
#include "link/capture.h"
#include "link/unpack.h"
#include "packet/pcapng.h"

#define CAPTURE_AHEAD 65536 /* octets of a file read at once */

#define CAPTURE_NEVER INT64_MAX

/* A file format. */
struct capture_form {
	uint8_t magic[8];
	size_t n_magic;
	/* After the file was opened; a fault makes it no capture. */
	int (*begin)(struct capture *c, struct fault *f);
	enum capture_got (*read)(struct capture *c, struct fault *f);
};

extern const struct capture_form capture_pcapng, capture_snoop;

/* How the numbers of a pcap file are written. */
struct capture_order {
	bool swapped;
	int64_t unit_ns; /* of what is less than a second */
};

struct capture {
	pcap_t *pcap; /* NULL: form reads it */
	const struct capture_form *form;
	const char *name;
	FILE *file; /* NULL: live */
	int fd;
	uint64_t size;
	uint64_t taken; /* octets taken from fd, when careful */
	bool ended;	/* there are no more */
	bool stopped;	/* capture_break was called */
	struct unpack unpack;
	int packed_fd;		   /* the file as it lies there; or -1 */
	uint8_t head[UNPACK_HEAD]; /* read before anybody asked for it */
	size_t n_head;
	size_t head_at;
	struct capture_iface iface; /* the one of frames from libpcap */
	capture_frame_fn *fn;	    /* capture_read's, as long as it lasts; */
	capture_frames_fn *many;    /* or NULL, and capture_read_many's */
	void *ctx;
	int64_t end_ns; /* live: when capture_break was called; else INT64_MAX */
	bool careful;	/* record is kept up to date, which takes time */
	uint64_t record; /* where the record being read begins; so it is of a
			    mapped file */
	uint64_t at;	 /* octets that form has taken from file */
	struct pcapng_blocks blocks;
	struct mapping map; /* of the file; or nothing is mapped */
	size_t behind;	    /* of it: where the frame ends that is being read */
	struct capture_order order;
	uint8_t *room; /* of a record of form's */
	size_t n_room;
	char buf[CAPTURE_AHEAD];
};

struct capture *capture_new(const char *name);

/* Gives a frame to who reads. */
static inline void capture_give(struct capture *c,
				const struct capture_frame *frame)
{
	if (c->many)
		c->many(c->ctx, frame, 1);
	else
		c->fn(c->ctx, frame);
}

/* A fault: the file is no capture, and why. Returns -1. */
int capture_is_none(const struct capture *c, const char *why, struct fault *f);

/* capture_pcap.c: what libpcap reads. */
int capture_open_pcap(struct capture *c, struct fault *f);
enum capture_got capture_read_pcap(struct capture *c, struct fault *f);

/*
 * capture_map.c: what libpcap has opened is mapped when it can be; it is read
 * up to what is not plain, and libpcap goes on from there; or from where the
 * reading is at any time.
 */
void capture_map(struct capture *c);
enum capture_got capture_read_map(struct capture *c, struct fault *f);
void capture_unmap(struct capture *c);

/*
 * What is mapped has been read as far as it can be: it is so no more, and what
 * is left can be read from the file, but where capture_break was called.
 */
enum capture_got capture_end_map(struct capture *c, struct fault *f);

/* capture_map_pcapng.c: the same of pcapng, begun and read on by its form. */
void capture_map_pcapng(struct capture *c);
enum capture_got capture_read_map_pcapng(struct capture *c, struct fault *f);

/* capture_forms.c: what blocks say, in other words. */
void capture_take_iface(struct capture_iface *iface,
			const struct pcapng_iface *from);
void capture_give_packet(struct capture *c, const struct pcapng_frame *p);

/* For forms: c->room, which may move, has room for so many octets. */
void capture_make_room(struct capture *c, size_t n);

/*
 * For forms: puts the next n octets of the file at offset behind in c->room.
 * False when there are fewer.
 */
bool capture_take(struct capture *c, size_t behind, size_t n);

/* Whether the file ends here, where a record would begin. */
bool capture_at_end(struct capture *c);

/* Why capture_at_end says so: the file's end, or a fault of reading. */
enum capture_got capture_end(const struct capture *c, struct fault *f);

/* A fault about the record; f says what is wrong with it. */
enum capture_got capture_bad_record(const struct capture *c, struct fault *f);

#endif
