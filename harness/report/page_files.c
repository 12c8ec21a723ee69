/*
 * The files that every page has in it, as they lie in the source. The
 * assembler reads them, from the folder that is built in.
 */
#include "report/page_own.h"

#define FILE_AS(name, path)                      \
	__asm__(".pushsection .rodata\n"         \
		".globl " #name "\n" #name ":\n" \
		".incbin \"" path "\"\n"         \
		".byte 0\n"                      \
		".popsection\n")

FILE_AS(page_css, "harness/report/page.css");
FILE_AS(page_html, "harness/report/page.html");
FILE_AS(page_js, "harness/report/page.js");
