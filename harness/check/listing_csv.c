/*
 * Connections as comma-separated values (RFC 4180), one a line, their
 * findings in the last field.
 */
#include "base/line.h"
#include "base/text.h"
#include "check/listing.h"

static void put_head(struct listing *list)
{
	fputs("file,id,a,b,ending,closed_first,state_a,state_b,first_frame,"
	      "last_frame,segments,opened_outside,half_closed_s,"
	      "unanswered_fins,aborted_in,evicted,findings,"
	      "reset_by,start,duration_s,octets_a,octets_b,follows,same_as\r\n",
	      list->out);
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

/* What stands between two fields, and a field. */
static void put_name(struct line *l, const char *name)
{
	line_char(l, ',');
	line_name(l, name);
}

static void put_count(struct line *l, uint64_t n)
{
	line_char(l, ',');
	line_count(l, n);
}

static void put_seconds(struct line *l, int64_t ns)
{
	line_char(l, ',');
	line_seconds_9(l, ns);
}

static void put_state(struct line *l, enum tcp_state s)
{
	put_name(l, s == TCP_STATE_NONE ? "" : name_state(s));
}

static void put_ends(struct line *l, const struct flows_over *o)
{
	char buf[LISTING_ADDRESS_MAX];

	put_name(l, listing_address(o->family, &o->end[SIDE_A], buf));
	put_name(l, listing_address(o->family, &o->end[SIDE_B], buf));
}

static void put_summary(struct line *l, const struct wire_summary *s)
{
	put_name(l, ending_name(s->ending));
	put_name(l, first_name(s->closed_first));
	put_state(l, s->state[SIDE_A]);
	put_state(l, s->state[SIDE_B]);
}

static void put_details(struct line *l, const struct wire_summary *s)
{
	put_count(l, s->opened_outside);
	put_seconds(l, s->half_closed_ns > 0 ? s->half_closed_ns : 0);
	put_count(l, s->unanswered_fins);
	put_state(l, s->aborted_in);
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

/* Fields of later versions are behind those of earlier ones. */
static void put_times(struct line *l, const struct flows_over *o)
{
	char buf[TEXT_TIME_MAX];

	put_name(l, first_name(o->summary.reset_by));
	put_name(l, text_time_us(o->start_ns, buf));
	put_seconds(l, (int64_t)((uint64_t)o->last_ns - (uint64_t)o->start_ns));
	put_count(l, o->octets[SIDE_A]);
	put_count(l, o->octets[SIDE_B]);
	line_char(l, ',');
	if (o->follows)
		line_count(l, o->follows);
	line_char(l, ',');
	if (o->same_as)
		line_count(l, o->same_as);
	LINE_PUT(l, "\r\n");
}

static void put_connection(struct listing *list, const struct flows_over *o)
{
	struct line l;

	l.out = list->out;
	l.n = 0;
	put_quoted(&l, list->sum.name);
	put_count(&l, o->id);
	put_ends(&l, o);
	put_summary(&l, &o->summary);
	put_count(&l, o->first_frame);
	put_count(&l, o->last_frame);
	put_count(&l, o->segments);
	put_details(&l, &o->summary);
	put_count(&l, o->evicted);
	put_findings(&l, list, o);
	put_times(&l, o);
	line_end(&l);
}

const struct listing_form listing_csv = {
	.name = "csv",
	.begin = put_head,
	.connection = put_connection,
};
