/*
 * The frames of picked connections in a pcapng file of their own, their
 * findings as comments.
 */
#ifndef CHECK_EXTRACT_H
#define CHECK_EXTRACT_H

#include <stdio.h>

#include "check/picked.h"
#include "packet/pcapng.h"

/* The file that --write makes. */
struct extract {
	FILE *file;
	const char *path;
	struct pcapng_out out;
	uint32_t n_iface;
};

int extract_begin(struct extract *w, const char *path, struct fault *f);
/* Frames from this capture follow. */
void extract_capture(struct extract *w, const char *name,
		     const struct capture *c);
void extract_add(struct extract *w, struct picked *p,
		 const struct reading_frame *frame);
int extract_end(struct extract *w, struct fault *f);

#endif
