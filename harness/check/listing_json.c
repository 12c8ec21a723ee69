/*
 * Connections as JSON: one document a capture, or a line a connection. The
 * members are those of scripts/check.schema.json.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "check/listing.h"

/* Sets a member to a new value, which the object releases. */
static void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(object, key, value))
		memory_exhausted();
}

/* Names of this program are ASCII: jansson need not look at them again. */
static void set_name(json_t *object, const char *key, const char *name)
{
	set(object, key, json_string_nocheck(name));
}

static void set_count(json_t *object, const char *key, uint64_t count)
{
	set(object, key, json_integer((json_int_t)count));
}

/* A state, or null when it is not known. */
static void set_state(json_t *object, const char *key, enum tcp_state s)
{
	set(object, key,
	    s == TCP_STATE_NONE ? json_null()
				: json_string_nocheck(name_state(s)));
}

static json_t *finding_json(const struct judge_finding *found)
{
	const char side[2] = { side_letter(found->side), '\0' };
	json_t *j = json_object();

	set_name(j, "id", found->rule->id);
	set_name(j, "rule", found->rule->name);
	set_name(j, "severity", severity_name(found->severity));
	set_count(j, "frame", found->frame);
	set_name(j, "side", side);
	set_name(j, "text", found->rule->text);
	set(j, "expected", text_json(found->expected));
	set(j, "actual", text_json(found->actual));
	set(j, "settles", text_json(found->settles));
	return j;
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

static void set_addresses(json_t *j, const struct flows_over *o)
{
	char buf[LISTING_ADDRESS_MAX];

	set_name(j, "a", listing_address(o->family, &o->end[SIDE_A], buf));
	set_name(j, "b", listing_address(o->family, &o->end[SIDE_B], buf));
}

static void set_summary(json_t *j, const struct wire_summary *s)
{
	int64_t half = s->half_closed_ns > 0 ? s->half_closed_ns : 0;

	set_name(j, "ending", ending_name(s->ending));
	set_name(j, "closed_first", first_name(s->closed_first));
	set_state(j, "state_a", s->state[SIDE_A]);
	set_state(j, "state_b", s->state[SIDE_B]);
	set_state(j, "aborted_in", s->aborted_in);
	set(j, "opened_outside", json_boolean(s->opened_outside));
	set(j, "half_closed_s", json_real((double)half / (double)NS_PER_S));
	set_count(j, "unanswered_fins", s->unanswered_fins);
}

/*
 * The object is the same for every connection, and so are its keys: to make
 * them anew would cost more than to write them.
 */
static json_t *connection_json(struct listing *list, const struct flows_over *o)
{
	json_t *j = list->element;

	set_count(j, "id", o->id);
	set_addresses(j, o);
	set_summary(j, &o->summary);
	set_count(j, "first_frame", o->first_frame);
	set_count(j, "last_frame", o->last_frame);
	set_count(j, "segments", o->segments);
	set(j, "evicted", json_boolean(o->evicted));
	set(j, "findings", findings_json(list, o));
	return json_incref(j);
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
	list->element = json_object();
}

static void json_connection(struct listing *list, const struct flows_over *o)
{
	document_add(&list->document, connection_json(list, o));
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
	json_decref(list->element);
}

static void json_end(struct listing *list)
{
	fputs(list->captures > 1 ? "]\n" : "\n", list->out);
}

/* Where a line stands alone, the capture's name is a member of each. */
static void ndjson_open(struct listing *list)
{
	list->element = json_object();
	set(list->element, "file", text_json(list->sum.name));
}

static void ndjson_connection(struct listing *list, const struct flows_over *o)
{
	document_line(list->out, connection_json(list, o));
}

static void ndjson_close(struct listing *list)
{
	json_decref(list->element);
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
	.open = ndjson_open,
	.connection = ndjson_connection,
	.close = ndjson_close,
};
