/*
 * The parser of the case language: text in, struct script or faults out.
 * Pure. The whole text is read; every fault is reported, not only the first.
 */
#ifndef SCRIPT_PARSE_H
#define SCRIPT_PARSE_H

#include <stddef.h>

#include "script/script.h"

/*
 * Called for each fault with one line "path:line: what is wrong, what was
 * expected there" (no newline). n is 1; of the line that stands for the
 * faults not told, their number.
 */
typedef void parse_fault_fn(void *ctx, const char *text, size_t n);

/*
 * Parses len bytes of text (any bytes). path is for messages and is kept. At
 * most 20 faults are reported, and in one more line how many others there
 * are. Returns the script, owned by the caller (script_free), or NULL when
 * there was at least one fault.
 */
struct script *parse_script(const char *path, const char *text, size_t len,
			    parse_fault_fn *fault, void *ctx);

#endif
