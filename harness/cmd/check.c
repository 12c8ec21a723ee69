/*
 * The verb "check": how the connections of captures end. Knows options and exit
 * status; check/ reads, lists and writes.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/folder.h"
#include "cmd/check_own.h"
#include "base/text.h"

/* Connections held at once by default: open ones take less than 250 MB. */
#define FLOWS_USUAL 500000

/* To pick what is not there is a mistake that nobody would notice. */
static void check_met(struct check *c)
{
	struct fault f;

	if (!c->flow || c->met || c->bad)
		return;
	fault_set(&f, "--flow %s: no connection is of it", c->flow);
	check_complain(c, &f);
}

static void read_files(struct check *c, struct check_files *files)
{
	listing_begin(&c->listing, c->follow_on ? 1 : files->n);
	if (c->follow_on) {
		check_files_sort(files);
		check_captures(c, files->name, files->n);
	} else {
		check_files_read(c, files);
	}
	listing_end(&c->listing);
}

/* One file with the ladders of all captures. */
static int write_svg(struct check *c, struct fault *f)
{
	FILE *out;

	if (!c->picture.n)
		return fault_set(f,
				 "--svg %s: no connection is drawn: expected "
				 "--flow, --all, or one with findings",
				 c->svg);
	out = folder_begin(&c->arena, c->svg, f);
	if (!out)
		return -1;
	picture_print(out, &c->picture, "lastack check");
	putc('\n', out);
	return folder_keep(&c->arena, out, c->svg, f);
}

static void write_drawn(struct check *c)
{
	struct fault f;

	if (c->svg && write_svg(c, &f))
		check_complain(c, &f);
	if (c->page && page_capture_end(c->page, c->html, &f))
		check_complain(c, &f);
	arena_free(&c->arena);
}

static int check_all(struct check *c, struct check_files *files)
{
	struct fault f;

	if (c->write && extract_begin(&c->extract, c->write, &f)) {
		check_complain(c, &f);
		return CMD_BAD;
	}
	c->picture.arena = &c->arena;
	if (c->html)
		c->page = page_capture_begin();
	read_files(c, files);
	write_drawn(c);
	if (c->wants_stats)
		stats_print(&c->stats, c->listing.out);
	stats_free(&c->stats);
	if (c->write && extract_end(&c->extract, &f))
		check_complain(c, &f);
	check_met(c);
	return c->bad ? CMD_BAD : c->found ? 1 : 0;
}

static int take_select(const struct option_row *row, const char *text, void *to)
{
	struct check *c = to;

	int64_t id;

	(void)row;
	c->flow = text;
	c->flow_id = 0;
	if (option_number(text, 1, UINT32_MAX, &id))
		return selection_parse(text, &c->select);
	c->flow_id = (uint32_t)id;
	return 0;
}

static int take_rule(const struct option_row *row, const char *text, void *to)
{
	const struct rule *rule = rule_find(text, strlen(text));

	(void)row;
	*(const struct rule **)to = rule;
	return rule && strcmp(rule->name, text) == 0 ? 0 : -1;
}

static int take_time(const struct option_row *row, const char *text, void *to)
{
	(void)row;
	return text_parse_time(text, to);
}

static const char *const endings[] = {
	"open",	   "normal",	 "simultaneous",    "half-closed",
	"closing", "aborted",	 "reset-suspected", "vanished",
	"refused", "unanswered", "one-direction",   "unknown",
	NULL
};

#define TO(member)    offsetof(struct check, member)
#define TIME_EXPECTED "2026-11-23T04:15:30Z (UTC), or seconds since 1970"

static const struct option_row rows[] = {
	{ "interface", 'i', option_text, TO(iface),
	  .help = "watch it; \"any\" for all", .argument = "IFACE",
	  .expected = "an interface" },
	{ "format", 0, option_text, TO(format),
	  .help = "what is printed (table)", .words = listing_form_names },
	{ "only", 0, option_text, TO(only),
	  .help = "findings from note, inconclusive,\n"
		  "suspicious or violation on, and\n"
		  "connections that have some",
	  .argument = "SEVERITY",
	  .words = OPTION_WORDS("note", "inconclusive", "suspicious",
				"violation") },
	{ "all", 0, option_flag, TO(listing.all),
	  .help = "the table lists connections without\n"
		  "findings too" },
	{ "rule", 0, take_rule, TO(listing.filter.rule),
	  .help = "findings of that rule only, and\n"
		  "connections that have one",
	  .argument = "RULE",
	  .expected = "a rule's name; \"lastack rules\" lists them" },
	{ "ending", 0, option_text, TO(ending),
	  .help = "connections that ended so only", .argument = "ENDING",
	  .words = endings },
	{ "since", 0, take_time, TO(listing.filter.since_ns),
	  .help = "connections with segments from then", .argument = "TIME",
	  .expected = TIME_EXPECTED },
	{ "until", 0, take_time, TO(listing.filter.until_ns),
	  .help = "or up to then: 2026-11-23T04:15:30Z", .argument = "TIME",
	  .expected = TIME_EXPECTED },
	{ "stats", 0, option_flag, TO(wants_stats),
	  .help = "endings by the port of B, and by hour,\n"
		  "below the table" },
	{ "flow", 0, take_select, 0,
	  .help = "connections of that address; those\n"
		  "between two: HOST:PORT-HOST:PORT; or\n"
		  "the one that is listed as number N",
	  .argument = "HOST[:PORT]|N",
	  .expected = "HOST, HOST:PORT or HOST:PORT-HOST:PORT, with addresses "
		      "for HOST and [...] around IPv6, or a connection's "
		      "number" },
	{ "follow-on", 0, option_flag, TO(follow_on),
	  .help = "the files, in the order of time, are one\n"
		  "capture: a ring of tcpdump -C, dumpcap -b" },
	{ "jobs", 0, option_count, TO(jobs),
	  .help = "so many files at once (1)", .argument = "N", .most = 1024 },
	{ "threads", 0, option_count, TO(threads),
	  .help = "so many for one large pcap file (one for\n"
		  "each processor, up to 4)",
	  .argument = "N", .most = 64 },
	{ "outer", 0, option_flag, TO(outer),
	  .help = "do not look into tunnels" },
	{ "ladder", 0, option_flag, TO(ladder),
	  .help = "draw the connections with findings, or\n"
		  "all that --flow or --all pick, in the\n"
		  "case language" },
	{ "svg", 0, option_text, TO(svg), .help = "draw the same as a picture",
	  .argument = "OUT.svg", .expected = "a file" },
	{ "html", 0, option_text, TO(html),
	  .help = "write a page: the findings, then every\n"
		  "connection with its ladder",
	  .argument = "OUT.html", .expected = "a file" },
	{ "write", 0, option_text, TO(write),
	  .help = "write their frames, the findings as\n"
		  "comments",
	  .argument = "OUT.pcapng", .expected = "a file" },
	{ "fail-on", 0, option_text, TO(fail_on_name),
	  .help = "what makes the exit status 1:\n"
		  "violation (the default) or suspicious",
	  .argument = "SEVERITY",
	  .words = OPTION_WORDS("violation", "suspicious") },
	{ "max-flows", 0, option_count, TO(max_flows),
	  .help = "connections held at once (500000)", .argument = "N",
	  .most = 1000000000 },
	OPTION_NO_COLOR(struct check, no_color),
	{ 0 },
};

/* Whether what is written would be written over what is read. */
static bool is_itself(const struct stat *in, const char *path)
{
	struct stat out;

	return path && stat(path, &out) == 0 && in->st_dev == out.st_dev &&
	       in->st_ino == out.st_ino;
}

/* Refuses what cannot be read twice. A missing file is reported on opening. */
static int refuse_file(const struct check *c, const char *name)
{
	const char *const out[] = { c->write, c->svg, c->html };
	static const char *const option[] = { "write", "svg", "html" };
	bool input = strcmp(name, "-") == 0;
	struct stat st;

	if (!input && stat(name, &st) < 0)
		return 0;
	if (input || !S_ISREG(st.st_mode))
		return option_bad("check",
				  "--ladder, --svg, --html, --write and "
				  "--follow-on read a file twice: expected "
				  "regular files, not %s",
				  input ? "standard input" : name);
	for (size_t i = 0; i < ARRAY_SIZE(out); i++)
		if (is_itself(&st, out[i]))
			return option_bad("check",
					  "--%s %s: is the file that is read",
					  option[i], out[i]);
	return 0;
}

/* Refuses options that exclude each other; NULL: none does. */
static const char *clash(const struct check *c, bool has_operands)
{
	bool twice = check_draws(c) || c->write;

	if (c->iface && has_operands)
		return "-i watches an interface: no FILE goes with it";
	if (!c->iface && !has_operands)
		return "expected FILE..., - or -i IFACE";
	if (c->wants_stats && c->listing.form != &listing_table)
		return "--stats goes with --format table";
	if (c->ladder && c->listing.form != &listing_table)
		return "--ladder goes with --format table";
	if (c->html && (c->ladder || c->svg || c->write))
		return "--html goes without --ladder, --svg and --write, "
		       "which are about fewer connections";
	if ((c->write || c->svg || c->html) && c->jobs > 1)
		return "--write, --svg and --html make one file: --jobs does "
		       "not go with them";
	if (c->follow_on && c->jobs > 1)
		return "--follow-on reads one file after the other: --jobs "
		       "does not go with it";
	if (c->follow_on && c->iface)
		return "--follow-on goes with files";
	if (twice && c->iface)
		return "--ladder, --svg, --html and --write read the capture "
		       "twice: expected files, not an interface";
	return NULL;
}

static int refuse_files(const struct check *c, const struct check_files *files)
{
	int rc = 0;

	if (!check_draws(c) && !c->write && !c->follow_on)
		return 0;
	for (size_t i = 0; i < files->n && rc == 0; i++)
		rc = refuse_file(c, files->name[i]);
	return rc;
}

/* ENDING_COUNT when none was asked for. */
static enum ending ending_of(const char *name)
{
	int e = 0;

	while (name && strcmp(ending_name((enum ending)e), name) != 0)
		e++;
	return name ? (enum ending)e : ENDING_COUNT;
}

/* Fills in the members that follow from the options. */
static void complete(struct check *c)
{
	struct listing_filter *filter = &c->listing.filter;

	c->listing.form = listing_form_find(c->format);
	filter->has_only = c->only;
	if (c->only)
		filter->only = severity_parse(c->only, strlen(c->only));
	filter->ending = ending_of(c->ending);
	filter->timed =
		filter->since_ns != INT64_MIN || filter->until_ns != INT64_MAX;
	c->fail_on = severity_parse(c->fail_on_name, strlen(c->fail_on_name));
	c->listing.out = stdout;
	c->listing.live = c->iface;
	c->listing.color = option_color(c->no_color);
}

static const struct check usual = {
	.listing.filter = { .since_ns = INT64_MIN, .until_ns = INT64_MAX },
	.format = "table",
	.fail_on_name = "violation",
	.max_flows = FLOWS_USUAL,
	.jobs = 1,
};

/* Millions of lines go to a file or a pipe by fewer system calls. */
static void buffer_output(const struct check *c)
{
	static char room[1 << 16];

	if (!c->iface && !isatty(STDOUT_FILENO))
		setvbuf(stdout, room, _IOFBF, sizeof(room));
}

static int enter(void *options, int argc, char **argv)
{
	struct check *c = options;
	struct check_files files = { .n = 0 };
	const char *why;
	struct fault f;
	int rc = CMD_BAD;

	complete(c);
	buffer_output(c);
	why = clash(c, optind < argc);
	if (why)
		return option_bad("check", "%s", why);
	if (c->iface)
		return check_all(c, &(struct check_files){ .name = &c->iface,
							   .n = 1 });
	if (check_files_find(&files, (const char *const *)argv + optind,
			     argc - optind, &f))
		check_complain(c, &f);
	else if (refuse_files(c, &files) == 0)
		rc = check_all(c, &files);
	check_files_free(&files);
	return rc;
}

const struct cmd cmd_check = {
	.name = "check",
	.line = "judge how the connections of captures end",
	.usage = "[OPTION...] FILE|FOLDER...|-\n"
		 "[OPTION...] -i IFACE",
	.text = "Judges how the TCP connections of captures end. A FILE is pcap,\n"
		"pcapng or snoop, compressed or not; of a FOLDER all captures below\n"
		"it are read; - is standard input; -i watches an interface until\n"
		"Ctrl-C.",
	.rows = rows,
	.status =
		"Exit status: 0 none found, 1 found, 2 bad input or usage. Manual:\n"
		"lastack-check(1).",
	.size = sizeof(usual),
	.usual = &usual,
	.enter = enter,
};
