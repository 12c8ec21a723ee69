/*
 * The verb "check": the teardown verdicts of captures. Options and exit
 * status; what is done is play's.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/option.h"
#include "base/text.h"
#include "check/extract.h"
#include "check/picked.h"
#include "base/signals.h"

/* What is held then stays below 200 MB. */
#define FLOWS_USUAL 500000
#define FLOWS_MOST  1000000000

static const char help[] =
	"usage: lastack check [OPTION...] FILE...|-\n"
	"       lastack check [OPTION...] -i IFACE\n"
	"\n"
	"Judges how the TCP connections of captures end. A FILE is pcap or\n"
	"pcapng, - is standard input; -i watches an interface until Ctrl-C.\n"
	"\n"
	"  -i, --interface IFACE       watch it; \"any\" for all\n"
	"  --format FORMAT             table (the default), json, ndjson, csv\n"
	"  --only SEVERITY             findings from note, inconclusive,\n"
	"                              suspicious or violation on, and\n"
	"                              connections that have some\n"
	"  --all                       the table lists connections without\n"
	"                              findings too\n"
	"  --flow HOST[:PORT]          connections of that address\n"
	"  --flow HOST:PORT-HOST:PORT  connections between the two\n"
	"  --ladder                    draw the connections with findings, or\n"
	"                              all that --flow or --all pick, in the\n"
	"                              case language\n"
	"  --write OUT.pcapng          write their frames, the findings as\n"
	"                              comments\n"
	"  --fail-on SEVERITY          what makes the exit status 1:\n"
	"                              violation (the default) or suspicious\n"
	"  --max-flows N               connections held at once; 500000\n"
	"  --no-color                  so does NO_COLOR in the environment\n"
	"\n"
	"Exit status: 0 none found, 1 found, 2 bad input or usage. Manual:\n"
	"lastack-check(1).\n";

struct check {
	struct listing listing;
	struct selection select;
	enum severity fail_on;
	size_t max_flows;
	char *iface;
	const char *write;
	bool no_color;
	bool ladder;
	struct extract extract;
	struct picked picked;
	bool found; /* something to fail on */
	bool bad;   /* input */
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

/* The capture once more, for the connections picked. */
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
	reading_run(&r, &f); /* the damage was told of the first time */
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

	/* A document has its damage in it; a table of nothing is none. */
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

static int check_all(struct check *c, char **name, int n)
{
	struct listing *list = &c->listing;
	struct fault f;

	if (c->write && extract_begin(&c->extract, c->write, &f)) {
		complain(c, &f);
		return DOOR_BAD;
	}
	listing_begin(list, (size_t)n);
	for (int i = 0; i < n; i++)
		check_one(c, name[i]);
	listing_end(list);
	if (c->write && extract_end(&c->extract, &f))
		complain(c, &f);
	return c->bad ? DOOR_BAD : c->found ? 1 : 0;
}

static int take_severity(const char *name, const char *text,
			 enum severity least, enum severity *s)
{
	*s = severity_parse(text, strlen(text));
	if (*s != SEVERITY_COUNT && *s >= least)
		return 0;
	return option_bad("check", "%s %s: expected %s", name, text,
			  least == SEVERITY_NOTE
				  ? "note, inconclusive, suspicious or "
				    "violation"
				  : "violation or suspicious");
}

static int take_form(struct check *c, const char *text)
{
	c->listing.form = listing_form_find(text);
	if (c->listing.form)
		return 0;
	return option_bad("check",
			  "--format %s: expected table, json, ndjson "
			  "or csv",
			  text);
}

static int take_select(struct check *c, const char *text)
{
	struct fault f;

	if (selection_parse(text, &c->select, &f) == 0)
		return 0;
	return option_bad("check", "--flow %s", f.text);
}

static int take_max(struct check *c, const char *text)
{
	int64_t n;

	if (option_number(text, 1, FLOWS_MOST, &n))
		return option_bad("check",
				  "--max-flows %s: expected a number "
				  "from 1 to %d",
				  text, FLOWS_MOST);
	c->max_flows = (size_t)n;
	return 0;
}

static int take(struct check *c, int option, char **argv)
{
	switch (option) {
	case 'i':
		c->iface = optarg;
		return 0;
	case 'f':
		return take_form(c, optarg);
	case 'o':
		c->listing.has_only = true;
		return take_severity("--only", optarg, SEVERITY_NOTE,
				     &c->listing.only);
	case 'F':
		return take_severity("--fail-on", optarg, SEVERITY_SUSPICIOUS,
				     &c->fail_on);
	case 's':
		return take_select(c, optarg);
	case 'm':
		return take_max(c, optarg);
	case 'w':
		c->write = optarg;
		return 0;
	default:
		return option_unknown("check", argv, option);
	}
}

static int parse(struct check *c, int argc, char **argv, bool *wants_help)
{
	int flag[4] = { 0 };
	const struct option options[] = {
		{ "interface", required_argument, NULL, 'i' },
		{ "format", required_argument, NULL, 'f' },
		{ "only", required_argument, NULL, 'o' },
		{ "fail-on", required_argument, NULL, 'F' },
		{ "flow", required_argument, NULL, 's' },
		{ "max-flows", required_argument, NULL, 'm' },
		{ "write", required_argument, NULL, 'w' },
		{ "all", no_argument, &flag[0], 1 },
		{ "ladder", no_argument, &flag[1], 1 },
		{ "no-color", no_argument, &flag[2], 1 },
		{ "help", no_argument, &flag[3], 1 },
		{ NULL, 0, NULL, 0 },
	};
	int option, rc = 0;

	opterr = 0;
	while (rc == 0 && (option = getopt_long(argc, argv, ":i:h", options,
						NULL)) != -1) {
		if (option == 'h')
			flag[3] = 1;
		else if (option)
			rc = take(c, option, argv);
	}
	c->listing.all = flag[0];
	c->ladder = flag[1];
	c->no_color = flag[2];
	*wants_help = flag[3];
	return rc;
}

/* Whether what is written would be written over what is read. */
static bool is_itself(const struct stat *in, const char *path)
{
	struct stat out;

	return path && stat(path, &out) == 0 && in->st_dev == out.st_dev &&
	       in->st_ino == out.st_ino;
}

/* A file that is to be read twice; one that is not there says so later. */
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

/* What does not go together. */
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

static void set_look(struct check *c)
{
	const char *no_color = getenv("NO_COLOR");

	c->listing.out = stdout;
	c->listing.live = c->iface;
	c->listing.color = isatty(STDOUT_FILENO) && !c->no_color &&
			   !(no_color && *no_color);
}

int door_check(int argc, char **argv)
{
	struct check c = {
		.listing.form = &listing_table,
		.fail_on = SEVERITY_VIOLATION,
		.max_flows = FLOWS_USUAL,
	};
	bool wants_help;

	if (parse(&c, argc, argv, &wants_help))
		return DOOR_BAD;
	if (wants_help) {
		fputs(help, stdout);
		return 0;
	}
	if (refuse(&c, argc, argv))
		return DOOR_BAD;
	set_look(&c);
	if (c.iface)
		return check_all(&c, &c.iface, 1);
	return check_all(&c, argv + optind, argc - optind);
}
