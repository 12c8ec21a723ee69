/*
 * The plan of a run: which cases were asked for, parsed, and the list of jobs
 * they make. Opens files, and nothing else.
 */
#ifndef RUN_PLAN_H
#define RUN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/fault.h"
#include "run/job.h"
#include "script/parse.h"

struct plan_case {
	struct script *script;
	const char *name; /* path below the cases folder, without .fin */
	const char *real; /* realpath: the same file is one case */
	bool selected;	  /* by a selector; others are dropped in the end */
};

struct plan {
	struct arena arena;
	const char *root; /* the cases folder, or NULL when there is none */
	const char *real_root;	/* its realpath */
	struct plan_case *item; /* after plan_load: the selected, by path */
	size_t n;
	bool whole;	       /* all of root has been read */
	size_t n_fault;	       /* files with faults */
	parse_fault_fn *fault; /* told every fault, with ctx */
	void *ctx;
};

/*
 * Finds the cases folder: "cases" here, else beside the executable or up to
 * two folders above it, else the installed one. fault is told every fault in
 * a file.
 */
void plan_open(struct plan *p, parse_fault_fn *fault, void *ctx);

/*
 * Selects and parses. A selector is a file, a folder, a case's path below the
 * cases folder with or without .fin, or a requirement id; none at all is the
 * whole cases folder. Returns -1 with a fault when a selector matches
 * nothing; files with faults have been reported and counted in n_fault.
 */
int plan_load(struct plan *p, const char *const *selector, size_t n,
	      struct fault *f);

/* The case of the file at path, or NULL when it is not in the plan. */
const struct plan_case *plan_find(struct plan *p, const char *path);

/* Leaves out the cases marked slow. */
void plan_drop_slow(struct plan *p);

/* Gives the scripts back. */
void plan_close(struct plan *p);

/* Which jobs the cases make. */
struct plan_jobs {
	enum link_kind link;
	bool ipv4;
	bool ipv6;
	unsigned int rounds;
	bool shuffled;
	uint32_t seed;
	int64_t timeout_ns;    /* beyond what the script waits for */
	const struct bug *bug; /* or NULL */
	const char *captures;  /* folders */
	const char *ladders;
};

/* Whether any case is for a family that is wanted. */
bool plan_has_jobs(const struct plan *p, const struct plan_jobs *how);

/*
 * The jobs: cases x families x rounds. Captures go to
 * CAPTURES/LINK/FAMILY/NAME.pcapng, ladders to
 * LADDERS/LINK/FAMILY/NAME.fin.txt, with .rN before the ending when there is
 * more than one round. The array and all texts are the plan's.
 */
struct job *plan_jobs(struct plan *p, const struct plan_jobs *how, size_t *n);

/* "ipv4", "ipv6". */
const char *plan_family(int family);

#endif
