/*
 * Knows where a document's brackets and commas stand; jansson writes what is
 * between them.
 */
#include "base/document.h"

#include "base/memory.h"

/* Fifteen digits are all that a double keeps of any decimal number. */
#define FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(15))

/* json_dumpf() calls fwrite() for every word; most values fit a buffer. */
static void put(FILE *out, json_t *value, size_t flags)
{
	char text[4096];
	size_t len;

	if (!value)
		memory_exhausted();
	len = json_dumpb(value, text, sizeof(text), FLAGS | flags);
	if (len <= sizeof(text))
		fwrite(text, 1, len, out);
	else
		json_dumpf(value, out, FLAGS | flags);
	json_decref(value);
}

void document_open(struct document *d, FILE *out, json_t *head,
		   const char *list)
{
	d->out = out;
	d->has_elements = false;
	putc('{', out);
	put(out, head, JSON_EMBED);
	fprintf(out, ",\"%s\":[", list);
}

const char *document_next(struct document *d)
{
	const char *between = d->has_elements ? ",\n" : "\n";

	d->has_elements = true;
	return between;
}

void document_add(struct document *d, json_t *element)
{
	fputs(document_next(d), d->out);
	put(d->out, element, 0);
}

void document_close(struct document *d, json_t *tail)
{
	fputs("\n]", d->out);
	if (tail) {
		fputs(",\n", d->out);
		put(d->out, tail, JSON_EMBED);
	}
	putc('}', d->out);
}
