/*
 * The writer of evidence: which comment goes where. Knows nothing of the
 * format's bytes (packet/pcapng.h) or of how verdicts come about.
 */
#include "tape/evidence.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tape/ladder.h"
#include "tape/pairs.h"
#include "packet/pcapng.h"

struct writer {
	struct pcapng_out out;
	struct tape *t;
	const struct script *s;
	const struct evidence_about *about;
	const char **rung; /* by event; NULL where it has no frame */
	/* Lists of the events whose lines a frame carries; n_frame: the foot. */
	size_t *first; /* by frame: an event, or NO_EVENT */
	size_t *next;  /* by event: the one after it at the same frame */
};

#define NO_EVENT SIZE_MAX

/* Comments of one block, NULL-terminated by list_end. */
struct list {
	const char **text;
	size_t n;
};

static void list_add(struct writer *w, struct list *list, const char *text)
{
	const char **slot =
		arena_push(&w->t->arena, &list->text, &list->n, sizeof(*slot));

	*slot = text;
}

static const char *const *list_end(struct writer *w, struct list *list)
{
	list_add(w, list, NULL);
	return list->text;
}

/* The sentence that says what became of a segment, without the letters. */
static const struct {
	const char *before;
	const char *behind;
	bool got; /* ", B got it" is added */
} became[TAPE_HOW_COUNT] = {
	[TAPE_UNCLAIMED] = { "", " sent it, no rung asked for it", false },
	[TAPE_DELIVERED] = { "", " sent it", true },
	[TAPE_KEPT] = { "", " sent it, the cable kept a copy", true },
	[TAPE_HELD] = { "", " sent it, the cable held it", false },
	[TAPE_LOST] = { "", " sent it, the cable lost it", false },
	[TAPE_FORGED] = { "forged in the name of ", "", true },
};

static const char *became_text(struct writer *w, const struct tape_event *e)
{
	struct arena *a = &w->t->arena;
	enum side from = w->t->frame[e->frame]->from;
	char to = side_letter(side_other(from));
	const char *text;

	if (e->kind == TAPE_RELEASE)
		text = arena_printf(a, "the cable let %c have it", to);
	else
		text = arena_printf(a, "%s%c%s", became[e->how].before,
				    side_letter(from), became[e->how].behind);
	if (e->kind == TAPE_SEGMENT && became[e->how].got)
		text = arena_printf(a, "%s, %c got it", text, to);
	if (e->state[SIDE_A] == TCP_STATE_NONE &&
	    e->state[SIDE_B] == TCP_STATE_NONE)
		return text;
	return arena_printf(a, "%s; then A %s, B %s", text,
			    name_state(e->state[SIDE_A]),
			    name_state(e->state[SIDE_B]));
}

static const char *finding_line(struct writer *w, const struct finding *found)
{
	struct arena *a = &w->t->arena;
	const char *line = "lastack finding";

	line = pairs_add_number(a, line, "line", found->line);
	if (found->frame != TAPE_NO_FRAME)
		line = pairs_add_number(a, line, "frame",
					(int64_t)found->frame + 1);
	line = pairs_add(a, line, "what", found->what);
	line = pairs_add(a, line, "expected", found->expected);
	return pairs_add(a, line, "actual", found->actual);
}

static void add_finding(struct writer *w, struct list *list, size_t frame)
{
	const struct finding *found = w->t->finding;

	if (!found || found->frame != frame)
		return;
	list_add(w, list,
		 arena_printf(&w->t->arena,
			      "not ok, line %d: %s: expected %s, "
			      "actual %s",
			      found->line, found->what ? found->what : "-",
			      found->expected ? found->expected : "-",
			      found->actual ? found->actual : "-"));
	list_add(w, list, finding_line(w, found));
}

static const char *deviation_line(struct writer *w, const struct deviation *d)
{
	struct arena *a = &w->t->arena;
	const char *line = "lastack deviation";

	line = pairs_add(a, line, "id", d->id);
	line = pairs_add_number(a, line, "line", d->line);
	if (d->frame != TAPE_NO_FRAME)
		line = pairs_add_number(a, line, "frame",
					(int64_t)d->frame + 1);
	return pairs_add(a, line, "text", d->text);
}

static void add_deviations(struct writer *w, struct list *list, size_t frame)
{
	for (size_t i = 0; i < w->t->n_deviation; i++) {
		const struct deviation *d = &w->t->deviation[i];

		if (d->frame != frame)
			continue;
		list_add(w, list,
			 arena_printf(&w->t->arena, "deviates, line %d: %s: %s",
				      d->line, d->id, d->text));
		list_add(w, list, deviation_line(w, d));
	}
}

static const char *flow_line(struct writer *w)
{
	static const char *const keys[2][2] = { { "A", "A-port" },
						{ "B", "B-port" } };
	const struct flow *flow = &w->t->flow;
	struct arena *a = &w->t->arena;
	const char *line = "lastack flow";
	char addr[INET6_ADDRSTRLEN];

	line = pairs_add(a, line, "family",
			 flow->family == AF_INET6 ? "6" : "4");
	for (int s = SIDE_A; s <= SIDE_B; s++) {
		inet_ntop(flow->family == AF_INET6 ? AF_INET6 : AF_INET,
			  flow->end[s].addr, addr, sizeof(addr));
		line = pairs_add(a, line, keys[s][0], addr);
		line = pairs_add_number(a, line, keys[s][1], flow->end[s].port);
	}
	return line;
}

static void put_section(struct writer *w)
{
	const struct evidence_about *about = w->about;
	struct arena *a = &w->t->arena;
	const char *verdict = verdict_name(w->t->verdict), *line;
	struct list list = { 0 };

	list_add(w, &list,
		 arena_printf(a, "%s: %s: %s", w->s->path,
			      w->s->title ? w->s->title : "", verdict));
	line = pairs_add(a, "lastack case", "path", w->s->path);
	line = pairs_add(a, line, "title", w->s->title);
	line = pairs_add(a, line, "link", about->link);
	/* That of others is seen by their states. */
	if (w->t->lockstep && !tape_shows(w->t, SIDE_A) &&
	    !tape_shows(w->t, SIDE_B))
		line = pairs_add(a, line, "lockstep", "yes");
	if (about->stack[SIDE_A] && about->stack[SIDE_B]) {
		line = pairs_add(a, line, "a", about->stack[SIDE_A]);
		line = pairs_add(a, line, "b", about->stack[SIDE_B]);
	}
	list_add(w, &list, line);
	list_add(w, &list, flow_line(w));
	line = pairs_add(a, "lastack verdict", "is", verdict);
	list_add(w, &list, pairs_add(a, line, "reason", w->t->reason));
	for (size_t i = 0; i < w->t->n_branch; i++)
		list_add(w, &list,
			 pairs_add(a, "lastack branch", "text",
				   w->t->branch[i]));
	add_deviations(w, &list, TAPE_NO_FRAME);
	add_finding(w, &list, TAPE_NO_FRAME);
	pcapng_section(&w->out, about->hardware, about->os, about->app,
		       list_end(w, &list));
}

static void add_lines(struct writer *w, struct list *list, size_t frame)
{
	for (size_t e = w->first[frame]; e != NO_EVENT; e = w->next[e])
		list_add(w, list, tape_event_text(w->t, e));
}

static void put_frame(struct writer *w, size_t i)
{
	const struct frame *frame = w->t->frame[i];
	struct list list = { 0 };

	for (size_t e = w->first[i]; e != NO_EVENT; e = w->next[e]) {
		if (w->t->event[e].frame != i)
			continue;
		list_add(w, &list, w->rung[e]);
		list_add(w, &list, became_text(w, &w->t->event[e]));
	}
	add_lines(w, &list, i);
	add_deviations(w, &list, i);
	add_finding(w, &list, i);
	if (frame->note)
		list_add(w, &list, frame->note);
	pcapng_packet(&w->out, frame->from, frame->at_ns, frame->bytes,
		      (uint32_t)frame->len, list_end(w, &list));
}

static void put_foot(struct writer *w)
{
	const struct tape *t = w->t;
	int64_t at = t->n_event ? t->event[t->n_event - 1].at_ns : 0;
	struct list list = { 0 };

	add_lines(w, &list, t->n_frame);
	pcapng_statistics(&w->out, SIDE_A, at, w->about->received[SIDE_A],
			  w->about->dropped[SIDE_A], list_end(w, &list));
	pcapng_statistics(&w->out, SIDE_B, at, w->about->received[SIDE_B],
			  w->about->dropped[SIDE_B], NULL);
}

/* An event without a frame goes with the next frame that was seen. */
static void assign_owners(struct writer *w)
{
	struct arena *a = &w->t->arena;
	size_t n = w->t->n_frame, seen = n, owner;

	w->first = arena_alloc(a, (n + 1) * sizeof(*w->first));
	w->next = arena_alloc(a, w->t->n_event * sizeof(*w->next));
	for (size_t i = 0; i <= n; i++)
		w->first[i] = NO_EVENT;
	for (size_t e = w->t->n_event; e-- > 0;) {
		const struct tape_event *event = &w->t->event[e];

		owner = event->frame != TAPE_NO_FRAME ? event->frame : seen;
		if (event->kind == TAPE_SEGMENT)
			seen = owner;
		w->next[e] = w->first[owner];
		w->first[owner] = e;
	}
}

/* A rung begins with A's state, or with the arrow where none was read. */
static void write_rungs(struct writer *w)
{
	struct flow flow = w->t->flow;

	flow_reset(&flow);
	for (size_t e = 0; e < w->t->n_event; e++) {
		const struct tape_event *event = &w->t->event[e];
		const char *rung;

		if (event->frame == TAPE_NO_FRAME)
			continue;
		rung = ladder_rung(w->t, &flow, event);
		w->rung[e] = rung + strspn(rung, " ");
	}
}

static void put_file(struct writer *w)
{
	struct arena *a = &w->t->arena;

	w->rung = arena_alloc(a, w->t->n_event * sizeof(*w->rung));
	write_rungs(w);
	assign_owners(w);
	put_section(w);
	pcapng_interface(&w->out, "A", "seen at A's plug", SEG_FRAME_MAX);
	pcapng_interface(&w->out, "B", "seen at B's plug", SEG_FRAME_MAX);
	for (size_t i = 0; i < w->t->n_frame; i++)
		put_frame(w, i);
	put_foot(w);
}

/* Removes a file that was not written to its end, but never a device. */
static int save(const char *path, const struct pcapng_out *out, struct fault *f)
{
	FILE *file = fopen(path, "we");
	struct stat st;
	bool ours, bad;

	if (!file)
		return fault_errno(f, "%s: cannot be opened for writing", path);
	ours = fstat(fileno(file), &st) == 0 && S_ISREG(st.st_mode);
	bad = fwrite(out->bytes, 1, out->len, file) != out->len;
	if (bad)
		fault_errno(f, "%s: cannot be written", path);
	if (fclose(file) && !bad)
		bad = fault_errno(f, "%s: cannot be written", path);
	if (bad && ours)
		unlink(path);
	return bad ? -1 : 0;
}

int evidence_write(const char *path, const struct script *s, struct tape *t,
		   const struct evidence_about *about, struct fault *f)
{
	struct writer w = { .t = t, .s = s, .about = about };
	int failed;

	put_file(&w);
	failed = save(path, &w.out, f);
	pcapng_free(&w.out);
	return failed;
}
