/*
 * Connections as JSON: one document a capture, or a line a connection. The
 * members are those of scripts/check.schema.json.
 */
#include "base/clock.h"
#include "base/text.h"
#include "check/listing.h"

/* A state, or null when it is not known. */
static json_t *state_json(enum tcp_state s)
{
	return s == TCP_STATE_NONE ? json_null() : json_string(name_state(s));
}

static json_t *finding_json(const struct judge_finding *found)
{
	const char side[2] = { side_letter(found->side), '\0' };

	return json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:o, s:o, s:o}", "id",
			 found->rule->id, "rule", found->rule->name, "severity",
			 severity_name(found->severity), "frame",
			 (json_int_t)found->frame, "side", side, "text",
			 found->rule->text, "expected",
			 text_json(found->expected), "actual",
			 text_json(found->actual), "settles",
			 text_json(found->settles));
}

static json_t *findings_json(const struct listing *list,
			     const struct flows_over *o)
{
	json_t *j = json_array();

	for (size_t i = 0; i < o->n_found; i++)
		if (listing_wants(list, o->found[i]))
			json_array_append_new(j, finding_json(o->found[i]));
	return j;
}

/* The capture's name is a member where a line stands alone. */
static json_t *connection_json(const struct listing *list,
			       const struct flows_over *o, const char *file)
{
	const struct wire_summary *s = &o->summary;
	int64_t half = s->half_closed_ns > 0 ? s->half_closed_ns : 0;
	char a[LISTING_ADDRESS_MAX], b[LISTING_ADDRESS_MAX];

	return json_pack(
		"{s:o*, s:I, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:b, s:f, s:i, "
		"s:I, s:I, s:I, s:b, s:o}",
		"file", file ? text_json(file) : NULL, "id", (json_int_t)o->id,
		"a", listing_address(o->family, &o->end[SIDE_A], a), "b",
		listing_address(o->family, &o->end[SIDE_B], b), "ending",
		ending_name(s->ending), "closed_first",
		first_name(s->closed_first), "state_a",
		state_json(s->state[SIDE_A]), "state_b",
		state_json(s->state[SIDE_B]), "aborted_in",
		state_json(s->aborted_in), "opened_outside", s->opened_outside,
		"half_closed_s", (double)half / (double)NS_PER_S,
		"unanswered_fins", (int)s->unanswered_fins, "first_frame",
		(json_int_t)o->first_frame, "last_frame",
		(json_int_t)o->last_frame, "segments", (json_int_t)o->segments,
		"evicted", o->evicted, "findings", findings_json(list, o));
}

static void json_begin(struct listing *list)
{
	if (list->captures > 1)
		putc('[', list->out);
}

static void json_open(struct listing *list)
{
	if (list->opened)
		fputs(",\n", list->out);
	document_open(&list->document, list->out,
		      json_pack("{s:o}", "file", text_json(list->sum.name)),
		      "flows");
}

static void json_connection(struct listing *list, const struct flows_over *o)
{
	document_add(&list->document, connection_json(list, o, NULL));
}

/* How many of each kind: n of the counts, each under its name. */
static json_t *counts_json(const uint64_t *count, int first, int n,
			   const char *(*name)(int kind))
{
	json_t *j = json_object();

	for (int i = first; i < n; i++)
		json_object_set_new(j, name(i),
				    json_integer((json_int_t)count[i]));
	return j;
}

static const char *skipped(int kind)
{
	return listing_skipped((enum decap_kind)kind);
}

static const char *ending(int kind)
{
	return ending_name((enum ending)kind);
}

static const char *severity(int kind)
{
	return severity_name((enum severity)kind);
}

static void json_close(struct listing *list)
{
	const struct listing_sum *sum = &list->sum;

	document_close(
		&list->document,
		json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "packets",
			  (json_int_t)sum->packets, "connections",
			  (json_int_t)sum->connections, "evicted",
			  (json_int_t)sum->evicted, "skipped",
			  counts_json(sum->skipped, DECAP_TCP + 1,
				      DECAP_KIND_COUNT, skipped),
			  "endings",
			  counts_json(sum->ending, 0, ENDING_COUNT, ending),
			  "found",
			  counts_json(sum->found, 0, SEVERITY_COUNT, severity),
			  "damage", text_json(sum->damage)));
}

static void json_end(struct listing *list)
{
	fputs(list->captures > 1 ? "]\n" : "\n", list->out);
}

static void ndjson_connection(struct listing *list, const struct flows_over *o)
{
	document_line(list->out, connection_json(list, o, list->sum.name));
}

const struct listing_form listing_json = {
	.name = "json",
	.begin = json_begin,
	.open = json_open,
	.connection = json_connection,
	.close = json_close,
	.end = json_end,
};

const struct listing_form listing_ndjson = {
	.name = "ndjson",
	.connection = ndjson_connection,
};
