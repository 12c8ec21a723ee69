/*
 * libpcap in immediate mode, non-blocking, or what a stack has in its place.
 * Knows frames as octets only: which connection they belong to is others'
 * business.
 */
#include "link/cable.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <pcap.h>

#include "base/clock.h"
#include "base/memory.h"

/* Room for some two thousand frames of LINK_FRAME_MAX. */
#define RING_BYTES (4 << 20)
#define PLUGS_MAX  2

struct cable {
	struct link link; /* first: a link is a cable here */
	pcap_t *plug[PLUGS_MAX];
	struct plug *own[PLUGS_MAX]; /* a stack's, in the place of pcap's */
	struct pollfd poll[PLUGS_MAX];
};

static struct cable *cable_of(struct link *l)
{
	return (struct cable *)(void *)l;
}

static int configure(pcap_t *p)
{
	if (pcap_set_snaplen(p, LINK_FRAME_MAX) ||
	    pcap_set_immediate_mode(p, 1) ||
	    pcap_set_buffer_size(p, RING_BYTES) ||
	    pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO))
		return -1;
	return pcap_activate(p) < 0 ? -1 : 0;
}

static int add_plug(struct cable *c, const char *name, pcap_direction_t dir,
		    struct fault *f)
{
	char err[PCAP_ERRBUF_SIZE] = "";
	int n = c->link.plugs;
	pcap_t *p = pcap_create(name, err);

	if (!p)
		return fault_set(f, "libpcap: %s: %s", name, err);
	c->plug[n] = p;
	c->link.plugs++;
	if (configure(p) < 0 || pcap_setdirection(p, dir) < 0)
		return fault_set(f, "libpcap: %s: %s", name, pcap_geterr(p));
	if (pcap_setnonblock(p, 1, err) < 0)
		return fault_set(f, "libpcap: %s: %s", name, err);
	c->poll[n].events = POLLIN;
	c->poll[n].fd = pcap_get_selectable_fd(p);
	return 0;
}

static int next_of_own(struct plug *own, int plug, struct link_frame *frame,
		       struct fault *f)
{
	int n = own->ops->next(own, frame, f);

	frame->plug = plug;
	own->sent += n > 0;
	return n;
}

static int cable_next(struct link *l, int plug, struct link_frame *frame,
		      struct fault *f)
{
	struct plug *own = cable_of(l)->own[plug];
	pcap_t *p = cable_of(l)->plug[plug];
	struct pcap_pkthdr *h;
	const u_char *bytes;
	int n;

	if (own)
		return next_of_own(own, plug, frame, f);
	n = pcap_next_ex(p, &h, &bytes);
	if (n < 0)
		return fault_set(f, "libpcap: %s", pcap_geterr(p));
	if (n == 0)
		return 0;
	if (h->caplen < h->len)
		return fault_set(f,
				 "a frame of %u octets is longer than the "
				 "%d that are captured",
				 h->len, LINK_FRAME_MAX);
	frame->plug = plug;
	/* tv_usec holds nanoseconds at the precision asked for. */
	frame->at_ns = h->ts.tv_sec * NS_PER_S + h->ts.tv_usec;
	frame->bytes = bytes;
	frame->len = h->caplen;
	return 1;
}

static void cable_wait(struct link *l, int64_t deadline_ns)
{
	struct cable *c = cable_of(l);
	struct plug *own;
	int i;

	for (i = 0; i < l->plugs; i++) {
		own = c->own[i];
		if (own && own->ops->poll(own, &c->poll[i].fd))
			return;
	}
	own = c->own[0];
	if (own && own->ops->wait)
		own->ops->wait(own, deadline_ns);
	else
		poll(c->poll, (nfds_t)l->plugs, clock_poll_ms(deadline_ns));
}

static int cable_put(struct link *l, enum side to, const void *frame,
		     size_t len, struct fault *f)
{
	struct plug *own = cable_of(l)->own[to];
	pcap_t *p = cable_of(l)->plug[to];

	if (own)
		return own->ops->put(own, frame, len, f);
	if (pcap_inject(p, frame, len) != (int)len)
		return fault_set(f, "libpcap: %s", pcap_geterr(p));
	return 0;
}

/*
 * A frame is on our socket's account until the receiving stack begins with it,
 * in ip_rcv. TIOCOUTQ is what socket(7) calls SIOCOUTQ.
 */
static bool cable_is_taken(struct link *l, enum side to)
{
	int left;

	return ioctl(pcap_fileno(cable_of(l)->plug[to]), TIOCOUTQ, &left) ==
		       0 &&
	       left == 0;
}

static int cable_stats(struct link *l, int plug, uint64_t *received,
		       uint64_t *dropped, struct fault *f)
{
	const struct plug *own = cable_of(l)->own[plug];
	pcap_t *p = cable_of(l)->plug[plug];
	struct pcap_stat st;

	if (own) {
		*received = own->sent;
		*dropped = 0;
		return 0;
	}
	if (pcap_stats(p, &st) < 0)
		return fault_set(f, "libpcap: %s", pcap_geterr(p));
	*received = st.ps_recv;
	*dropped = (uint64_t)st.ps_drop + st.ps_ifdrop;
	return 0;
}

static void cable_close(struct link *l)
{
	int i;

	for (i = 0; i < l->plugs; i++)
		if (!cable_of(l)->own[i])
			pcap_close(cable_of(l)->plug[i]);
	free(cable_of(l));
}

static struct cable *cable_new(void)
{
	static const struct link_ops ops = {
		.next = cable_next,
		.wait = cable_wait,
		.put = cable_put,
		.is_taken = cable_is_taken,
		.stats = cable_stats,
		.close = cable_close,
	};
	struct cable *c = memory_zeroed(1, sizeof(*c));

	c->link.ops = &ops;
	return c;
}

static int add_end(struct cable *c, const struct cable_end *end,
		   struct fault *f)
{
	int n = c->link.plugs;

	if (!end->plug)
		return add_plug(c, end->interface, PCAP_D_IN, f);
	c->own[n] = end->plug;
	c->poll[n].events = POLLIN;
	c->link.plugs++;
	return 0;
}

struct link *cable_open(const struct cable_end end[2], struct fault *f)
{
	struct cable *c = cable_new();

	c->link.has_cable = true;
	if (add_end(c, &end[SIDE_A], f) < 0 ||
	    add_end(c, &end[SIDE_B], f) < 0) {
		cable_close(&c->link);
		return NULL;
	}
	return &c->link;
}

struct link *cable_open_tap(const char *interface, struct fault *f)
{
	struct cable *c = cable_new();

	if (add_plug(c, interface, PCAP_D_INOUT, f) < 0) {
		cable_close(&c->link);
		return NULL;
	}
	return &c->link;
}
