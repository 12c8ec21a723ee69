/*
 * Reports: a run shown to a person, to a TAP reader, and kept in files.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdio.h>

#include "base/fault.h"
#include "run/run.h"

extern const struct report report_tap; /* TAP version 14 */
extern const struct report report_human;

/*
 * Their names, and "auto": human on a terminal, else TAP. NULL ends.
 */
extern const char *const report_formats[];

/* The report so called, or NULL. */
const struct report *report_find(const char *name);

/* Everything that is known of a job that is not ok, for a person. */
void report_failure(FILE *out, const struct run *run, const struct record *rec);

/* How to run a job again: "lastack run cases/x.fin -4 --link wire". */
void report_again(FILE *out, const struct run *run, const struct job *job);

/* "142 passed, 1 failed, 2 broken, 3 skipped", without a newline. */
void report_closing(FILE *out, const struct run *run);

/* Writes a report as a file, which appears when it is complete. */
int report_file(const struct run *run, const char *path,
		void (*write)(FILE *out, const struct run *run),
		struct fault *f);

/* results.json and junit.xml, written to their names when complete. */
int report_json(const struct run *run, const char *path, struct fault *f);
int report_junit(const struct run *run, const char *path, struct fault *f);

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
