/*
 * What is told of a connection of a capture: the case that plays it, and the
 * text of a report. Only prints.
 */
#ifndef BUNDLE_README_CAPTURE_H
#define BUNDLE_README_CAPTURE_H

#include <stdio.h>

#include "bundle/acts.h"
#include "script/catalogue.h"
#include "tape/tape.h"

struct readme_capture {
	const char *path; /* of the capture, as it was given */
	const struct captured *captured;
	const struct acts *acts;
	struct tape *tape; /* of the case */
	size_t left_out;   /* acts that the case does not have */
	const struct catalogue *catalogue;
};

/* The whole case: head, where it is from, what it plays. */
void capture_case_write(FILE *out, const struct readme_capture *r);

void readme_capture_write(FILE *out, const struct readme_capture *r);

#endif
