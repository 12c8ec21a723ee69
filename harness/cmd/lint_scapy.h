/* The part of lint that asks Python. */
#ifndef CMD_LINT_SCAPY_H
#define CMD_LINT_SCAPY_H

#include <stddef.h>

#include "run/plan.h"

/*
 * Prints a fault for each scapy expression that is not Python, and adds to
 * *faults. Where there is no Python expressions are left unread.
 */
void lint_scapy(const struct plan *p, size_t *faults);

#endif
