/*
 * Rungs: states, arrows and the segment between them. Knows nothing of the
 * lines around them.
 */
#include "tape/ladder_rung.h"

#include <string.h>

#include "base/name.h"
#include "tape/ladder.h"
#include "script/pattern.h"

/* The arrows where a segment passes A's plug (left) and B's (right). */
struct arrows {
	const char *left;
	const char *right;
};

static const struct arrows by_how[TAPE_HOW_COUNT][2] = {
	[TAPE_UNCLAIMED] = { { "-->", "-->" }, { "<--", "<--" } },
	[TAPE_DELIVERED] = { { "-->", "-->" }, { "<--", "<--" } },
	[TAPE_KEPT] = { { "-->", "==>" }, { "<==", "<--" } },
	[TAPE_HELD] = { { "-->", "..." }, { "...", "<--" } },
	[TAPE_LOST] = { { "-->", "--x" }, { "x--", "<--" } },
	[TAPE_FORGED] = { { "~~>", "-->" }, { "<--", "<~~" } },
};

static const struct arrows release[2] = { { "...", "-->" }, { "<--", "..." } };

static const char *const not_ours[] = {
	[SEG_OTHER] = "not TCP",
	[SEG_TCP] = "TCP of another connection",
	[SEG_BAD] = "TCP with lengths that disagree",
};

/* Adds what pattern_forge does not fill in by itself. */
static void add_forged(const struct seg *seg, const struct flow *flow,
		       enum side from, struct pattern *pat)
{
	uint8_t opts[PATTERN_OPTS_MAX];
	struct seg plain;

	pat->set = (pat->set | PAT_SEQ) & ~(unsigned int)PAT_WIN;
	pat->seq = flow_rel_seq(flow, from, seg->seq);
	pattern_forge(pat, flow, from, &plain, opts);
	if (plain.ack != seg->ack) {
		pat->set |= PAT_ACK;
		pat->ack = flow_rel_ack(flow, from, seg->ack);
	}
	if (plain.win != seg->win) {
		pat->set |= PAT_WIN;
		pat->win = seg->win;
	}
	pattern_add_forged_options(seg, &plain, flow, from, pat);
}

/* An ACK's number goes without saying where it was SND.NXT. */
static void add_odd_seq(const struct seg *seg, const struct flow *before,
			enum side from, struct pattern *pat)
{
	const struct flow_tcb *tcb = &before->tcb[from];

	if (pat->set & PAT_SEQ || !tcb->known || seg->seq == tcb->snd_nxt)
		return;
	pat->set |= PAT_SEQ;
	pat->seq = flow_rel_seq(before, from, seg->seq);
}

const char *ladder_rung_segment(struct arena *a, const struct tape *t,
				struct flow *flow, const struct tape_event *e)
{
	const struct frame *f = t->frame[e->frame];
	const struct flow before = *flow;
	char buf[PATTERN_TEXT_MAX];
	struct pattern pat;
	enum side from;

	tape_note(t, e, flow);
	if (f->kind != SEG_TCP || !flow_side(flow, &f->seg, &from))
		return arena_printf(a, "(%s, %zu octets)", not_ours[f->kind],
				    f->len);
	pattern_of(&f->seg, flow, from, &pat);
	if (f->forged)
		add_forged(&f->seg, flow, from, &pat);
	else if (e->kind == TAPE_SEGMENT)
		add_odd_seq(&f->seg, &before, from, &pat);
	pattern_text(&pat, buf);
	return arena_strndup(a, buf, strlen(buf));
}

/* A segment's text in its columns. */
struct parts {
	int flags; /* octets of them; 0 when the text is in parentheses */
	const char *fields;
};

static struct parts take_apart(const char *text)
{
	size_t flags = ladder_rung_can_say(text) ? strcspn(text, " ") : 0;
	const char *fields = text + flags;

	return (struct parts){ (int)flags, fields + strspn(fields, " ") };
}

static char *in_columns(struct arena *a, const char *text, int flags)
{
	struct parts p = take_apart(text);

	return arena_printf(a, "%-*.*s%s%s", p.flags ? flags : 0, p.flags, text,
			    p.flags && *p.fields ? "  " : "", p.fields);
}

static void widen(int *width, int value)
{
	if (value > *width)
		*width = value;
}

void ladder_rung_measure(const char *segment, struct ladder_width *w)
{
	struct parts p = take_apart(segment);

	widen(&w->flags, p.flags);
	widen(p.flags ? &w->fields : &w->other, (int)strlen(p.fields));
}

int ladder_width_text(const struct ladder_width *w)
{
	int width = w->flags;

	widen(&width, w->fields ? w->flags + 2 + w->fields : 0);
	widen(&width, w->other);
	return width;
}

static const char *state_text(enum tcp_state state)
{
	return state == TCP_STATE_NONE ? "" : name_state(state);
}

/* Cuts the spaces at the end of text off. */
static char *trim(char *text)
{
	size_t len = strlen(text);

	while (len && text[len - 1] == ' ')
		text[--len] = '\0';
	return text;
}

char *ladder_rung_text(struct arena *a, const struct tape *t,
		       const struct tape_event *e, const char *segment,
		       const struct ladder_width *w)
{
	enum side from = t->frame[e->frame]->from;
	const struct arrows *arrows = e->kind == TAPE_RELEASE
					      ? &release[from]
					      : &by_how[e->how][from];

	return trim(arena_printf(a, "%-*s  %s  %-*s  %s  %s", LADDER_STATE,
				 state_text(e->state[SIDE_A]), arrows->left,
				 ladder_width_text(w),
				 in_columns(a, segment, w->flags),
				 arrows->right, state_text(e->state[SIDE_B])));
}

const char *ladder_rung(struct tape *t, struct flow *flow,
			const struct tape_event *e)
{
	const char *segment = ladder_rung_segment(&t->arena, t, flow, e);
	struct ladder_width w = { 0 };

	ladder_rung_measure(segment, &w);
	return ladder_rung_text(&t->arena, t, e, segment, &w);
}
