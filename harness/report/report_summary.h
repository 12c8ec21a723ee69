/* What a run amounts to, as text for a person. */
#ifndef REPORT_REPORT_SUMMARY_H
#define REPORT_REPORT_SUMMARY_H

#include "run/run.h"

/*
 * The verdicts by folder, the slowest, why cases were skipped, where the
 * evidence and the reports are, and the closing line.
 */
void report_summary(const struct run *run);

#endif
