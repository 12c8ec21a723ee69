/*
 * Verdicts as JSON: one document, or a line a connection. Written as
 * connections end, so that a capture of any size needs no memory. The fields
 * are those of scripts/check.schema.json.
 */
#include <inttypes.h>

#include "base/clock.h"
#include "base/text.h"
#include "check/verdicts.h"

static void put_char(FILE *out, uint32_t c)
{
	if (c == '"' || c == '\\')
		fprintf(out, "\\%c", (int)c);
	else if (c < 0x20 || c == 0x7f)
		fprintf(out, "\\u%04x", c);
	else
		text_put(out, c);
}

/* A string, or null. */
static void put_string(FILE *out, const char *text)
{
	uint32_t c;

	if (!text) {
		fputs("null", out);
		return;
	}
	putc('"', out);
	while ((c = text_next(&text)))
		put_char(out, c);
	putc('"', out);
}

/* ,"name":"text" */
static void put_field(FILE *out, const char *name, const char *text)
{
	fprintf(out, ",\"%s\":", name);
	put_string(out, text);
}

/* A state, or null when it is not known. */
static void put_state(FILE *out, const char *name, enum tcp_state s)
{
	put_field(out, name, s == TCP_STATE_NONE ? NULL : name_state(s));
}

static void put_finding(FILE *out, const struct judge_finding *found)
{
	const char side[2] = { side_letter(found->side), '\0' };

	fputs("{\"id\":", out);
	put_string(out, found->rule->id);
	put_field(out, "rule", found->rule->name);
	put_field(out, "severity", severity_name(found->severity));
	fprintf(out, ",\"frame\":%" PRIu64, found->frame);
	put_field(out, "side", side);
	put_field(out, "text", found->rule->text);
	put_field(out, "expected", found->expected);
	put_field(out, "actual", found->actual);
	put_field(out, "settles", found->settles);
	putc('}', out);
}

static void put_findings(struct verdicts *v, const struct flows_over *o)
{
	bool first = true;

	fputs(",\"findings\":[", v->out);
	for (size_t i = 0; i < o->n_found; i++) {
		if (!verdicts_wants(v, o->found[i]))
			continue;
		if (!first)
			putc(',', v->out);
		first = false;
		put_finding(v->out, o->found[i]);
	}
	putc(']', v->out);
}

static void put_ends(FILE *out, const struct flows_over *o)
{
	char end[VERDICT_END_MAX];

	put_field(out, "a", verdict_end(o->family, &o->end[SIDE_A], end));
	put_field(out, "b", verdict_end(o->family, &o->end[SIDE_B], end));
}

static const char *truth(bool b)
{
	return b ? "true" : "false";
}

static void put_summary(FILE *out, const struct judge_summary *s)
{
	int64_t half = s->half_closed_ns > 0 ? s->half_closed_ns : 0;

	put_field(out, "ending", ending_name(s->ending));
	put_field(out, "closed_first", first_name(s->closed_first));
	put_state(out, "state_a", s->state[SIDE_A]);
	put_state(out, "state_b", s->state[SIDE_B]);
	put_state(out, "aborted_in", s->aborted_in);
	fprintf(out,
		",\"opened_outside\":%s,\"half_closed_s\":%" PRId64
		".%09" PRId64 ",\"unanswered_fins\":%u",
		truth(s->opened_outside), half / NS_PER_S, half % NS_PER_S,
		s->unanswered_fins);
}

/* The members of a connection, without its braces. */
static void put_flow(struct verdicts *v, const struct flows_over *o)
{
	FILE *out = v->out;

	fprintf(out, "\"id\":%" PRIu32, o->id);
	put_ends(out, o);
	put_summary(out, &o->summary);
	fprintf(out,
		",\"first_frame\":%" PRIu64 ",\"last_frame\":%" PRIu64
		",\"segments\":%" PRIu32 ",\"evicted\":%s",
		o->first_frame, o->last_frame, o->segments, truth(o->evicted));
	put_findings(v, o);
}

static void nothing(struct verdicts *v)
{
	(void)v;
}

static void json_begin(struct verdicts *v)
{
	if (v->captures > 1)
		fputs("[", v->out);
}

static void json_open(struct verdicts *v)
{
	if (v->opened)
		fputs(",\n", v->out);
	fputs("{\"file\":", v->out);
	put_string(v->out, v->sum.name);
	fputs(",\"flows\":[", v->out);
}

static void json_flow(struct verdicts *v, const struct flows_over *o)
{
	fputs(v->shown++ ? ",\n{" : "\n{", v->out);
	put_flow(v, o);
	putc('}', v->out);
}

static void put_count(FILE *out, const char *name, uint64_t n, bool first)
{
	fprintf(out, "%s\"%s\":%" PRIu64, first ? "" : ",", name, n);
}

static void json_close(struct verdicts *v)
{
	const struct verdict_sum *sum = &v->sum;
	FILE *out = v->out;
	int i;

	fprintf(out,
		"],\n\"packets\":%" PRIu64 ",\"connections\":%" PRIu64
		",\"evicted\":%" PRIu64 ",\n\"skipped\":{",
		sum->packets, sum->connections, sum->evicted);
	for (i = DECAP_TCP + 1; i < DECAP_KIND_COUNT; i++)
		put_count(out, verdict_skipped((enum decap_kind)i),
			  sum->skipped[i], i == DECAP_TCP + 1);
	fputs("},\n\"endings\":{", out);
	for (i = 0; i < ENDING_COUNT; i++)
		put_count(out, ending_name((enum ending)i), sum->ending[i],
			  i == 0);
	fputs("},\n\"found\":{", out);
	for (i = 0; i < SEVERITY_COUNT; i++)
		put_count(out, severity_name((enum severity)i), sum->found[i],
			  i == 0);
	putc('}', out);
	put_field(out, "damage", sum->damage);
	putc('}', out);
}

static void json_end(struct verdicts *v)
{
	fputs(v->captures > 1 ? "]\n" : "\n", v->out);
}

static void ndjson_flow(struct verdicts *v, const struct flows_over *o)
{
	fputs("{\"file\":", v->out);
	put_string(v->out, v->sum.name);
	putc(',', v->out);
	put_flow(v, o);
	fputs("}\n", v->out);
}

/* clang-format off */
const struct verdict_form verdict_json = {
	"json", json_begin, json_open, json_flow, json_close, json_end
};
/* clang-format on */

/* clang-format off */
const struct verdict_form verdict_ndjson = {
	"ndjson", nothing, nothing, ndjson_flow, nothing, nothing
};
/* clang-format on */
