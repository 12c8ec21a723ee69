/*
 * The page: results as one HTML file that opens from a disk, with their
 * ladders, case files and requirements. What it says is written result by
 * result, as data that its script (page.js) draws; what many results have in
 * common (a row of a ladder, a line of a case) is in it once.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <stdio.h>

#include <jansson.h>

#include "base/fault.h"
#include "run/plan.h"

struct page;

struct page_result {
	const json_t *json;  /* as in the "cases" of results.json */
	const char *text;    /* of the case's file, or NULL */
	const char *capture; /* where it is now, or NULL: there is none */
};

/*
 * A page that is going to be at path, relative to which its links are. The
 * plan has the catalogue of requirements, and lives as long as the page.
 */
struct page *page_begin(FILE *out, const char *path, struct plan *plan);

/*
 * Nothing of r is needed afterwards. Its capture is read for the ladder; one
 * that cannot be read is left out, as its replay will say why.
 */
void page_add(struct page *p, const struct page_result *r);

/* Ends it, and releases it. head is as in results.json, and released. */
void page_end(struct page *p, json_t *head);

#endif
