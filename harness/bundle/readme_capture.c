/*
 * A captured connection told to people. Knows nothing of how its acts were
 * worked out.
 */
#include "bundle/readme_capture.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "bundle/readme.h"
#include "check/listing.h"
#include "tape/ladder.h"

static const char *file_of(const struct readme_capture *r)
{
	const char *slash = strrchr(r->path, '/');

	return slash ? slash + 1 : r->path;
}

/* On a line of a case, where '#' would begin a comment. */
static void put_name(FILE *out, const char *text)
{
	for (int n = 0; *text && n < 200; n++) {
		uint32_t c = text_next(&text);

		text_put(out, c <= ' ' || c == '#' || c == 0x7f ? '_' : c);
	}
}

/* "connection 3 of x.pcap: aborted in ESTABLISHED" */
static void put_title(FILE *out, const struct readme_capture *r)
{
	const struct wire_summary *s = &r->captured->over.summary;

	fprintf(out, "connection %" PRIu32 " of ", r->captured->over.id);
	put_name(out, file_of(r));
	fprintf(out, ": %s", ending_name(s->ending));
	if (s->closed_first != FIRST_NONE)
		fprintf(out, ", %s first", first_name(s->closed_first));
}

static void put_spec(FILE *out, const struct readme_capture *r)
{
	const struct flows_over *o = &r->captured->over;

	fputs("spec  RFC9293 3.6", out);
	for (size_t i = 0; i < o->n_found; i++) {
		const char *id = o->found[i]->rule->id;
		bool again = !id;

		for (size_t k = 0; k < i && !again; k++)
			again = o->found[k]->rule == o->found[i]->rule;
		if (!again)
			fprintf(out, ", %s", id);
	}
	putc('\n', out);
}

static void put_act(FILE *out, const struct act_made *act)
{
	static const char *const does[] = {
		[ACT_SHUTDOWN] = "shuts down writing: its FIN, and what came "
				 "later it took",
		[ACT_CLOSE] = "closes: its FIN",
		[ACT_ABORT] = "aborts: its RST, that nothing asked for",
	};

	fprintf(out, "frame %" PRIu64 ": %c ", act->frame,
		side_letter(act->by));
	if (act->kind == ACT_SEND)
		fprintf(out, "sends %" PRIu64 " octets", act->octets);
	else
		fputs(does[act->kind], out);
	fputs(act->unseen ? ", though the capture lacks it\n" : "\n", out);
}

static void put_from(FILE *out, const struct readme_capture *r)
{
	const struct flows_over *o = &r->captured->over;
	char a[LISTING_ADDRESS_MAX], b[LISTING_ADDRESS_MAX];

	fprintf(out, "A %s, B %s",
		listing_address(o->family, &o->end[SIDE_A], a),
		listing_address(o->family, &o->end[SIDE_B], b));
}

static bool has_timestamps(const struct captured *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->item[i].flags & FLAG_SYN && !c->item[i].has_ts)
			return false;
	return true;
}

void capture_case_write(FILE *out, const struct readme_capture *r)
{
	const struct acts *a = r->acts;

	fputs("case  ", out);
	put_title(out, r);
	putc('\n', out);
	put_spec(out, r);
	if (!has_timestamps(r->captured))
		fputs("set timestamps off\n", out);
	fputs("\n# In the capture: ", out);
	put_from(out, r);
	putc('\n', out);
	for (size_t i = 0; i < a->n; i++) {
		fputs("# ", out);
		put_act(out, &a->item[i]);
	}
	fputs("# ACKs are here where a stack sends them that waits for "
	      "nothing.\n\n",
	      out);
	ladder_print(out, NULL, r->tape, 0);
}

static void put_findings(FILE *out, const struct readme_capture *r)
{
	const struct flows_over *o = &r->captured->over;

	fputs("\n## What is wrong\n\n", out);
	if (!o->n_found)
		fputs("The segments alone prove nothing to be wrong.\n", out);
	for (size_t i = 0; i < o->n_found; i++) {
		const struct judge_finding *found = o->found[i];

		fprintf(out,
			"- %s of %c: %s (%s): ", severity_name(found->severity),
			side_letter(found->side), found->rule->name,
			found->rule->id ? found->rule->id : "-");
		readme_text(out, found->rule->text);
		fputs(". Expected ", out);
		readme_text(out, found->expected);
		fputs("; actual ", out);
		readme_text(out, found->actual);
		if (found->frame)
			fprintf(out, "; frame %" PRIu64 " of the capture",
				found->frame);
		fputs(".\n", out);
	}
}

static void put_clauses(FILE *out, const struct readme_capture *r)
{
	const struct flows_over *o = &r->captured->over;

	for (size_t i = 0; i < o->n_found; i++)
		if (o->found[i]->rule->id)
			readme_clause(out, r->catalogue, o->found[i]->rule->id);
}

static void put_acts(FILE *out, const struct readme_capture *r)
{
	const struct acts *a = r->acts;

	fputs("\n## What the ends must have done\n\n", out);
	if (a->opening == OPENING_REFUSED)
		fputs("- A connects, and B's host refuses it\n", out);
	else if (a->opening == OPENING_UNANSWERED)
		fputs("- A connects, and nothing answers\n", out);
	else
		fputs("- A connects to B\n", out);
	for (size_t i = 0; i < a->n; i++) {
		fputs("- ", out);
		put_act(out, &a->item[i]);
	}
	if (a->again)
		fprintf(out,
			"\n%" PRIu64 " segments brought nothing new (sent "
			"again, probes): the case does not have them.\n",
			a->again);
	if (r->left_out)
		fprintf(out,
			"\n%zu of these acts came when their end had no "
			"connection any more: the case does not have them.\n",
			r->left_out);
	fputs("\nAn exit of a process looks as a close, and a close with "
	      "octets unread as one with SO\\_LINGER of 0: where that "
	      "matters, change the case.\n",
	      out);
}

void readme_capture_write(FILE *out, const struct readme_capture *r)
{
	const struct flows_over *o = &r->captured->over;
	char start[TEXT_TIME_MAX];

	fputs("# ", out);
	put_title(out, r);
	fputs("\n\n", out);
	put_from(out, r);
	fprintf(out, "; begun %s, %" PRIu32 " segments, ",
		text_time(o->start_ns, start), o->segments);
	fprintf(out, "%" PRIu64 " octets by A and %" PRIu64 " by B.\n",
		o->octets[SIDE_A], o->octets[SIDE_B]);
	put_findings(out, r);
	put_clauses(out, r);
	fputs("\n## As it was captured\n\nThe states at the margins are what "
	      "the segments let one infer.\n",
	      out);
	readme_block(out, r->captured->ladder);
	put_acts(out, r);
	fputs("\n## To play it\n\n    lastack run case.fin\n\nor, without "
	      "lastack, between two sockets of the running kernel:\n\n"
	      "    python3 reproduce.py\n\nBoth have what RFC 9293 wants of two "
	      "ends that do this. Where the stack that was captured did "
	      "otherwise, its segments are above, and not in the case; where "
	      "one that plays it does, the case fails.\n"
	      "\n## The files\n\n"
	      "- `case.fin`: the case that plays it, in the language of "
	      "lastack-fin(5)\n"
	      "- `capture.pcapng`: the connection's frames, with what was "
	      "found as comments\n"
	      "- `ladder.txt`, `ladder.svg`: the ladder above\n"
	      "- `reproduce.py`: plays it without lastack\n",
	      out);
}
