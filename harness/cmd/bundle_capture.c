/*
 * A connection of any capture as a bundle: the case that plays it is made, and
 * with it what a bundle of a case holds.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "bundle/played.h"
#include "bundle/readme_capture.h"
#include "bundle/reproducer.h"
#include "cmd/bundle_own.h"
#include "script/parse.h"

/* A connection that is being packed. */
struct making {
	struct bundle *b;
	struct captured captured;
	struct readme_capture readme;
	struct acts acts;
	struct tape tape;
	struct script *script;
	struct plan plan;
	struct fault f;
};

/* The case as lint would have it: what is made here has to be one. */
static int parse(struct making *m, const char *text)
{
	m->script = parse_script("case.fin", text, strlen(text), option_fault,
				 NULL);
	return m->script ? 0 : fault_set(&m->f, "no case could be made of it");
}

static int add_case(struct making *m)
{
	FILE *out = bundle_print(m->b);
	const char *text;

	capture_case_write(out, &m->readme);
	text = bundle_printed(m->b, out);
	bundle_add_text(m->b, "case.fin", text);
	return parse(m, text);
}

static int add_reproducer(struct making *m)
{
	const struct complaint none = { .frame = TAPE_NO_FRAME };
	const char *why, *text;
	json_t *steps = steps_json(&m->tape, m->script, &none, &why);

	if (!steps)
		return fault_set(&m->f, "no program can be made of it: %s",
				 why);
	json_object_set_new(steps, "kernel", json_string("a capture"));
	text = reproducer_text(&m->b->arena, steps, &m->f);
	json_decref(steps);
	if (!text)
		return -1;
	bundle_add(m->b, "reproduce.py", text, strlen(text), true);
	return 0;
}

static void add_readme(struct making *m)
{
	FILE *out = bundle_print(m->b);

	m->readme.catalogue = &m->plan.catalogue;
	readme_capture_write(out, &m->readme);
	bundle_add_text(m->b, "README.md", bundle_printed(m->b, out));
}

static int make(struct making *m)
{
	struct bundle *b = m->b;
	const struct captured *c = &m->captured;

	if (strcmp(b->capture, "-") == 0)
		return fault_set(&m->f, "--from-capture reads a file twice: "
					"expected one, not standard input");
	if (captured_read(&m->captured, b->capture, b->flow, &m->f) ||
	    acts_read(&m->acts, &b->arena, c, &m->f) ||
	    plan_catalogue(&m->plan, &m->f))
		return -1;
	m->readme = (struct readme_capture){ .path = b->capture,
					     .captured = c,
					     .acts = &m->acts,
					     .tape = &m->tape };
	m->readme.left_out = played_tape(&m->tape, &m->acts, c);
	if (add_case(m) || add_reproducer(m))
		return -1;
	add_readme(m);
	bundle_add(b, "capture.pcapng", c->pcapng, c->pcapng_len, false);
	bundle_add_text(b, "ladder.txt", c->ladder);
	bundle_add_text(b, "ladder.svg", c->picture);
	return 0;
}

int bundle_capture(struct bundle *b)
{
	struct making m = { .b = b };
	int rc;

	plan_open(&m.plan, option_fault, NULL);
	if (make(&m))
		rc = bundle_say(&m.f);
	else
		rc = bundle_pack(
			b, arena_printf(&b->arena, "connection-%u", b->flow),
			(long)(m.captured.over.start_ns / NS_PER_S));
	script_free(m.script);
	plan_close(&m.plan);
	arena_free(&m.tape.arena);
	captured_free(&m.captured);
	return rc;
}
