/*
 * Connections as comma-separated values (RFC 4180), one a line, their
 * findings in a field.
 */
#include "base/line.h"
#include "base/memory.h"
#include "base/text.h"
#include "check/listing.h"

static void csv_begin(struct listing *list)
{
	columns_begin_csv(&list->columns);
	fputs(columns_csv_names, list->out);
}

static void put_quoted(struct line *l, const char *text)
{
	uint32_t c;

	line_char(l, '"');
	text = line_plain(l, text);
	while ((c = text_next(&text))) {
		if (c == '"')
			line_char(l, '"');
		line_character(l, c < 0x20 || c == 0x7f ? '?' : c);
		text = line_plain(l, text);
	}
	line_char(l, '"');
}

/* Each line begins with the capture's name. */
static void csv_open(struct listing *list)
{
	struct line l;

	line_begin(&l, memory_stream(&list->before, &list->n_before));
	put_quoted(&l, list->sum.name);
	line_end(&l);
	memory_stream_end(l.out);
}

static void put_finding(struct line *l, const struct judge_finding *f)
{
	line_name(l, severity_name(f->severity));
	line_char(l, ' ');
	line_name(l, f->rule->name);
	line_char(l, ' ');
	line_count(l, f->frame);
	line_char(l, ' ');
	line_char(l, side_letter(f->side));
}

/* "violation data-after-fin 12 A; ...": severity, rule, frame, end. */
static void put_findings(struct line *l, const struct listing *list,
			 const struct flows_over *o)
{
	bool any = false;

	LINE_PUT(l, ",\"");
	for (size_t i = 0; i < o->n_found; i++) {
		if (!listing_wants(list, o->found[i]))
			continue;
		if (any)
			LINE_PUT(l, "; ");
		put_finding(l, o->found[i]);
		any = true;
	}
	line_char(l, '"');
}

static void csv_connection(struct listing *list, const struct flows_over *o)
{
	struct line *l = list->lines;

	line_put(l, list->before, list->n_before);
	columns_put_csv(&list->columns, l, o);
	put_findings(l, list, o);
	columns_put_csv_later(&list->columns, l, o);
	LINE_PUT(l, "\r\n");
}

const struct listing_form listing_csv = {
	.name = "csv",
	.begin = csv_begin,
	.open = csv_open,
	.connection = csv_connection,
};
