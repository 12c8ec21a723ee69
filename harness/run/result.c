/*
 * Outcomes as JSON, and back. Knows their members; judges nothing.
 */
#include "run/result.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static json_t *frame_json(size_t frame)
{
	return frame == TAPE_NO_FRAME ? json_null()
				      : json_integer((json_int_t)frame + 1);
}

static json_t *finding_json(const struct finding *f)
{
	if (!f)
		return json_null();
	return json_pack("{s:i, s:o, s:o, s:o, s:o, s:I}", "line", f->line,
			 "what", text_json(f->what), "expected",
			 text_json(f->expected), "actual", text_json(f->actual),
			 "frame", frame_json(f->frame), "missed_ns",
			 (json_int_t)f->missed_ns);
}

static json_t *judged_json(const struct judged *j)
{
	char side[2] = { side_letter(j->side), '\0' };

	return json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:b, s:i}",
			 "rule", text_json(j->rule), "id", text_json(j->id),
			 "severity", severity_name(j->severity), "side", side,
			 "frame", frame_json(j->frame), "expected",
			 text_json(j->expected), "actual", text_json(j->actual),
			 "declared", j->declared, "line", j->line);
}

static json_t *judge_json(const struct outcome *out)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < out->n_judged; i++)
		json_array_append_new(list, judged_json(&out->judged[i]));
	return list;
}

static json_t *deviations_json(const struct outcome *out)
{
	json_t *list = json_array();

	for (size_t i = 0; i < out->n_deviation; i++) {
		const struct deviation *d = &out->deviation[i];

		json_array_append_new(
			list, json_pack("{s:o, s:o, s:i, s:o}", "id",
					text_json(d->id), "text",
					text_json(d->text), "line", d->line,
					"frame", frame_json(d->frame)));
	}
	return list;
}

static json_t *state_json(enum tcp_state s)
{
	return s == TCP_STATE_NONE ? json_null() : text_json(name_state(s));
}

json_t *result_json(const struct outcome *out)
{
	return json_pack(
		"{s:s, s:o, s:I, s:{s:o, s:o}, s:{s:I, s:I}, s:{s:s?, s:s?}, "
		"s:o, s:o, s:o, s:o}",
		"verdict", verdict_name(out->verdict), "reason",
		text_json(out->reason), "segments", (json_int_t)out->segments,
		"states", "A", state_json(out->state[SIDE_A]), "B",
		state_json(out->state[SIDE_B]), "inferred", "agree",
		(json_int_t)out->inferred, "unknown", (json_int_t)out->unseen,
		"probed", "A", tape_probed_name(out->probed[SIDE_A]), "B",
		tape_probed_name(out->probed[SIDE_B]), "branch",
		text_json_list(out->branch, out->n_branch), "finding",
		finding_json(out->finding), "deviations", deviations_json(out),
		"judge", judge_json(out));
}

char *result_pack(const struct outcome *out)
{
	json_t *j = result_json(out);
	char *text;

	json_object_set_new(j, "start_ns", json_integer(out->start_ns));
	json_object_set_new(j, "duration_ns", json_integer(out->duration_ns));
	json_object_set_new(j, "late_ns", json_integer(out->late_ns));
	json_object_set_new(j, "evidence", json_boolean(out->evidence));
	json_object_set_new(j, "ladder", text_json(out->ladder));
	text = json_dumps(j, JSON_COMPACT);
	json_decref(j);
	if (!text)
		memory_exhausted();
	return text;
}

static const char *get_text(struct arena *a, const json_t *j, const char *key)
{
	const json_t *v = json_object_get(j, key);

	if (!json_is_string(v))
		return NULL;
	return arena_strndup(a, json_string_value(v), json_string_length(v));
}

static enum tcp_state get_state(const json_t *j, const char *key)
{
	const json_t *v = json_object_get(j, key);

	if (!json_is_string(v))
		return TCP_STATE_NONE;
	return name_state_parse(json_string_value(v), json_string_length(v));
}

static int64_t get_number(const json_t *j, const char *key)
{
	return json_integer_value(json_object_get(j, key));
}

static size_t get_frame(const json_t *j)
{
	const json_t *frame = json_object_get(j, "frame");

	return json_is_integer(frame) ? (size_t)json_integer_value(frame) - 1
				      : TAPE_NO_FRAME;
}

static const struct finding *get_finding(struct arena *a, const json_t *j)
{
	struct finding *f;

	if (!json_is_object(j))
		return NULL;
	f = arena_alloc(a, sizeof(*f));
	f->line = (int)get_number(j, "line");
	f->what = get_text(a, j, "what");
	f->expected = get_text(a, j, "expected");
	f->actual = get_text(a, j, "actual");
	f->frame = get_frame(j);
	f->missed_ns = get_number(j, "missed_ns");
	return f;
}

static void get_branch(struct arena *a, const json_t *j, struct outcome *out)
{
	const char **branch = NULL;
	const json_t *v;
	size_t i;

	for (i = 0; i < json_array_size(j); i++) {
		v = json_array_get(j, i);
		if (!json_is_string(v))
			continue;
		*(const char **)arena_push(a, &branch, &out->n_branch,
					   sizeof(*branch)) =
			arena_strndup(a, json_string_value(v),
				      json_string_length(v));
	}
	out->branch = branch;
}

static enum severity get_severity(const json_t *j)
{
	const char *text = json_string_value(json_object_get(j, "severity"));

	enum severity s =
		text ? severity_parse(text, strlen(text)) : SEVERITY_COUNT;

	return s == SEVERITY_COUNT ? SEVERITY_NOTE : s;
}

static enum side get_side(const json_t *j)
{
	const char *text = json_string_value(json_object_get(j, "side"));

	return text && *text == 'B' ? SIDE_B : SIDE_A;
}

static void get_judged(struct arena *a, const json_t *list, struct outcome *out)
{
	struct judged *judged = NULL;
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		const json_t *j = json_array_get(list, i);
		struct judged *to =
			arena_push(a, &judged, &out->n_judged, sizeof(*to));

		to->rule = get_text(a, j, "rule");
		to->id = get_text(a, j, "id");
		to->severity = get_severity(j);
		to->side = get_side(j);
		to->frame = get_frame(j);
		to->expected = get_text(a, j, "expected");
		to->actual = get_text(a, j, "actual");
		to->line = (int)get_number(j, "line");
		to->declared = json_is_true(json_object_get(j, "declared"));
	}
	out->judged = judged;
}

static void get_deviations(struct arena *a, const json_t *list,
			   struct outcome *out)
{
	struct deviation *all = NULL;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *j = json_array_get(list, i);
		struct deviation *d =
			arena_push(a, &all, &out->n_deviation, sizeof(*d));

		d->id = get_text(a, j, "id");
		d->text = get_text(a, j, "text");
		d->line = (int)get_number(j, "line");
		d->frame = get_frame(j);
	}
	out->deviation = all;
}

static enum tape_probed get_probed(const json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));

	return text ? tape_probed_parse(text) : PROBED_NOT;
}

static void get_all(struct arena *a, const json_t *j, struct outcome *out)
{
	const json_t *states = json_object_get(j, "states");
	const json_t *inferred = json_object_get(j, "inferred");
	const json_t *probed = json_object_get(j, "probed");

	out->reason = get_text(a, j, "reason");
	out->ladder = get_text(a, j, "ladder");
	out->evidence = json_is_true(json_object_get(j, "evidence"));
	out->segments = (size_t)get_number(j, "segments");
	out->inferred = (size_t)get_number(inferred, "agree");
	out->unseen = (size_t)get_number(inferred, "unknown");
	out->probed[SIDE_A] = get_probed(probed, "A");
	out->probed[SIDE_B] = get_probed(probed, "B");
	out->start_ns = get_number(j, "start_ns");
	out->duration_ns = get_number(j, "duration_ns");
	out->late_ns = get_number(j, "late_ns");
	out->state[SIDE_A] = get_state(states, "A");
	out->state[SIDE_B] = get_state(states, "B");
	out->finding = get_finding(a, json_object_get(j, "finding"));
	get_branch(a, json_object_get(j, "branch"), out);
	get_deviations(a, json_object_get(j, "deviations"), out);
	get_judged(a, json_object_get(j, "judge"), out);
}

int result_of_json(const json_t *j, struct arena *a, struct outcome *out,
		   struct fault *f)
{
	const char *verdict = json_string_value(json_object_get(j, "verdict"));

	memset(out, 0, sizeof(*out));
	out->verdict = verdict ? verdict_parse(verdict, strlen(verdict))
			       : VERDICT_COUNT;
	if (out->verdict == VERDICT_COUNT)
		return fault_set(f, "a result without a verdict");
	get_all(a, j, out);
	return 0;
}

int result_unpack(const char *text, size_t len, struct arena *a,
		  struct outcome *out, struct fault *f)
{
	json_error_t err;
	json_t *j = json_loadb(text, len, 0, &err);
	int rc;

	if (!j)
		return fault_set(f, "a result that is not JSON: %s", err.text);
	rc = result_of_json(j, a, out, f);
	json_decref(j);
	return rc;
}

static const char *copy_text(struct arena *a, const char *text)
{
	return text ? arena_strndup(a, text, strlen(text)) : NULL;
}

static const struct finding *copy_finding(struct arena *a,
					  const struct finding *from)
{
	struct finding *to;

	if (!from)
		return NULL;
	to = arena_alloc(a, sizeof(*to));
	*to = *from;
	to->what = copy_text(a, from->what);
	to->expected = copy_text(a, from->expected);
	to->actual = copy_text(a, from->actual);
	return to;
}

static const struct judged *copy_judged(struct arena *a,
					const struct outcome *from)
{
	struct judged *to = arena_alloc(a, from->n_judged * sizeof(*to));
	size_t i;

	for (i = 0; i < from->n_judged; i++) {
		to[i] = from->judged[i];
		to[i].rule = copy_text(a, to[i].rule);
		to[i].id = copy_text(a, to[i].id);
		to[i].expected = copy_text(a, to[i].expected);
		to[i].actual = copy_text(a, to[i].actual);
	}
	return to;
}

static const struct deviation *copy_deviations(struct arena *a,
					       const struct outcome *from)
{
	struct deviation *to = arena_alloc(a, from->n_deviation * sizeof(*to));

	for (size_t i = 0; i < from->n_deviation; i++) {
		to[i] = from->deviation[i];
		to[i].id = copy_text(a, to[i].id);
		to[i].text = copy_text(a, to[i].text);
	}
	return to;
}

void result_copy(struct arena *a, const struct outcome *from,
		 struct outcome *to)
{
	const char **branch;
	size_t i;

	*to = *from;
	to->reason = copy_text(a, from->reason);
	to->ladder = copy_text(a, from->ladder);
	to->finding = copy_finding(a, from->finding);
	to->deviation = copy_deviations(a, from);
	to->judged = copy_judged(a, from);
	branch = arena_alloc(a, from->n_branch * sizeof(*branch));
	for (i = 0; i < from->n_branch; i++)
		branch[i] = copy_text(a, from->branch[i]);
	to->branch = branch;
}
