/*
 * Connections as JSON: one document a capture, or a line a connection. The
 * members are those of scripts/check.schema.json.
 */
#include "base/line.h"
#include "base/memory.h"
#include "base/text.h"
#include "check/listing.h"

/* A member's key, behind a comma, and what comes before its value. */
#define KEY(l, name) LINE_PUT(l, ",\"" name "\":")

static void put_word(struct line *l, const char *name)
{
	line_char(l, '"');
	line_name(l, name);
	line_char(l, '"');
}

static void put_finding(struct line *l, const struct judge_finding *found)
{
	LINE_PUT(l, "{\"id\":");
	put_word(l, found->rule->id);
	KEY(l, "rule");
	put_word(l, found->rule->name);
	KEY(l, "severity");
	put_word(l, severity_name(found->severity));
	KEY(l, "frame");
	line_count(l, found->frame);
	KEY(l, "side");
	put_word(l, (const char[]){ side_letter(found->side), '\0' });
	KEY(l, "text");
	line_json(l, found->rule->text);
	KEY(l, "expected");
	line_json(l, found->expected);
	KEY(l, "actual");
	line_json(l, found->actual);
	KEY(l, "settles");
	line_json(l, found->settles);
	line_char(l, '}');
}

static void put_findings(struct line *l, const struct listing *list,
			 const struct flows_over *o)
{
	bool any = false;

	for (size_t i = 0; i < o->n_found; i++) {
		if (!listing_wants(list, o->found[i]))
			continue;
		if (any)
			line_char(l, ',');
		put_finding(l, o->found[i]);
		any = true;
	}
}

/* The connection as an object, of which what was before has begun. */
static __always_inline void put_connection(struct line *l, char before,
					   struct listing *list,
					   const struct flows_over *o)
{
	columns_put_json(&list->columns, l, before, o);
	LINE_PUT(l, ",\"findings\":[");
	if (o->n_found)
		put_findings(l, list, o);
	LINE_PUT(l, "]}");
}

/* Sets a member to a new value, which the object releases. */
static void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(object, key, value))
		memory_exhausted();
}

static void set_count(json_t *object, const char *key, uint64_t count)
{
	set(object, key, json_integer((json_int_t)count));
}

static void json_begin(struct listing *list)
{
	columns_begin_json(&list->columns);
	if (list->captures > 1)
		putc('[', list->out);
}

static void json_open(struct listing *list)
{
	document_open(&list->document, list->out,
		      json_pack("{s:o}", "file", text_json(list->sum.name)),
		      "flows");
}

static void json_connection(struct listing *list, const struct flows_over *o)
{
	struct line *l = list->lines;

	line_name(l, document_next(&list->document));
	put_connection(l, '{', list, o);
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

/* Findings by rule, of the rules that have some. */
static json_t *broken_json(const struct listing_sum *sum)
{
	json_t *j = json_object();

	for (int i = 0; i < RULE_COUNT; i++)
		if (sum->broken[i])
			set_count(j, rule_of((enum rule_id)i)->name,
				  sum->broken[i]);
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
		json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o}", "packets",
			  (json_int_t)sum->packets, "connections",
			  (json_int_t)sum->connections, "evicted",
			  (json_int_t)sum->evicted, "skipped",
			  counts_json(sum->skipped, DECAP_TCP + 1,
				      DECAP_KIND_COUNT, skipped),
			  "endings",
			  counts_json(sum->ending, 0, ENDING_COUNT, ending),
			  "found",
			  counts_json(sum->found, 0, SEVERITY_COUNT, severity),
			  "rules", broken_json(sum), "damage",
			  text_json(sum->damage)));
}

static void json_end(struct listing *list)
{
	fputs(list->captures > 1 ? "]\n" : "\n", list->out);
}

static void ndjson_begin(struct listing *list)
{
	columns_begin_json(&list->columns);
}

/* Where a line stands alone, the capture's name is a member of each. */
static void ndjson_open(struct listing *list)
{
	struct line l;

	line_begin(&l, memory_stream(&list->before, &list->n_before));
	LINE_PUT(&l, "{\"file\":");
	line_json(&l, list->sum.name);
	line_end(&l);
	memory_stream_end(l.out);
}

static void ndjson_connection(struct listing *list, const struct flows_over *o)
{
	struct line *l = list->lines;

	line_put(l, list->before, list->n_before);
	put_connection(l, ',', list, o);
	line_char(l, '\n');
}

const struct listing_form listing_json = {
	.name = "json",
	.between = ",\n",
	.begin = json_begin,
	.open = json_open,
	.connection = json_connection,
	.close = json_close,
	.end = json_end,
};

const struct listing_form listing_ndjson = {
	.name = "ndjson",
	.begin = ndjson_begin,
	.open = ndjson_open,
	.connection = ndjson_connection,
};
