/*
 * The verb "check": how the connections of captures end. Knows options and exit
 * status; check/ reads, lists and writes.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "base/text.h"
#include "check/extract.h"
#include "check/picked.h"
#include "base/signals.h"

/* Connections held at once by default: they take less than 200 MB. */
#define FLOWS_USUAL 500000

struct check {
	struct listing listing;
	struct selection select;
	const char *format;
	const char *only; /* a severity, or NULL */
	const char *fail_on_name;
	enum severity fail_on;
	unsigned int max_flows;
	const char *iface;
	const char *write;
	bool no_color;
	bool ladder;
	struct extract extract;
	struct picked picked;
	bool found; /* a finding of fail_on or worse */
	bool bad;   /* a file could not be read to its end, or written */
};

static struct capture *volatile watched;

static void on_signal(int number)
{
	(void)number;
	if (watched)
		capture_break(watched);
}

static void watch_signals(struct capture *capture)
{
	watched = capture;
	signals_handle(on_signal);
}

static void on_over(void *ctx, const struct flows_over *o)
{
	struct check *c = ctx;
	struct listing *list = &c->listing;

	for (size_t i = 0; i < o->n_found; i++)
		c->found = c->found || o->found[i]->severity >= c->fail_on;
	listing_add(list, o);
	if (!c->ladder && !c->write)
		return;
	if (listing_has(list, o) ||
	    (!list->has_only && (list->all || c->select.a.set)))
		picked_add(&c->picked, list, o);
}

static void on_frame(void *ctx, const struct reading_frame *frame)
{
	struct check *c = ctx;

	if (!picked_has(&c->picked, frame->id))
		return;
	if (c->ladder)
		picked_ladder_add(&c->picked, frame);
	if (c->write)
		extract_add(&c->extract, &c->picked, frame);
}

static void complain(struct check *c, const struct fault *f)
{
	c->bad = true;
	fputs("lastack check: ", stderr);
	text_plain(stderr, f->text);
	putc('\n', stderr);
}

static struct capture *open_one(struct check *c, const char *name,
				struct fault *f)
{
	struct capture *capture =
		c->iface ? capture_live(name, f) : capture_open(name, f);

	if (!capture || decap_knows(capture_link(capture)))
		return capture;
	fault_set(f,
		  "%s: link type %s (%d), expected Ethernet, raw IP, "
		  "NULL, LOOP or Linux cooked",
		  name, capture_link_name(capture), capture_link(capture));
	capture_close(capture);
	return NULL;
}

static struct reading reading(const struct check *c, struct capture *capture)
{
	struct reading r = {
		.capture = capture,
		.select = c->select,
		.max_flows = c->max_flows,
		.progress = !c->iface && isatty(STDERR_FILENO),
	};

	return r;
}

/* Reads the capture a second time, for the connections that were picked. */
static void read_again(struct check *c, const char *name)
{
	struct listing_sum unused = { .name = name };
	struct reading r;
	struct capture *capture;
	struct fault f;

	if (!c->picked.n)
		return;
	capture = open_one(c, name, &f);
	if (!capture) {
		complain(c, &f);
		return;
	}
	picked_sort(&c->picked);
	if (c->write)
		extract_capture(&c->extract, name, capture);
	r = reading(c, capture);
	r.frame = on_frame;
	r.ctx = c;
	r.sum = &unused;
	reading_run(&r, &f); /* the first reading has reported the damage */
	capture_close(capture);
	if (c->ladder)
		picked_ladder_print(c->listing.out, &c->picked);
}

static void tell_dropped(const struct capture *capture, const char *name)
{
	uint64_t dropped = capture_dropped(capture);

	if (dropped)
		fprintf(stderr,
			"lastack check: %s: %llu frames were dropped "
			"before they could be read\n",
			name, (unsigned long long)dropped);
}

static int read_one(struct check *c, struct capture *capture, const char *name,
		    struct fault *f)
{
	struct reading r = reading(c, capture);
	int rc;

	r.over = on_over;
	r.ctx = c;
	r.sum = &c->listing.sum;
	if (c->iface) {
		watch_signals(capture);
		fprintf(stderr, "lastack check: watching %s until Ctrl-C\n",
			name);
	}
	rc = reading_run(&r, f);
	if (c->iface)
		tell_dropped(capture, name);
	return rc;
}

static void check_one(struct check *c, const char *name)
{
	struct fault f;
	struct capture *capture = open_one(c, name, &f);
	int rc = -1;

	/* The other formats say in their output that nothing was read. */
	if (!capture && c->listing.form == &listing_table) {
		complain(c, &f);
		return;
	}
	listing_open(&c->listing, name);
	if (capture) {
		rc = read_one(c, capture, name, &f);
		watched = NULL;
		capture_close(capture);
	}
	if (rc) {
		c->listing.sum.damage = f.text;
		fflush(c->listing.out);
		complain(c, &f);
	}
	listing_close(&c->listing);
	if (capture && (c->ladder || c->write))
		read_again(c, name);
	picked_free(&c->picked);
}

static int check_all(struct check *c, const char *const *name, int n)
{
	struct listing *list = &c->listing;
	struct fault f;

	if (c->write && extract_begin(&c->extract, c->write, &f)) {
		complain(c, &f);
		return CMD_BAD;
	}
	listing_begin(list, (size_t)n);
	for (int i = 0; i < n; i++)
		check_one(c, name[i]);
	listing_end(list);
	if (c->write && extract_end(&c->extract, &f))
		complain(c, &f);
	return c->bad ? CMD_BAD : c->found ? 1 : 0;
}

static int take_select(const struct option_row *row, const char *text, void *to)
{
	(void)row;
	return selection_parse(text, to);
}

#define TO(member) offsetof(struct check, member)

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
	{ "flow", 0, take_select, TO(select),
	  .help = "connections of that address; those\n"
		  "between two: HOST:PORT-HOST:PORT",
	  .argument = "HOST[:PORT]",
	  .expected = "HOST, HOST:PORT or HOST:PORT-HOST:PORT, with addresses "
		      "for HOST and [...] around IPv6" },
	{ "ladder", 0, option_flag, TO(ladder),
	  .help = "draw the connections with findings, or\n"
		  "all that --flow or --all pick, in the\n"
		  "case language" },
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
	bool input = strcmp(name, "-") == 0;
	struct stat st;

	if (!input && stat(name, &st) < 0)
		return 0;
	if (input || !S_ISREG(st.st_mode))
		return option_bad("check",
				  "--ladder and --write read the capture "
				  "twice: expected regular files, not %s",
				  input ? "standard input" : name);
	if (is_itself(&st, c->write))
		return option_bad("check",
				  "--write %s: is the file that is read",
				  c->write);
	return 0;
}

/* Refuses options that exclude each other. */
static int refuse(const struct check *c, int argc, char **argv)
{
	int rc = 0;

	if (c->iface && optind < argc)
		return option_bad("check", "-i watches an interface: no FILE "
					   "goes with it");
	if (!c->iface && optind == argc)
		return option_bad("check", "expected FILE..., - or -i IFACE");
	if (c->ladder && c->listing.form != &listing_table)
		return option_bad("check", "--ladder goes with --format table");
	if (!c->ladder && !c->write)
		return 0;
	if (c->iface)
		return option_bad("check", "--ladder and --write read the "
					   "capture twice: expected files, not "
					   "an interface");
	for (int i = optind; i < argc && rc == 0; i++)
		rc = refuse_file(c, argv[i]);
	return rc;
}

/* Fills in the members that follow from the options. */
static void complete(struct check *c)
{
	c->listing.form = listing_form_find(c->format);
	c->listing.has_only = c->only;
	if (c->only)
		c->listing.only = severity_parse(c->only, strlen(c->only));
	c->fail_on = severity_parse(c->fail_on_name, strlen(c->fail_on_name));
	c->listing.out = stdout;
	c->listing.live = c->iface;
	c->listing.color = option_color(c->no_color);
}

static const struct check usual = {
	.format = "table",
	.fail_on_name = "violation",
	.max_flows = FLOWS_USUAL,
};

static int enter(void *options, int argc, char **argv)
{
	struct check *c = options;

	complete(c);
	if (refuse(c, argc, argv))
		return CMD_BAD;
	if (c->iface)
		return check_all(c, &c->iface, 1);
	return check_all(c, (const char *const *)argv + optind, argc - optind);
}

const struct cmd cmd_check = {
	.name = "check",
	.line = "judge how the connections of captures end",
	.usage = "[OPTION...] FILE...|-\n"
		 "[OPTION...] -i IFACE",
	.text = "Judges how the TCP connections of captures end. A FILE is pcap or\n"
		"pcapng, - is standard input; -i watches an interface until Ctrl-C.",
	.rows = rows,
	.status =
		"Exit status: 0 none found, 1 found, 2 bad input or usage. Manual:\n"
		"lastack-check(1).",
	.size = sizeof(usual),
	.usual = &usual,
	.enter = enter,
};
