/*
 * What check has found in captures as one HTML file: the findings first, then
 * every connection with its ladder. It has no script, and asks nobody.
 */
#ifndef REPORT_PAGE_CAPTURE_H
#define REPORT_PAGE_CAPTURE_H

#include "base/fault.h"
#include "check/listing.h"
#include "check/picked.h"

struct page_capture;

struct page_capture *page_capture_begin(void);

/* Of so many connections, at most, ladders are on a page for one capture. */
#define PAGE_CAPTURE_LADDERS 2000

/*
 * A connection of the capture that is being read. Returns whether it is on the
 * page, so that its ladder has to be: when the list shows it, and there are not
 * too many; those with findings have room of their own.
 */
bool page_capture_add(struct page_capture *p, const struct listing *list,
		      const struct flows_over *o);

/*
 * The capture was read, a second time for the ladders of those that were
 * picked: its part of the page is made. Nothing of list and picked is needed
 * afterwards.
 */
void page_capture_close(struct page_capture *p, const struct listing *list,
			const struct picked *picked);

/* Writes the page, and releases it. Returns 0, or -1 with a fault. */
int page_capture_end(struct page_capture *p, const char *path, struct fault *f);

#endif
