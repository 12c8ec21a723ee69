/*
 * Connections as comma-separated values (RFC 4180), one a line, their
 * findings in the last field.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "check/listing.h"

static void put_head(struct listing *list)
{
	fputs("file,id,a,b,ending,closed_first,state_a,state_b,first_frame,"
	      "last_frame,segments,opened_outside,half_closed_s,"
	      "unanswered_fins,aborted_in,evicted,findings\r\n",
	      list->out);
}

static void put_quoted(FILE *out, const char *text)
{
	uint32_t c;

	putc('"', out);
	while ((c = text_next(&text))) {
		if (c == '"')
			putc('"', out);
		text_put(out, c < 0x20 || c == 0x7f ? '?' : c);
	}
	putc('"', out);
}

static const char *state(enum tcp_state s)
{
	return s == TCP_STATE_NONE ? "" : name_state(s);
}

static void put_summary(FILE *out, const struct wire_summary *s)
{
	fprintf(out, ",%s,%s,%s,%s", ending_name(s->ending),
		first_name(s->closed_first), state(s->state[SIDE_A]),
		state(s->state[SIDE_B]));
}

static void put_details(FILE *out, const struct wire_summary *s)
{
	int64_t half = s->half_closed_ns > 0 ? s->half_closed_ns : 0;

	fprintf(out, ",%d,%" PRId64 ".%09" PRId64 ",%u,%s", s->opened_outside,
		half / NS_PER_S, half % NS_PER_S, s->unanswered_fins,
		state(s->aborted_in));
}

/* "violation data-after-fin 12 A; ...": severity, rule, frame, end. */
static void put_findings(struct listing *list, const struct flows_over *o)
{
	const char *between = "";

	putc('"', list->out);
	for (size_t i = 0; i < o->n_found; i++) {
		const struct judge_finding *f = o->found[i];

		if (!listing_wants(list, f))
			continue;
		fprintf(list->out, "%s%s %s %" PRIu64 " %c", between,
			severity_name(f->severity), f->rule->name, f->frame,
			side_letter(f->side));
		between = "; ";
	}
	fputs("\"\r\n", list->out);
}

static void put_connection(struct listing *list, const struct flows_over *o)
{
	char a[LISTING_ADDRESS_MAX], b[LISTING_ADDRESS_MAX];

	put_quoted(list->out, list->sum.name);
	fprintf(list->out, ",%" PRIu32 ",%s,%s", o->id,
		listing_address(o->family, &o->end[SIDE_A], a),
		listing_address(o->family, &o->end[SIDE_B], b));
	put_summary(list->out, &o->summary);
	fprintf(list->out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu32, o->first_frame,
		o->last_frame, o->segments);
	put_details(list->out, &o->summary);
	fprintf(list->out, ",%d,", o->evicted);
	put_findings(list, o);
}

const struct listing_form listing_csv = {
	.name = "csv",
	.begin = put_head,
	.connection = put_connection,
};
