/*
 * Reports: a run shown to a person, to a TAP reader, and kept in files.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdio.h>

#include <jansson.h>

#include "base/fault.h"
#include "run/plan.h"
#include "run/run.h"

extern const struct report report_tap;	 /* TAP version 14 */
extern const struct report report_tap13; /* the same as version 13 */
extern const struct report report_ktap;	 /* as kernel selftests print it */
extern const struct report report_human;

/*
 * Their names, and "auto": human on a terminal, else TAP. NULL ends.
 */
extern const char *const report_formats[];

/* The report so called, or NULL. */
const struct report *report_find(const char *name);

/* Everything that is known of a job that is not ok, for a person. */
void report_failure(FILE *out, const struct run *run, const struct record *rec);

/* "ID: what the stack did; ID: ...", put as the format has its texts. */
void report_deviations(FILE *out, const struct outcome *o,
		       void (*put)(FILE *out, const char *text));

/* How to run a job again: "lastack run cases/x.fin -4 --link wire". */
void report_again(FILE *out, const struct run *run, const struct job *job);

/*
 * The last line of a run, without a newline: "142 passed, 4 deviating, 1 failed,
 * 2 broken, 3 skipped (2 of them for want of scapy)".
 */
void report_closing(FILE *out, const struct run *run);

/*
 * What a run begins by telling: its seed, the injected bug, and the ends, where
 * they are known and (if all is false) not both the kernel; a line each, with
 * the text before it.
 */
void report_preface(const struct run *run, const char *before, bool all);

/* "Bail out!" and why the run ended early, or did not begin. */
void report_bail_out(const struct run *run);

/*
 * A line about the states that no stack showed, as outcome.inferred has them;
 * none when there were none.
 */
void report_inferred(const struct run *run, const char *before);

/* Writes a report as a file, which appears when it is complete. */
int report_file(const struct run *run, const char *path,
		void (*write)(FILE *out, const struct run *run),
		struct fault *f);

/*
 * results.json, junit.xml and the page (report/page.h), written to their names
 * when complete. The plan has the catalogue, and for a run that was kept
 * (run/kept.h), whose scripts have no text, its cases.
 */
int report_json(const struct run *run, const char *path, struct fault *f);
int report_junit(const struct run *run, const char *path, struct fault *f);
int report_page(const struct run *run, struct plan *plan, const char *path,
		struct fault *f);

/* What results.json says of the run, and of one job that is done. */
json_t *report_json_head(const struct run *run);
json_t *report_json_record(const struct run *run, const struct record *rec);

/* The cases of a run by folder, for the table and for junit's suites. */
struct report_folder {
	const char *name; /* "." for a case that is in none */
	size_t len;
	size_t count[VERDICT_COUNT];
	int64_t duration_ns;
};

/*
 * The folders of the jobs that are done, by name. The array is the caller's
 * to free.
 */
struct report_folder *report_folders(const struct run *run, size_t *n);

/* Whether the job's case is in that folder. */
bool report_is_in(const struct report_folder *folder, const struct job *job);

#endif
