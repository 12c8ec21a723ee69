/*
 * The connections of a capture, listed as they end: which of them and of
 * their findings are wanted, what a capture adds up to, and the forms they
 * are written in.
 */
#ifndef CHECK_LISTING_H
#define CHECK_LISTING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/document.h"
#include "packet/decap.h"
#include "check/columns.h"
#include "check/flows.h"

/* What a capture adds up to. */
struct listing_sum {
	const char *name;   /* of the capture */
	const char *damage; /* why it was not read to its end, or NULL */
	uint64_t packets;
	uint64_t skipped[DECAP_KIND_COUNT];
	uint64_t connections;
	uint64_t with_findings; /* of these, with one that --only shows */
	uint64_t evicted;
	uint64_t ending[ENDING_COUNT];
	uint64_t first[ENDING_COUNT][FIRST_COUNT]; /* who closed first */
	uint64_t outside; /* opened before the capture */
	uint64_t found[SEVERITY_COUNT];
	uint64_t broken[RULE_COUNT]; /* findings by rule */
};

/* Which connections and findings are shown; all zero but ending is all. */
struct listing_filter {
	enum severity only;	 /* findings below are not shown, */
	bool has_only;		 /* nor are connections without findings */
	const struct rule *rule; /* of this one only; or NULL */
	enum ending ending;	 /* ENDING_COUNT: any */
	bool timed;		 /* only what has segments between: */
	int64_t since_ns;
	int64_t until_ns;
};

struct listing;

/*
 * A form that connections are written in. Its functions are called in this
 * order; one that has nothing to write is NULL.
 */
struct listing_form {
	const char *name;
	const char *between;		     /* two captures; or NULL */
	void (*begin)(struct listing *list); /* before the first capture */
	void (*open)(struct listing *list);  /* list->sum.name */
	void (*connection)(struct listing *list, const struct flows_over *o);
	void (*close)(struct listing *list); /* list->sum is complete */
	void (*end)(struct listing *list);
};

extern const struct listing_form listing_table, listing_json, listing_ndjson,
	listing_csv;

/* Their names, the usual one first; NULL ends. */
extern const char *const listing_form_names[];

/* The form so called, or NULL. */
const struct listing_form *listing_form_find(const char *name);

/* Those before captures are the caller's to set. */
struct listing {
	const struct listing_form *form;
	FILE *out;
	bool color;
	bool live; /* flush after every connection */
	bool all;  /* the table: connections without findings too */
	struct listing_filter filter;
	size_t captures;	  /* how many there will be */
	size_t opened;		  /* how many there have been */
	struct listing_sum sum;	  /* of the capture that is being read */
	uint64_t shown;		  /* connections of it so far */
	struct document document; /* of the capture, as JSON */
	struct columns columns;	  /* as the form spells them */
	char *before;		  /* each connection of the capture; or NULL */
	size_t n_before;
	struct line *lines; /* of connections, until they are written */
};

/* Before the first capture, and after the last. */
void listing_begin(struct listing *list, size_t captures);
void listing_end(struct listing *list);

/* What stands between two captures, when there was one before. */
void listing_next(struct listing *list);

/* Before a capture is read, and when all its connections were added. */
void listing_open(struct listing *list, const char *name);
void listing_close(struct listing *list);

/* Writes all that was put together, before anything else is said. */
void listing_flush(struct listing *list);

/* Counts a connection that is over, and shows it if it is wanted. */
void listing_add(struct listing *list, const struct flows_over *o);

/*
 * Whether the filter lets the finding be seen; whether the connection has such
 * a finding; and whether the filter lets the connection be seen.
 */
bool listing_wants(const struct listing *list,
		   const struct judge_finding *found);
bool listing_has(const struct listing *list, const struct flows_over *o);
bool listing_shows(const struct listing *list, const struct flows_over *o);

/* Whether connections without findings are listed by name, too. */
bool listing_names_all(const struct listing *list);

/*
 * A connection as people are told of it: its ends and its ending; when it was,
 * for how long, and what was sent. Without a newline.
 */
void listing_put_head(FILE *out, const struct flows_over *o);
void listing_put_course(FILE *out, const struct flows_over *o);

/* One character for it, as colours alone would not do. */
const char *listing_sign(enum severity severity);

/* "192.0.2.1:80", "[2001:db8::1]:80" */
#define LISTING_ADDRESS_MAX 64
const char *listing_address(int family, const struct seg_end *end,
			    char buf[LISTING_ADDRESS_MAX]);
/* The same, not terminated, in as much room: where it ends. */
char *listing_put_address(char *at, int family, const struct seg_end *end);

/* "not_tcp", "fragments", ...: frames that were skipped (not DECAP_TCP). */
const char *listing_skipped(enum decap_kind kind);

#endif
