/*
 * Verdicts for a person: the connections with findings as they end, and at
 * the foot what the capture adds up to. Only prints.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "check/verdicts.h"

#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define CYAN   "\033[36m"
#define BOLD   "\033[1m"
#define PLAIN  "\033[0m"

/* Connections listed; the rest is only counted, unless all are wanted. */
#define LISTED_MAX 1000

static const char *const colors[SEVERITY_COUNT] = {
	[SEVERITY_NOTE] = "",
	[SEVERITY_INCONCLUSIVE] = CYAN,
	[SEVERITY_SUSPICIOUS] = YELLOW,
	[SEVERITY_VIOLATION] = RED,
};

static const char *color(const struct verdicts *v, const char *code)
{
	return v->color ? code : "";
}

static void nothing(struct verdicts *v)
{
	(void)v;
}

static void open_one(struct verdicts *v)
{
	if (v->opened)
		putc('\n', v->out);
	fputs(color(v, BOLD), v->out);
	text_plain(v->out, v->sum.name);
	fprintf(v->out, "%s\n", color(v, PLAIN));
}

static void put_seconds(FILE *out, int64_t ns)
{
	fprintf(out, "%.6g s", (double)ns / (double)NS_PER_S);
}

/* What there is to say besides the ending's name. */
static void put_ending(FILE *out, const struct judge_summary *s)
{
	fputs(ending_name(s->ending), out);
	if (s->ending == ENDING_ABORTED && s->aborted_in != TCP_STATE_NONE)
		fprintf(out, " in %s", name_state(s->aborted_in));
	if (s->ending == ENDING_VANISHED)
		fprintf(out, ", %u FIN%s unanswered", s->unanswered_fins,
			s->unanswered_fins == 1 ? "" : "s");
	if (s->closed_first != FIRST_NONE)
		fprintf(out, ", %s first", first_name(s->closed_first));
	if (s->half_closed_ns > 0) {
		fputs(", half-closed ", out);
		put_seconds(out, s->half_closed_ns);
	}
	if (s->opened_outside)
		fputs(", opened outside", out);
}

static void put_flow(struct verdicts *v, const struct flows_over *o)
{
	char a[VERDICT_END_MAX], b[VERDICT_END_MAX];

	fprintf(v->out, "%5" PRIu32 "  %s > %s  ", o->id,
		verdict_end(o->family, &o->end[SIDE_A], a),
		verdict_end(o->family, &o->end[SIDE_B], b));
	put_ending(v->out, &o->summary);
	fprintf(v->out,
		"\n       %s / %s, frames %" PRIu64 " to %" PRIu64 ", %" PRIu32
		" segment%s%s\n",
		name_state(o->summary.state[SIDE_A]),
		name_state(o->summary.state[SIDE_B]), o->first_frame,
		o->last_frame, o->segments, o->segments == 1 ? "" : "s",
		o->evicted ? ", evicted" : "");
}

static void put_detail(FILE *out, const char *name, const char *text)
{
	if (!text || !*text)
		return;
	fprintf(out, "           %-10s ", name);
	text_plain(out, text);
	putc('\n', out);
}

static void put_finding(struct verdicts *v, const struct judge_finding *f)
{
	fprintf(v->out, "       %s%s%s, frame %" PRIu64 ", %c: %s (%s)\n",
		color(v, colors[f->severity]), severity_name(f->severity),
		color(v, *colors[f->severity] ? PLAIN : ""), f->frame,
		side_letter(f->side), f->rule->name, f->rule->id);
	put_detail(v->out, "rule", f->rule->text);
	put_detail(v->out, "expected", f->expected);
	put_detail(v->out, "actual", f->actual);
	put_detail(v->out, "settled by", f->settles);
}

static void flow(struct verdicts *v, const struct flows_over *o)
{
	if (!v->all && (v->shown >= LISTED_MAX || !verdicts_has(v, o)))
		return;
	v->shown++;
	put_flow(v, o);
	for (size_t i = 0; i < o->n_found; i++)
		if (verdicts_wants(v, o->found[i]))
			put_finding(v, o->found[i]);
}

static void put_firsts(struct verdicts *v, enum ending e)
{
	const char *between = "   closed first: ";

	for (int f = FIRST_A; f < FIRST_COUNT; f++) {
		if (!v->sum.first[e][f])
			continue;
		fprintf(v->out, "%s%s %" PRIu64, between,
			first_name((enum first)f), v->sum.first[e][f]);
		between = ", ";
	}
}

static void put_endings(struct verdicts *v)
{
	for (int e = 0; e < ENDING_COUNT; e++) {
		if (!v->sum.ending[e])
			continue;
		fprintf(v->out, "%10" PRIu64 "  %-16s", v->sum.ending[e],
			ending_name((enum ending)e));
		put_firsts(v, (enum ending)e);
		putc('\n', v->out);
	}
	if (v->sum.outside)
		fprintf(v->out,
			"%10" PRIu64 "  of them opened outside the "
			"capture\n",
			v->sum.outside);
}

static void put_found(struct verdicts *v)
{
	uint64_t hidden = v->sum.with_findings > v->shown && !v->all
				  ? v->sum.with_findings - v->shown
				  : 0;

	if (hidden)
		fprintf(v->out,
			"%10" PRIu64 "  more connections with "
			"findings; --all lists them\n",
			hidden);
	fputs("findings", v->out);
	for (int s = SEVERITY_COUNT; s-- > 0;)
		fprintf(v->out, "%s%s%" PRIu64 " %s%s",
			s == SEVERITY_COUNT - 1 ? "  " : ", ",
			color(v, v->sum.found[s] ? colors[s] : ""),
			v->sum.found[s], severity_name((enum severity)s),
			color(v, v->sum.found[s] && *colors[s] ? PLAIN : ""));
	putc('\n', v->out);
}

static void put_skipped(struct verdicts *v)
{
	static const char *const names[DECAP_KIND_COUNT] = {
		[DECAP_NOT_TCP] = "not TCP",
		[DECAP_FRAGMENT] = "fragments of IP",
		[DECAP_TRUNCATED] = "cut before the TCP header's end",
		[DECAP_MALFORMED] = "malformed",
	};
	const char *between = "skipped   ";

	for (int i = DECAP_TCP + 1; i < DECAP_KIND_COUNT; i++) {
		if (!v->sum.skipped[i])
			continue;
		fprintf(v->out, "%s%" PRIu64 " %s", between, v->sum.skipped[i],
			names[i]);
		between = ", ";
	}
	if (*between == ',')
		putc('\n', v->out);
	if (v->sum.evicted)
		fprintf(v->out,
			"evicted   %" PRIu64 " to make room; "
			"--max-flows gives more\n",
			v->sum.evicted);
}

static void put_damage(struct verdicts *v)
{
	if (!v->sum.damage)
		return;
	fprintf(v->out, "%sdamaged%s   ", color(v, RED), color(v, PLAIN));
	text_plain(v->out, v->sum.damage);
	putc('\n', v->out);
}

static void close_one(struct verdicts *v)
{
	if (v->shown)
		putc('\n', v->out);
	fprintf(v->out, "%" PRIu64 " packet%s, %" PRIu64 " connection%s\n",
		v->sum.packets, v->sum.packets == 1 ? "" : "s",
		v->sum.connections, v->sum.connections == 1 ? "" : "s");
	put_endings(v);
	put_found(v);
	put_skipped(v);
	put_damage(v);
}

/* clang-format off */
const struct verdict_form verdict_table = {
	"table", nothing, open_one, flow, close_one, nothing
};
/* clang-format on */
