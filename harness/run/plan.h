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
#include "grid/grid.h"
#include "run/job.h"
#include "script/catalogue.h"
#include "script/parse.h"

struct plan_case {
	struct script *script;
	const char *name; /* path below the cases folder, without .fin */
	const char *real; /* realpath: the same file is one case */
	bool selected;	  /* by a selector; others are dropped in the end */
	bool expected;	  /* rows of expectations speak of it: cmd/expect.h */
	bool is_variant;  /* a cell of the grid with other options than usual */
};

struct plan {
	struct arena arena;
	const char *root; /* the cases folder, or NULL when there is none */
	const char *real_root; /* its realpath */
	struct catalogue catalogue;
	const char *catalogue_path; /* NULL: not read, or there is none */
	struct plan_case *item;	    /* after plan_load: the selected, by path */
	size_t n;
	bool whole;	  /* all of root has been read */
	struct grid grid; /* the tables in root, when they were asked for */
	bool has_grid;
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
 * Reads the catalogue, once: of the cases folder, else the one beside the
 * executable. Returns -1 with a fault when it is malformed; where there is
 * none it is empty.
 */
int plan_catalogue(struct plan *p, struct fault *f);

/*
 * What is expected of the stack so called, "linux": stacks/NAME.tsv of the
 * cases folder, else of the one beside the executable. NULL: there is none.
 */
const char *plan_stack_file(struct plan *p, const char *stack);

/*
 * Selects and parses. A selector is a file, a folder, a case's path below the
 * cases folder with or without .fin, the grid, a part or a pattern of it
 * ("grid/FIN-WAIT-1.orphan", "grid/?/syn-fin"), or a requirement id; none at
 * all is the whole cases folder, and the grid. Returns -1 with a fault when a
 * selector matches nothing, or the catalogue is malformed; files with faults,
 * unknown requirements among them (run/cite.h), have been reported and counted
 * in n_fault.
 */
int plan_load(struct plan *p, const char *const *selector, size_t n,
	      struct fault *f);

/* The case of the file at path, or NULL when it is not in the plan. */
const struct plan_case *plan_find(struct plan *p, const char *path);

/*
 * The cells of the grid, read and checked. Faults are told and counted; one
 * without any is returned empty.
 */
const struct grid *plan_grid(struct plan *p);

/* Leaves out the cases marked slow, and the grid's variants. */
void plan_drop_slow(struct plan *p);

/* Leaves out what only virtual time has the patience for. */
void plan_drop_virtual(struct plan *p);

/* Gives the scripts back. */
void plan_close(struct plan *p);

/* Which jobs the cases make. */
struct plan_jobs {
	const struct ends_plan *ends; /* each case is played on each */
	size_t n_ends;
	enum link_kind link;
	bool ipv4;
	bool ipv6;
	unsigned int rounds;
	bool shuffled;
	uint32_t seed;
	unsigned int part; /* of parts, from 1; parts 0: all jobs */
	unsigned int parts;
	int64_t timeout_ns;    /* beyond what the script waits for */
	const struct bug *bug; /* or NULL */
	const char *captures;  /* folders */
	const char *ladders;
	bool verbose; /* ladders of passing cases are shown */
};

/* How many jobs there would be, in all parts: none, if of no wanted family. */
size_t plan_count_jobs(const struct plan *p, const struct plan_jobs *how);

/*
 * The jobs: cases x families x ends x rounds. Captures go to
 * CAPTURES/LINK/FAMILY/NAME.pcapng, ladders to
 * LADDERS/LINK/FAMILY/NAME.fin.txt, below a folder GUEST there when there are
 * several guests, with .rN before the ending when there is more than one round.
 * Of parts, each has every parts-th job, whatever the
 * order they are played in. The array and all texts are the plan's.
 */
struct job *plan_jobs(struct plan *p, const struct plan_jobs *how, size_t *n);

/* Where a job's file is in such a folder; the arena's. */
const char *plan_place(struct arena *a, const char *folder, const struct job *j,
		       unsigned int rounds, const char *ending);

/* "ipv4", "ipv6". */
const char *plan_family(int family);

#endif
