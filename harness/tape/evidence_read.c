/*
 * The reader of evidence. A file whose parts contradict each other is a fault:
 * a replay must not judge what was never seen.
 */
#include <arpa/inet.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tape/evidence.h"
#include "base/array.h"
#include "base/folder.h"
#include "tape/pairs.h"
#include "packet/pcapng.h"

#define MARK "lastack "

/* An event and its place on the tape. */
struct numbered {
	size_t number;
	struct tape_event event;
};

struct reader {
	struct tape *t;
	const char *case_path;
	struct finding finding;
	bool has_finding;
	struct numbered *event;
	size_t n_event;
	struct fault *f;
};

static int is_key(const struct pair *p, const char *key)
{
	return strcmp(p->key, key) == 0;
}

static int take_case(struct reader *r, const struct pair *p)
{
	if (is_key(p, "path"))
		r->case_path = p->value;
	if (is_key(p, "lockstep"))
		r->t->lockstep = strcmp(p->value, "yes") == 0;
	return 0; /* title and link are for people */
}

static int take_end(struct seg_end *end, int family, const struct pair *p)
{
	int64_t port;

	if (!p->key[1])
		return inet_pton(family, p->value, end->addr) == 1 ? 0 : -1;
	if (pairs_number(p->value, &port) || port < 0 || port > UINT16_MAX)
		return -1;
	end->port = (uint16_t)port;
	return 0;
}

static int take_flow(struct reader *r, const struct pair *p)
{
	struct flow *flow = &r->t->flow;

	if (is_key(p, "family")) {
		flow->family = strcmp(p->value, "6") == 0 ? AF_INET6 : AF_INET;
		return 0;
	}
	if (is_key(p, "A") || is_key(p, "A-port"))
		return take_end(&flow->end[SIDE_A], flow->family, p);
	if (is_key(p, "B") || is_key(p, "B-port"))
		return take_end(&flow->end[SIDE_B], flow->family, p);
	return -1;
}

static int take_verdict(struct reader *r, const struct pair *p)
{
	if (is_key(p, "reason")) {
		r->t->reason = p->value;
		return 0;
	}
	r->t->verdict = verdict_parse(p->value, strlen(p->value));
	return is_key(p, "is") && r->t->verdict != VERDICT_COUNT ? 0 : -1;
}

static int take_branch(struct reader *r, const struct pair *p)
{
	const char **branch = arena_push(&r->t->arena, &r->t->branch,
					 &r->t->n_branch, sizeof(*branch));

	*branch = p->value;
	return is_key(p, "text") ? 0 : -1;
}

/* A line of the case, or a frame of the file. */
static int take_place(const struct pair *p, int *line, size_t *frame)
{
	int64_t number;

	if (pairs_number(p->value, &number) || number < 0 || number > INT_MAX)
		return -1;
	if (is_key(p, "line"))
		*line = (int)number;
	else if (number < 1)
		return -1;
	else
		*frame = (size_t)number - 1;
	return 0;
}

/* The line's first key, "id", begins a new one. */
static int take_deviation(struct reader *r, const struct pair *p)
{
	struct tape *t = r->t;
	struct deviation *d;

	if (is_key(p, "id")) {
		d = arena_push(&t->arena, &t->deviation, &t->n_deviation,
			       sizeof(*d));
		*d = (struct deviation){ p->value, "", 0, TAPE_NO_FRAME };
		return 0;
	}
	if (!t->n_deviation)
		return -1;
	d = &t->deviation[t->n_deviation - 1];
	if (is_key(p, "line") || is_key(p, "frame"))
		return take_place(p, &d->line, &d->frame);
	d->text = p->value;
	return is_key(p, "text") ? 0 : -1;
}

static int take_finding(struct reader *r, const struct pair *p)
{
	r->has_finding = true;
	if (is_key(p, "line") || is_key(p, "frame"))
		return take_place(p, &r->finding.line, &r->finding.frame);
	if (is_key(p, "what"))
		r->finding.what = p->value;
	else if (is_key(p, "expected"))
		r->finding.expected = p->value;
	else if (is_key(p, "actual"))
		r->finding.actual = p->value;
	else
		return -1;
	return 0;
}

/* The lines besides events, by their second word. */
/* clang-format off */
static const struct line {
	const char *head;
	int (*take)(struct reader *r, const struct pair *p);
} lines[] = {
	{ MARK "case ", take_case },
	{ MARK "flow ", take_flow },
	{ MARK "verdict ", take_verdict },
	{ MARK "branch ", take_branch },
	{ MARK "finding ", take_finding },
	{ MARK "deviation ", take_deviation },
};
/* clang-format on */

static int starts_with(const char *text, size_t len, const char *head)
{
	return len >= strlen(head) && memcmp(text, head, strlen(head)) == 0;
}

static int take_event(struct reader *r, const char *text, size_t len)
{
	struct numbered *slot =
		arena_push(&r->t->arena, &r->event, &r->n_event, sizeof(*slot));

	return tape_event_parse(r->t, text, len, &slot->number, &slot->event,
				r->f);
}

static int take_line(struct reader *r, const struct line *line,
		     const char *text, size_t len)
{
	const char *at = text + strlen(line->head);
	struct pair p;
	int more;

	while ((more = pairs_next(&r->t->arena, &at, text + len, &p)) > 0)
		if (line->take(r, &p))
			return fault_set(r->f,
					 "\"%s=%s\" does not belong in "
					 "a \"%s\" line",
					 p.key, p.value, line->head);
	return more ? fault_set(r->f, "expected KEY=VALUE in a \"%s\" line",
				line->head)
		    : 0;
}

static int take_comment(struct reader *r, const char *text, size_t len)
{
	if (!starts_with(text, len, MARK))
		return 0; /* for people */
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (starts_with(text, len, lines[i].head))
			return take_line(r, &lines[i], text, len);
	return take_event(r, text, len);
}

static int take_block(struct reader *r, const struct pcapng_block *b)
{
	const char *text;
	size_t at = 0, len;

	if (b->kind == PCAPNG_PACKET && b->iface > SIDE_B)
		return fault_set(r->f,
				 "a packet of interface %u, expected 0 "
				 "(A) or 1 (B)",
				 b->iface);
	if (b->kind == PCAPNG_PACKET)
		tape_add_frame(r->t,
			       frame_copy(&r->t->arena, (enum side)b->iface,
					  b->at_ns, b->bytes, b->len));
	while ((text = pcapng_option(b, PCAPNG_OPT_COMMENT, &at, &len)))
		if (take_comment(r, text, len))
			return -1;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

/* COUNTED counts sockets in a state, or what "snmp" and a name say. */
static bool is_counted(const struct tape_event *e)
{
	return e->text &&
	       (strncmp(e->text, "snmp ", 5) == 0 ||
		name_state_parse(e->text, strlen(e->text)) != TCP_STATE_NONE);
}

static int check_event(struct reader *r, size_t i)
{
	const struct numbered *n = &r->event[i];
	bool has = n->event.frame != TAPE_NO_FRAME;
	bool needs =
		n->event.kind == TAPE_SEGMENT || n->event.kind == TAPE_RELEASE;

	if (n->number != i)
		return fault_set(r->f, "event %zu is missing or there twice",
				 n->number > i ? i : n->number);
	if (has != needs || (has && n->event.frame >= r->t->n_frame))
		return fault_set(r->f,
				 "event %zu has no frame, or one that "
				 "is not in the file",
				 i);
	if (has && n->event.side != r->t->frame[n->event.frame]->from)
		return fault_set(r->f, "event %zu is of %c, its frame is not",
				 i, side_letter(n->event.side));
	if (n->event.kind == TAPE_COUNTED && !is_counted(&n->event))
		return fault_set(r->f,
				 "event %zu counts neither sockets in a state "
				 "nor events",
				 i);
	return 0;
}

static int put_events(struct reader *r)
{
	struct tape *t = r->t;

	if (r->n_event)
		qsort(r->event, r->n_event, sizeof(*r->event), compare);
	for (size_t i = 0; i < r->n_event; i++) {
		const struct tape_event *e = &r->event[i].event;

		if (check_event(r, i))
			return -1;
		*tape_add(t, e->kind, e->line, e->at_ns) = *e;
		if (e->kind == TAPE_SEGMENT && e->how == TAPE_FORGED)
			t->frame[e->frame]->forged = true;
	}
	return 0;
}

static int check_deviations(struct reader *r)
{
	const struct tape *t = r->t;

	for (size_t i = 0; i < t->n_deviation; i++) {
		size_t frame = t->deviation[i].frame;

		if (frame != TAPE_NO_FRAME && frame >= t->n_frame)
			return fault_set(r->f,
					 "a deviation is about frame %zu, "
					 "which is not in the file",
					 frame + 1);
	}
	return 0;
}

static int put_finding(struct reader *r)
{
	struct finding *found;

	if (!r->has_finding)
		return 0;
	if (r->finding.frame != TAPE_NO_FRAME &&
	    r->finding.frame >= r->t->n_frame)
		return fault_set(r->f,
				 "the finding is about frame %zu, which "
				 "is not in the file",
				 r->finding.frame + 1);
	found = arena_alloc(&r->t->arena, sizeof(*found));
	*found = r->finding;
	r->t->finding = found;
	return 0;
}

static int read_blocks(struct reader *r, const uint8_t *bytes, size_t len)
{
	struct pcapng_block b;
	size_t at = 0, from;
	int more;

	for (;;) {
		struct fault why;

		from = at;
		more = pcapng_next(bytes, len, &at, &b, r->f);
		if (more <= 0)
			break;
		if (take_block(r, &b)) {
			why = *r->f;
			return fault_set(r->f, "offset %zu: %s", from,
					 why.text);
		}
	}
	if (more < 0)
		return -1;
	if (!r->case_path || !r->t->flow.family)
		return fault_set(r->f,
				 "offset 0: no \"" MARK "case\" and \"" MARK
				 "flow\" lines: not a capture of lastack");
	if (put_events(r) || check_deviations(r))
		return -1;
	return put_finding(r);
}

int evidence_read(const char *path, struct tape *t, const char **case_path,
		  struct fault *f)
{
	struct reader r = { .t = t,
			    .f = f,
			    .finding = { .frame = TAPE_NO_FRAME } };
	char *bytes;
	struct fault why;
	size_t len;
	int failed;

	bytes = folder_read(path, &len, f);
	if (!bytes)
		return -1;
	failed = read_blocks(&r, (const uint8_t *)bytes, len);
	free(bytes);
	if (failed) {
		why = *f;
		return fault_set(f, "%s: %s", path, why.text);
	}
	*case_path = r.case_path;
	return 0;
}
