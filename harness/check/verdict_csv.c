/*
 * Verdicts as comma-separated values (RFC 4180): a line a connection, its
 * findings in the last field.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "check/verdicts.h"

static void nothing(struct verdicts *v)
{
	(void)v;
}

static void begin(struct verdicts *v)
{
	fputs("file,id,a,b,ending,closed_first,state_a,state_b,first_frame,"
	      "last_frame,segments,opened_outside,half_closed_s,"
	      "unanswered_fins,aborted_in,evicted,findings\r\n",
	      v->out);
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

static void put_summary(FILE *out, const struct judge_summary *s)
{
	fprintf(out, ",%s,%s,%s,%s", ending_name(s->ending),
		first_name(s->closed_first), state(s->state[SIDE_A]),
		state(s->state[SIDE_B]));
}

static void put_more(FILE *out, const struct judge_summary *s)
{
	int64_t half = s->half_closed_ns > 0 ? s->half_closed_ns : 0;

	fprintf(out, ",%d,%" PRId64 ".%09" PRId64 ",%u,%s", s->opened_outside,
		half / NS_PER_S, half % NS_PER_S, s->unanswered_fins,
		state(s->aborted_in));
}

/* "violation data-after-fin 12 A; ..." */
static void put_findings(struct verdicts *v, const struct flows_over *o)
{
	const char *between = "";

	putc('"', v->out);
	for (size_t i = 0; i < o->n_found; i++) {
		const struct judge_finding *f = o->found[i];

		if (!verdicts_wants(v, f))
			continue;
		fprintf(v->out, "%s%s %s %" PRIu64 " %c", between,
			severity_name(f->severity), f->rule->name, f->frame,
			side_letter(f->side));
		between = "; ";
	}
	fputs("\"\r\n", v->out);
}

static void flow(struct verdicts *v, const struct flows_over *o)
{
	char a[VERDICT_END_MAX], b[VERDICT_END_MAX];

	put_quoted(v->out, v->sum.name);
	fprintf(v->out, ",%" PRIu32 ",%s,%s", o->id,
		verdict_end(o->family, &o->end[SIDE_A], a),
		verdict_end(o->family, &o->end[SIDE_B], b));
	put_summary(v->out, &o->summary);
	fprintf(v->out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu32, o->first_frame,
		o->last_frame, o->segments);
	put_more(v->out, &o->summary);
	fprintf(v->out, ",%d,", o->evicted);
	put_findings(v, o);
}

/* clang-format off */
const struct verdict_form verdict_csv = {
	"csv", begin, nothing, flow, nothing, nothing
};
/* clang-format on */
