/*
 * One end of a tape as a script of packetdrill(1), the kernel's own way to
 * test TCP: the end's calls and segments, and what came to it, forged or not.
 */
#ifndef BUNDLE_PACKETDRILL_H
#define BUNDLE_PACKETDRILL_H

#include <stdio.h>

#include "bundle/steps.h"

/*
 * Writes it. The script passes where what was reported is seen. Returns NULL,
 * or why it cannot be told so; what was written is nothing then.
 */
const char *packetdrill_write(FILE *out, struct tape *t, const struct script *s,
			      const struct complaint *c);

#endif
