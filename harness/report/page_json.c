/* JSON within HTML: valid there, whatever is in its texts. */
#include "report/page_own.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* A script element ends where "</script" stands, in a text as well. */
static int put_safe(const char *text, size_t len, void *ctx)
{
	FILE *out = ctx;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '<')
			fputs("\\u003c", out);
		else
			putc(text[i], out);
	}
	return 0;
}

void page_json(FILE *out, json_t *value)
{
	if (!value)
		memory_exhausted();
	json_dump_callback(value, put_safe, out,
			   JSON_COMPACT | JSON_ENCODE_ANY |
				   JSON_REAL_PRECISION(15));
	json_decref(value);
}

void page_text(FILE *out, const char *text)
{
	page_json(out, text_json(text));
}

void page_whole(FILE *out, const char *text)
{
	put_safe(text, strlen(text), out);
}

void page_brackets(FILE *out, const char *text)
{
	putc('[', out);
	page_whole(out, text);
	putc(']', out);
}

void page_list(FILE *out, const char *name, const struct intern *in,
	       void (*put)(FILE *out, const char *text))
{
	fprintf(out, ",\n\"%s\":[", name);
	for (size_t i = 0; i < in->n; i++) {
		if (i)
			putc(',', out);
		put(out, in->text[i]);
	}
	putc(']', out);
}
