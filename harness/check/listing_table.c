/*
 * Connections for a person: those with findings as they end, and at the foot
 * what the capture adds up to. Only prints.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "check/listing.h"

#define RED    "\033[31m"
#define YELLOW "\033[33m"
#define CYAN   "\033[36m"
#define BOLD   "\033[1m"
#define PLAIN  "\033[0m"

/* Connections listed without --all; the rest are only counted. */
#define LISTED_MAX 1000

static const char *const colors[SEVERITY_COUNT] = {
	[SEVERITY_NOTE] = "",
	[SEVERITY_INCONCLUSIVE] = CYAN,
	[SEVERITY_SUSPICIOUS] = YELLOW,
	[SEVERITY_VIOLATION] = RED,
};

static const char *color(const struct listing *list, const char *code)
{
	return list->color ? code : "";
}

static void open_one(struct listing *list)
{
	fputs(color(list, BOLD), list->out);
	text_plain(list->out, list->sum.name);
	fprintf(list->out, "%s\n", color(list, PLAIN));
}

static void put_seconds(FILE *out, int64_t ns)
{
	fprintf(out, "%.6g s", (double)ns / (double)NS_PER_S);
}

/* The ending's name, and what of it the name does not say. */
static void put_ending(FILE *out, const struct wire_summary *s)
{
	fputs(ending_name(s->ending), out);
	if (s->ending == ENDING_ABORTED && s->aborted_in != TCP_STATE_NONE)
		fprintf(out, " in %s", name_state(s->aborted_in));
	if (s->ending == ENDING_VANISHED)
		fprintf(out, ", %u FIN%s unanswered", s->unanswered_fins,
			s->unanswered_fins == 1 ? "" : "s");
	if (s->reset_by != FIRST_NONE)
		fprintf(out, ", reset by %s", first_name(s->reset_by));
	if (s->closed_first != FIRST_NONE)
		fprintf(out, ", %s first", first_name(s->closed_first));
	if (s->half_closed_ns > 0) {
		fputs(", half-closed ", out);
		put_seconds(out, s->half_closed_ns);
	}
	if (s->opened_outside)
		fputs(", opened outside", out);
}

void listing_put_course(FILE *out, const struct flows_over *o)
{
	char buf[TEXT_TIME_MAX];

	fprintf(out, "%s, for ", text_time_us(o->start_ns, buf));
	put_seconds(out, o->last_ns - o->start_ns);
	fprintf(out, ", octets %" PRIu64 " > %" PRIu64 " <", o->octets[SIDE_A],
		o->octets[SIDE_B]);
}

void listing_put_head(FILE *out, const struct flows_over *o)
{
	char a[LISTING_ADDRESS_MAX], b[LISTING_ADDRESS_MAX];

	fprintf(out, "%s > %s  ",
		listing_address(o->family, &o->end[SIDE_A], a),
		listing_address(o->family, &o->end[SIDE_B], b));
	put_ending(out, &o->summary);
}

static void put_connection(struct listing *list, const struct flows_over *o)
{
	fprintf(list->out, "%5" PRIu32 "  ", o->id);
	listing_put_head(list->out, o);
	fprintf(list->out,
		"\n       %s / %s, frames %" PRIu64 " to %" PRIu64 ", %" PRIu32
		" segment%s%s",
		name_state(o->summary.state[SIDE_A]),
		name_state(o->summary.state[SIDE_B]), o->first_frame,
		o->last_frame, o->segments, o->segments == 1 ? "" : "s",
		o->evicted ? ", evicted" : "");
	if (o->follows)
		fprintf(list->out, ", follows %" PRIu32, o->follows);
	if (o->same_as)
		fprintf(list->out, ", the same as %" PRIu32, o->same_as);
	fputs("\n       ", list->out);
	listing_put_course(list->out, o);
	putc('\n', list->out);
}

static void put_detail(FILE *out, const char *name, const char *text)
{
	if (!text || !*text)
		return;
	fprintf(out, "           %-10s ", name);
	text_plain(out, text);
	putc('\n', out);
}

static void put_finding(struct listing *list, const struct judge_finding *f)
{
	fprintf(list->out, "       %s%s%s, frame %" PRIu64 ", %c: %s (%s)\n",
		color(list, colors[f->severity]), severity_name(f->severity),
		color(list, *colors[f->severity] ? PLAIN : ""), f->frame,
		side_letter(f->side), f->rule->name, f->rule->id);
	put_detail(list->out, "rule", f->rule->text);
	put_detail(list->out, "expected", f->expected);
	put_detail(list->out, "actual", f->actual);
	put_detail(list->out, "settled by", f->settles);
}

static void put_listed(struct listing *list, const struct flows_over *o)
{
	if (!list->all && list->shown >= LISTED_MAX)
		return;
	if (!listing_names_all(list) && !listing_has(list, o))
		return;
	list->shown++;
	put_connection(list, o);
	for (size_t i = 0; i < o->n_found; i++)
		if (listing_wants(list, o->found[i]))
			put_finding(list, o->found[i]);
}

/* A line of the foot, where there is something to count. */
static void put_count(FILE *out, uint64_t n, const char *what)
{
	if (n)
		fprintf(out, "%10" PRIu64 "  %s\n", n, what);
}

static void put_firsts(struct listing *list, enum ending e)
{
	const char *between = "   closed first: ";

	for (int f = FIRST_A; f < FIRST_COUNT; f++) {
		if (!list->sum.first[e][f])
			continue;
		fprintf(list->out, "%s%s %" PRIu64, between,
			first_name((enum first)f), list->sum.first[e][f]);
		between = ", ";
	}
}

static void put_endings(struct listing *list)
{
	for (int e = 0; e < ENDING_COUNT; e++) {
		if (!list->sum.ending[e])
			continue;
		fprintf(list->out, "%10" PRIu64 "  %-16s", list->sum.ending[e],
			ending_name((enum ending)e));
		put_firsts(list, (enum ending)e);
		putc('\n', list->out);
	}
	put_count(list->out, list->sum.outside,
		  "of them opened outside the capture");
}

static void put_found(struct listing *list)
{
	uint64_t hidden = list->sum.with_findings > list->shown && !list->all
				  ? list->sum.with_findings - list->shown
				  : 0;

	put_count(list->out, hidden,
		  "more connections with findings; --all lists them");
	fputs("findings", list->out);
	for (int s = SEVERITY_COUNT; s-- > 0;)
		fprintf(list->out, "%s%s%" PRIu64 " %s%s",
			s == SEVERITY_COUNT - 1 ? "  " : ", ",
			color(list, list->sum.found[s] ? colors[s] : ""),
			list->sum.found[s], severity_name((enum severity)s),
			color(list,
			      list->sum.found[s] && *colors[s] ? PLAIN : ""));
	putc('\n', list->out);
	for (int i = 0; i < RULE_COUNT; i++)
		put_count(list->out, list->sum.broken[i],
			  rule_of((enum rule_id)i)->name);
}

static void put_skipped(struct listing *list)
{
	static const char *const names[DECAP_KIND_COUNT] = {
		[DECAP_NOT_TCP] = "not TCP",
		[DECAP_FRAGMENT] = "fragments of IP",
		[DECAP_TRUNCATED] = "cut before the TCP header's end",
		[DECAP_MALFORMED] = "malformed",
		[DECAP_UNREAD] = "of link types that are not read",
	};
	const char *between = "skipped   ";

	for (int i = DECAP_TCP + 1; i < DECAP_KIND_COUNT; i++) {
		if (!list->sum.skipped[i])
			continue;
		fprintf(list->out, "%s%" PRIu64 " %s", between,
			list->sum.skipped[i], names[i]);
		between = ", ";
	}
	if (*between == ',')
		putc('\n', list->out);
	if (list->sum.evicted)
		fprintf(list->out,
			"evicted   %" PRIu64 " to make room; "
			"--max-flows gives more\n",
			list->sum.evicted);
}

static void put_damage(struct listing *list)
{
	if (!list->sum.damage)
		return;
	fprintf(list->out, "%sdamaged%s   ", color(list, RED),
		color(list, PLAIN));
	text_plain(list->out, list->sum.damage);
	putc('\n', list->out);
}

static void close_one(struct listing *list)
{
	if (list->shown)
		putc('\n', list->out);
	fprintf(list->out, "%" PRIu64 " packet%s, %" PRIu64 " connection%s\n",
		list->sum.packets, list->sum.packets == 1 ? "" : "s",
		list->sum.connections, list->sum.connections == 1 ? "" : "s");
	put_endings(list);
	put_found(list);
	put_skipped(list);
	put_damage(list);
}

const struct listing_form listing_table = {
	.name = "table",
	.between = "\n",
	.open = open_one,
	.connection = put_listed,
	.close = close_one,
};
