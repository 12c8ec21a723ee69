/*
 * What a case cites, held against what there is to be cited: the catalogue,
 * and what the judges can report. Pure.
 */
#ifndef RUN_CITE_H
#define RUN_CITE_H

#include "script/catalogue.h"
#include "script/parse.h"

/*
 * Tells "path:line: what is wrong" for every requirement of the spec lines
 * that the catalogue does not have (with none at all in it nothing is known of
 * any), for every deviation of the head that no judge can report, and for every
 * one of a branch that cites nothing. Returns how many.
 */
size_t cite_faults(const struct catalogue *c, const struct script *s,
		   parse_fault_fn *fault, void *ctx);

#endif
