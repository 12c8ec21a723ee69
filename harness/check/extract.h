/*
 * The frames of picked connections in a pcapng file of their own, their
 * findings as comments.
 */
#ifndef CHECK_EXTRACT_H
#define CHECK_EXTRACT_H

#include <stdio.h>

#include "base/arena.h"
#include "check/picked.h"
#include "packet/pcapng.h"

/* The file that --write makes. */
struct extract {
	struct arena arena;
	FILE *file;
	const char *path; /* NULL: a stream */
	struct pcapng_out out;
	const char *name; /* of the capture whose frames follow */
	uint32_t n_iface; /* written, of all captures */
	uint32_t *iface;  /* of this capture's, + 1; 0: not written yet */
	size_t n_known;
	uint64_t last; /* the number of the frame written last, or 0 */
};

/*
 * *w is zeroed. The file appears under its name, which stays the caller's, with
 * extract_end. -1 with a fault.
 */
int extract_begin(struct extract *w, const char *path, struct fault *f);
/* The same to a stream, which extract_end closes. */
void extract_begin_stream(struct extract *w, FILE *file);
/* Frames from this capture follow. */
void extract_capture(struct extract *w, const char *name);
/* Of several segments in one frame the first one writes it. */
void extract_add(struct extract *w, struct picked *p,
		 const struct reading_frame *frame);
/* Gives back what *w has, also when it returns -1 with a fault. */
int extract_end(struct extract *w, struct fault *f);

#endif
