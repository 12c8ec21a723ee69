/*
 * One capture of the verb "check": read, listed, and read again for what was
 * picked of it. Knows nothing of options, nor of other captures.
 */
#include <unistd.h>

#include "cmd/check_own.h"
#include "base/clock.h"
#include "base/cpu.h"
#include "base/signals.h"
#include "base/text.h"

/* On an interface: a FIN that was lost comes again before that. */
#define QUIET_NS NS_PER_S

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

bool check_draws(const struct check *c)
{
	return c->ladder || c->svg || c->html;
}

/* Whether the second reading is about it. */
static bool is_picked(struct check *c, const struct flows_over *o)
{
	const struct listing *list = &c->listing;

	if (c->page)
		return page_capture_add(c->page, list, o);
	return (check_draws(c) || c->write) && listing_shows(list, o) &&
	       (listing_has(list, o) || listing_names_all(list) || c->flow);
}

static void on_over(void *ctx, const struct flows_over *o)
{
	struct check *c = ctx;
	struct listing *list = &c->listing;

	if (c->flow_id && o->id != c->flow_id)
		return;
	for (size_t i = 0; i < o->n_found; i++)
		c->found = c->found || o->found[i]->severity >= c->fail_on;
	c->met = true;
	listing_add(list, o);
	if (c->wants_stats && !o->again && listing_shows(list, o))
		stats_add(&c->stats, o);
	if (is_picked(c, o))
		picked_add(&c->picked, list, o);
}

static void on_frame(void *ctx, const struct reading_frame *frame)
{
	struct check *c = ctx;

	if (!picked_has(&c->picked, frame->id))
		return;
	if (check_draws(c))
		picked_ladder_add(&c->picked, frame);
	if (c->write)
		extract_add(&c->extract, &c->picked, frame);
}

void check_say(const struct fault *f)
{
	fputs("lastack check: ", stderr);
	text_plain(stderr, f->text);
	putc('\n', stderr);
}

void check_complain(struct check *c, const struct fault *f)
{
	c->bad = true;
	check_say(f);
}

static void on_unread(void *ctx, const char *name, int link)
{
	struct fault f;

	(void)ctx;
	fault_set(&f, "%s: frames of link type %s (%d) are not read", name,
		  capture_link_name(link), link);
	check_say(&f);
}

static struct capture *open_one(struct check *c, const char *name,
				struct fault *f)
{
	struct capture *capture =
		c->iface ? capture_live(name, f) : capture_open(name, f);
	int link = capture ? capture_link(capture) : CAPTURE_MIXED;

	if (link == CAPTURE_MIXED || decap_knows(link))
		return capture;
	fault_set(f,
		  "%s: link type %s (%d), expected one that "
		  "lastack-check(1) lists",
		  name, capture_link_name(link), link);
	capture_close(capture);
	return NULL;
}

/* The next of those that are read as one, the one before closed. */
static struct capture *open_next(void *ctx)
{
	struct check *c = ctx;
	struct fault f;

	watched = NULL;
	capture_close(c->capture);
	c->capture = NULL;
	while (!c->capture && c->at < c->n_names) {
		c->capture = open_one(c, c->name[c->at++], &f);
		if (!c->capture && !c->again)
			check_complain(c, &f);
	}
	if (c->capture && c->again && c->write)
		extract_capture(&c->extract, c->name[c->at - 1]);
	return c->capture;
}

/* Smaller files are read before other threads have begun. */
#define LARGE ((uint64_t)16 << 20)

#define THREADS_MOST 4

static unsigned int threads(const struct check *c)
{
	size_t cores;

	if (c->threads || c->jobs > 1 || capture_size(c->capture) < LARGE)
		return c->threads ? c->threads : 1;
	cores = cpu_allowed(NULL, 0);
	return cores < THREADS_MOST ? (unsigned int)cores : THREADS_MOST;
}

static struct reading reading(struct check *c)
{
	struct reading r = {
		.capture = c->capture,
		.next = open_next,
		.ctx = c,
		.select = c->select,
		.outer = c->outer,
		.max_flows = c->max_flows,
		.quiet_ns = c->iface ? QUIET_NS : 0,
		.threads = threads(c),
		.progress = !c->iface && isatty(STDERR_FILENO),
	};

	return r;
}

/* Reads the capture a second time, for the connections that were picked. */
static void read_again(struct check *c, const char *name)
{
	struct listing_sum unused = { .name = name };
	struct reading r;
	struct fault f;

	if (!c->picked.n)
		return;
	c->at = 0;
	c->again = true;
	if (!open_next(c))
		return;
	picked_sort(&c->picked);
	r = reading(c);
	r.frame = on_frame;
	r.sum = &unused;
	reading_run(&r, &f); /* the first reading has reported the damage */
	capture_close(c->capture);
	c->capture = NULL;
	if (c->svg)
		picked_draw_all(&c->picked, &c->picture);
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

static int read_once(struct check *c, struct fault *f)
{
	struct reading r = reading(c);
	int rc;

	r.over = on_over;
	r.unread = on_unread;
	r.sum = &c->listing.sum;
	if (c->iface) {
		watch_signals(c->capture);
		fprintf(stderr, "lastack check: watching %s until Ctrl-C\n",
			c->iface);
		r.next = NULL;
	}
	rc = reading_run(&r, f);
	if (c->iface)
		tell_dropped(c->capture, c->iface);
	watched = NULL;
	capture_close(c->capture);
	c->capture = NULL;
	return rc;
}

/* Nothing at all could be read of the capture, as on_unread has said. */
static bool is_unread(const struct listing_sum *sum)
{
	return sum->packets && sum->skipped[DECAP_UNREAD] == sum->packets;
}

/* As people are told of several: by the first, and how many follow. */
#define LABEL_MAX 4200

static const char *label(const struct check *c, char buf[LABEL_MAX])
{
	if (c->n_names == 1)
		return c->name[0];
	snprintf(buf, LABEL_MAX, "%s and %zu more", c->name[0], c->n_names - 1);
	return buf;
}

/* Opens the first; what cannot be opened is complained of, or is damage. */
static bool open_first(struct check *c, struct fault *f)
{
	if (c->n_names > 1)
		return open_next(c);
	c->capture = open_one(c, c->name[c->at++], f);
	return c->capture;
}

void check_captures(struct check *c, const char *const *name, size_t n)
{
	char buf[LABEL_MAX];
	struct fault f = { "nothing could be read" };
	bool opened;
	int rc = -1;

	c->picked.ladders_max = c->page ? PAGE_CAPTURE_LADDERS : LADDERS_MAX;
	c->name = name;
	c->n_names = n;
	c->at = 0;
	c->again = false;
	opened = open_first(c, &f);
	/* The other formats say in their output that nothing was read. */
	if (!opened && c->listing.form == &listing_table) {
		check_complain(c, &f);
		return;
	}
	listing_open(&c->listing, label(c, buf));
	if (opened)
		rc = read_once(c, &f);
	if (rc) {
		c->listing.sum.damage = f.text;
		listing_flush(&c->listing);
		check_complain(c, &f);
	}
	c->bad = c->bad || is_unread(&c->listing.sum);
	listing_close(&c->listing);
	if (opened && (check_draws(c) || c->write))
		read_again(c, c->listing.sum.name);
	if (c->page)
		page_capture_close(c->page, &c->listing, &c->picked);
	picked_free(&c->picked);
}
