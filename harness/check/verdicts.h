/*
 * The verdicts of a capture's connections, shown: which of them are wanted,
 * what they add up to, and the forms they are written in.
 */
#ifndef CHECK_VERDICTS_H
#define CHECK_VERDICTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/fault.h"
#include "packet/decap.h"
#include "check/flows.h"

/* Whose connections: both ends of it, or either when b is not set. */
struct verdict_select {
	struct verdict_point {
		bool set;
		bool any_port;
		int family;
		struct seg_end end;
	} a, b;
};

/*
 * Reads "host", "host:port" or "host:port-host:port"; an IPv6 address with a
 * port is in brackets. Hosts are addresses. Returns 0, or -1 with a fault.
 */
int verdict_select_parse(const char *text, struct verdict_select *s,
			 struct fault *f);

/* True for all connections when nothing is set. */
bool verdict_selects(const struct verdict_select *s, int family,
		     const struct seg_end *a, const struct seg_end *b);

/* What a capture adds up to. */
struct verdict_sum {
	const char *name;   /* of the capture */
	const char *damage; /* why it was not read to its end, or NULL */
	uint64_t packets;
	uint64_t skipped[DECAP_KIND_COUNT];
	uint64_t connections;
	uint64_t with_findings; /* of those, as far as --only lets see */
	uint64_t evicted;
	uint64_t ending[ENDING_COUNT];
	uint64_t first[ENDING_COUNT][FIRST_COUNT]; /* who closed first */
	uint64_t outside; /* opened before the capture */
	uint64_t found[SEVERITY_COUNT];
};

struct verdicts;

/* A form: each of its functions is called in this order. */
struct verdict_form {
	const char *name;
	void (*begin)(struct verdicts *v); /* before the first capture */
	void (*open)(struct verdicts *v);  /* v->sum.name */
	void (*flow)(struct verdicts *v, const struct flows_over *o);
	void (*close)(struct verdicts *v); /* v->sum is complete */
	void (*end)(struct verdicts *v);
};

extern const struct verdict_form verdict_table, verdict_json, verdict_ndjson,
	verdict_csv;

/* The form so called, or NULL. */
const struct verdict_form *verdict_form_find(const char *name);

struct verdicts {
	const struct verdict_form *form;
	FILE *out;
	bool color;
	bool live;	    /* each line is to be seen at once */
	bool all;	    /* the table: connections without findings too */
	enum severity only; /* findings below are not shown */
	bool has_only;	    /* and connections that have none above neither */
	size_t captures;    /* how many there are to be */
	size_t opened;	    /* how many there have been */
	struct verdict_sum sum; /* of the capture that is being read */
	uint64_t shown;		/* connections of it so far */
};

/* Shows a connection and adds it up: what is to be called when it is over. */
void verdicts_add(struct verdicts *v, const struct flows_over *o);

void verdicts_open(struct verdicts *v, const char *name);
void verdicts_close(struct verdicts *v);

/* Whether --only lets the finding, or the connection, be seen. */
bool verdicts_wants(const struct verdicts *v,
		    const struct judge_finding *found);
bool verdicts_has(const struct verdicts *v, const struct flows_over *o);

/* "192.0.2.1:80", "[2001:db8::1]:80" */
#define VERDICT_END_MAX 64
const char *verdict_end(int family, const struct seg_end *end,
			char buf[VERDICT_END_MAX]);

/* "not_tcp", "fragments", ...: frames that were skipped (not DECAP_TCP). */
const char *verdict_skipped(enum decap_kind kind);

#endif
