/*
 * What the files of the verb "check" share. Private to cmd/check*.c.
 */
#ifndef CMD_CHECK_OWN_H
#define CMD_CHECK_OWN_H

#include "check/extract.h"
#include "check/picked.h"
#include "check/stats.h"
#include "cmd/cmd.h"
#include "report/page_capture.h"

struct check {
	struct listing listing;
	struct selection select;
	const char *flow; /* as it was written; or NULL */
	uint32_t flow_id; /* of --flow N, else 0 */
	const char *format;
	const char *only;   /* a severity, or NULL */
	const char *ending; /* or NULL */
	const char *fail_on_name;
	enum severity fail_on;
	unsigned int max_flows;
	unsigned int jobs;
	unsigned int threads; /* 0: as seems good */
	const char *iface;
	const char *write;
	const char *svg;
	const char *html;
	bool no_color;
	bool ladder;
	bool outer;
	bool follow_on;
	bool wants_stats;
	struct stats stats;
	const char *const *name; /* of the captures read as one */
	size_t n_names;
	size_t at;  /* the next of them */
	bool again; /* they are read a second time */
	struct capture *capture;
	struct extract extract;
	struct picked picked;
	struct arena arena; /* of the picture */
	struct picture picture;
	struct page_capture *page; /* when there is to be one */
	bool met;		   /* a connection that --flow wants */
	bool found;		   /* a finding of fail_on or worse */
	bool bad; /* a file could not be read to its end, or written */
};

/* Whether the second reading is for ladders: in text, a picture, a page. */
bool check_draws(const struct check *c);

/* One line on standard error; a fault makes the exit status bad. */
void check_say(const struct fault *f);
void check_complain(struct check *c, const struct fault *f);

/* Reads captures as one, and lists the connections; n is 1 or more. */
void check_captures(struct check *c, const char *const *name, size_t n);

/* All files, and those in folders; the listing has begun when it returns. */
struct check_files {
	struct arena arena;
	const char **name;
	size_t n;
	size_t room;
};

/* Finds out which files to read. */
int check_files_find(struct check_files *files, const char *const *operand,
		     int n, struct fault *f);
void check_files_free(struct check_files *files);

/* Puts them in the order of their first frames. */
void check_files_sort(struct check_files *files);

/* Reads each on its own, c->jobs at once. */
void check_files_read(struct check *c, const struct check_files *files);

#endif
