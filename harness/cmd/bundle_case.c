/*
 * A case of kept runs as a bundle: what is in their folders, put together.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "base/clock.h"
#include "base/folder.h"
#include "base/text.h"
#include "bundle/packetdrill.h"
#include "bundle/reproducer.h"
#include "cmd/bundle_own.h"
#include "tape/evidence.h"
#include "tape/ladder.h"
#include "tape/picture.h"

#define LATEST "reports/latest"

/* A case that is being packed. */
struct packing {
	struct bundle *b;
	struct records records;
	const struct record_kept *record;
	struct plan plan;
	const struct script *script;
	struct tape tape;
	const char *capture;
	struct readme readme;
	struct fault f;
};

static int read_records(struct packing *p, const char *text)
{
	struct bundle *b = p->b;

	if (!b->n_from)
		b->from[b->n_from++] = LATEST;
	for (size_t i = 0; i < b->n_from; i++)
		if (records_add(&p->records, b->from[i], text, &b->wanted,
				&p->f))
			return -1;
	if (!p->records.n)
		return fault_set(&p->f,
				 "%s is not in the run kept in %s%s; run it "
				 "first: lastack run %s",
				 text, b->from[0],
				 b->n_from > 1 ? ", nor in the others" : "",
				 text);
	p->record = records_worst(&p->records);
	if (p->record)
		return 0;
	return fault_set(&p->f, "%s never ran, there is nothing to report: %s",
			 text, text_member(p->records.item[0].j, "reason"));
}

/* As it is now: by its path, else by its name below the cases folder. */
static int read_case(struct packing *p)
{
	const char *path = text_member(p->record->j, "path");
	const char *name = text_member(p->record->j, "name");
	const char *selector = folder_has_file(path) ? path : name;

	if (option_load(&p->plan, "bundle", (char *const *)&selector, 1))
		return CMD_BAD;
	p->script = p->plan.item[0].script;
	return 0;
}

static int read_tape(struct packing *p)
{
	const char *case_path;

	p->capture = records_file(&p->records, p->record, "capture");
	return evidence_read(p->capture, &p->tape, &case_path, &p->f);
}

static const char *ladder(struct packing *p, unsigned int options)
{
	FILE *out = bundle_print(p->b);

	ladder_print(out, p->script, &p->tape, options);
	return bundle_printed(p->b, out);
}

static const char *picture(struct packing *p)
{
	FILE *out = bundle_print(p->b);

	picture_print_tape(out, &p->tape, text_member(p->record->j, "name"));
	return bundle_printed(p->b, out);
}

static int add_capture(struct packing *p)
{
	size_t len;
	char *octets = folder_read(p->capture, &len, &p->f);

	if (!octets)
		return -1;
	bundle_add(p->b, "capture.pcapng",
		   arena_strndup(&p->b->arena, octets, len), len, false);
	free(octets);
	return 0;
}

/* The program's ends are the kernel it runs on. */
static bool is_kernels(const struct packing *p)
{
	const json_t *stacks = json_object_get(p->record->run, "stacks");
	const char *key;
	json_t *j;

	json_object_foreach((json_t *)stacks, key,
			    j) if (strcmp(text_member(j, "name"), "kernel") !=
				   0) return false;
	return true;
}

static int add_reproducer(struct packing *p)
{
	json_t *steps = steps_json(&p->tape, p->script, &p->readme.complaint,
				   &p->readme.why_not);
	const char *text;

	if (!is_kernels(p))
		p->readme.why_not = "an end was not the kernel";
	if (p->readme.why_not) {
		json_decref(steps);
		return 0;
	}
	json_object_set_new(steps, "kernel",
			    text_json(text_member(p->record->j, "kernel")));
	text = reproducer_text(&p->b->arena, steps, &p->f);
	json_decref(steps);
	if (!text)
		return -1;
	bundle_add(p->b, "reproduce.py", text, strlen(text), true);
	return 0;
}

/* For the kernel's own tests, where they have words for it. */
static void add_packetdrill(struct packing *p)
{
	FILE *out = bundle_print(p->b);
	const char *why = packetdrill_write(out, &p->tape, p->script,
					    &p->readme.complaint);
	const char *text = bundle_printed(p->b, out);

	if (why || p->readme.why_not)
		return;
	bundle_add_text(p->b, "reproduce.pkt", text);
	p->readme.has_packetdrill = true;
}

static const char *readme_of(struct packing *p)
{
	struct readme *r = &p->readme;
	struct utsname uts;
	FILE *out;

	uname(&uts);
	r->here = arena_printf(&p->b->arena, "%s %s", uts.sysname, uts.release);
	r->records = &p->records;
	r->record = p->record;
	r->catalogue = &p->plan.catalogue;
	r->script = p->script;
	r->ladder = ladder(p, 0);
	bundle_settings(p->b, r);
	out = bundle_print(p->b);
	readme_write(out, r);
	return bundle_printed(p->b, out);
}

static int add_all(struct packing *p)
{
	struct bundle *b = p->b;

	p->readme.complaint = complaint_of(&p->tape);
	if (plan_catalogue(&p->plan, &p->f) || add_reproducer(p) ||
	    add_capture(p))
		return -1;
	add_packetdrill(p);
	bundle_add(b, "case.fin", p->script->text, p->script->text_len, false);
	bundle_add_text(b, "ladder.txt", ladder(p, LADDER_HEAD | LADDER_TIMES));
	bundle_add_text(b, "ladder.svg", picture(p));
	bundle_add_text(b, "README.md", readme_of(p));
	return 0;
}

static int pack(struct packing *p, const char *text)
{
	int64_t ns = 0;

	if (read_records(p, text))
		return bundle_say(&p->f);
	if (read_case(p))
		return CMD_BAD;
	if (read_tape(p) || add_all(p))
		return bundle_say(&p->f);
	text_parse_time(text_member(p->record->j, "started"), &ns);
	return bundle_pack(p->b, text_member(p->record->j, "name"),
			   (long)(ns / NS_PER_S));
}

int bundle_case(struct bundle *b, const char *text)
{
	struct packing p = { .b = b };
	int rc;

	plan_open(&p.plan, option_fault, NULL);
	rc = pack(&p, text);
	plan_close(&p.plan);
	arena_free(&p.tape.arena);
	records_free(&p.records);
	return rc;
}
