/*
 * Connections as comma-separated values (RFC 4180), one a line, their
 * findings in a field.
 */
#include "base/array.h"
#include "base/line.h"
#include "base/memory.h"
#include "base/text.h"
#include "check/listing.h"

static const struct columns_spelling spelling = {
	.quote = "",
	.nothing = "",
	.no = "0",
	.yes = "1",
	.all_digits = true,
};

/* Before the findings; and behind them, where those of later versions are. */
static const enum column first_columns[] = {
	COLUMN_ID,
	COLUMN_A,
	COLUMN_B,
	COLUMN_ENDING,
	COLUMN_CLOSED_FIRST,
	COLUMN_STATE_A,
	COLUMN_STATE_B,
	COLUMN_FIRST_FRAME,
	COLUMN_LAST_FRAME,
	COLUMN_SEGMENTS,
	COLUMN_OPENED_OUTSIDE,
	COLUMN_HALF_CLOSED,
	COLUMN_UNANSWERED_FINS,
	COLUMN_ABORTED_IN,
	COLUMN_EVICTED,
};
static const enum column later_columns[] = {
	COLUMN_RESET_BY, COLUMN_START,	 COLUMN_DURATION, COLUMN_OCTETS_A,
	COLUMN_OCTETS_B, COLUMN_FOLLOWS, COLUMN_SAME_AS,
};

static void put_names(FILE *out, const enum column *column, size_t n)
{
	for (size_t i = 0; i < n; i++)
		fprintf(out, ",%s", column_name(column[i]));
}

static void csv_begin(struct listing *list)
{
	columns_begin(&list->columns, &spelling);
	fputs("file", list->out);
	put_names(list->out, first_columns, ARRAY_SIZE(first_columns));
	fputs(",findings", list->out);
	put_names(list->out, later_columns, ARRAY_SIZE(later_columns));
	fputs("\r\n", list->out);
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
	struct line l;

	line_begin(&l, list->out);
	line_put(&l, list->before, list->n_before);
	columns_put(&list->columns, &l, ',', first_columns,
		    ARRAY_SIZE(first_columns), o);
	put_findings(&l, list, o);
	columns_put(&list->columns, &l, ',', later_columns,
		    ARRAY_SIZE(later_columns), o);
	LINE_PUT(&l, "\r\n");
	line_end(&l);
}

const struct listing_form listing_csv = {
	.name = "csv",
	.begin = csv_begin,
	.open = csv_open,
	.connection = csv_connection,
};
