/*
 * What a case may cite on its "spec" line, told apart by its form alone. Pure.
 */
#ifndef SCRIPT_REFERENCE_H
#define SCRIPT_REFERENCE_H

#include "script/lex.h"

enum reference_kind {
	REFERENCE_NONE,	       /* nothing that can be cited */
	REFERENCE_REQUIREMENT, /* RFC9293-3.6-FIG12: a row of the catalogue */
	REFERENCE_DOCUMENT,    /* RFC9293 3.6 figure 12 */
	REFERENCE_PAGE,	       /* tcp(7), tcp(7) TCP_LINGER2 */
	REFERENCE_THREAD,      /* google/gvisor#13393; torvalds/linux@42726ec */
	REFERENCE_URL,	       /* https://... */
};

/* What such a reference is expected to be, for a fault. */
#define REFERENCE_EXPECTED                                             \
	"a requirement such as RFC9293-3.6-FIG12, a document and a "   \
	"place such as RFC9293 3.6 figure 12, a manual page such as "  \
	"tcp(7), a thread such as google/gvisor#13393, a commit such " \
	"as torvalds/linux@42726ec, or a URL"

enum reference_kind reference_kind(struct word ref);

#endif
