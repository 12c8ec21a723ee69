/*
 * libpcap in immediate mode, non-blocking. Knows frames as bytes only: which
 * connection they belong to is others' business.
 */
#include "link/cable.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <pcap.h>

#include "base/clock.h"

/* Room for some two thousand frames of WIRE_SNAPLEN. */
#define RING_BYTES (4 << 20)
#define PLUGS_MAX  2

struct wire {
	int n;
	pcap_t *plug[PLUGS_MAX];
	struct pollfd poll[PLUGS_MAX];
};

static int configure(pcap_t *p)
{
	if (pcap_set_snaplen(p, WIRE_SNAPLEN) ||
	    pcap_set_immediate_mode(p, 1) ||
	    pcap_set_buffer_size(p, RING_BYTES) ||
	    pcap_set_tstamp_precision(p, PCAP_TSTAMP_PRECISION_NANO))
		return -1;
	return pcap_activate(p) < 0 ? -1 : 0;
}

static int add_plug(struct wire *w, const char *name, pcap_direction_t dir,
		    struct fault *f)
{
	char err[PCAP_ERRBUF_SIZE] = "";
	pcap_t *p = pcap_create(name, err);

	if (!p)
		return fault_set(f, "libpcap: %s: %s", name, err);
	w->plug[w->n] = p;
	w->poll[w->n].events = POLLIN;
	w->n++;
	if (configure(p) < 0 || pcap_setdirection(p, dir) < 0)
		return fault_set(f, "libpcap: %s: %s", name, pcap_geterr(p));
	if (pcap_setnonblock(p, 1, err) < 0)
		return fault_set(f, "libpcap: %s: %s", name, err);
	w->poll[w->n - 1].fd = pcap_get_selectable_fd(p);
	return 0;
}

static struct wire *wire_new(struct fault *f)
{
	struct wire *w = calloc(1, sizeof(*w));

	if (!w)
		fault_set(f, "out of memory");
	return w;
}

struct wire *wire_open_cable(const char *plug_a, const char *plug_b,
			     struct fault *f)
{
	struct wire *w = wire_new(f);

	if (!w)
		return NULL;
	if (add_plug(w, plug_a, PCAP_D_IN, f) < 0 ||
	    add_plug(w, plug_b, PCAP_D_IN, f) < 0) {
		wire_close(w);
		return NULL;
	}
	return w;
}

struct wire *wire_open_tap(const char *interface, struct fault *f)
{
	struct wire *w = wire_new(f);

	if (w && add_plug(w, interface, PCAP_D_INOUT, f) < 0) {
		wire_close(w);
		return NULL;
	}
	return w;
}

void wire_close(struct wire *w)
{
	int i;

	if (!w)
		return;
	for (i = 0; i < w->n; i++)
		pcap_close(w->plug[i]);
	free(w);
}

int wire_next(struct wire *w, int plug, struct wire_frame *frame,
	      struct fault *f)
{
	struct pcap_pkthdr *h;
	const u_char *bytes;
	int n = pcap_next_ex(w->plug[plug], &h, &bytes);

	if (n < 0)
		return fault_set(f, "libpcap: %s", pcap_geterr(w->plug[plug]));
	if (n == 0)
		return 0;
	if (h->caplen < h->len)
		return fault_set(f,
				 "a frame of %u octets is longer than the "
				 "%d that are captured",
				 h->len, WIRE_SNAPLEN);
	frame->plug = plug;
	/* tv_usec holds nanoseconds at the precision asked for. */
	frame->at_ns = h->ts.tv_sec * NS_PER_S + h->ts.tv_usec;
	frame->bytes = bytes;
	frame->len = h->caplen;
	return 1;
}

void wire_wait(struct wire *w, int64_t deadline_ns)
{
	poll(w->poll, (nfds_t)w->n, clock_poll_ms(deadline_ns));
}

int wire_put(struct wire *w, enum side to, const void *frame, size_t len,
	     struct fault *f)
{
	if (pcap_inject(w->plug[to], frame, len) != (int)len)
		return fault_set(f, "libpcap: %s", pcap_geterr(w->plug[to]));
	return 0;
}

int wire_stats(struct wire *w, int plug, uint64_t *received, uint64_t *dropped,
	       struct fault *f)
{
	struct pcap_stat st;

	if (pcap_stats(w->plug[plug], &st) < 0)
		return fault_set(f, "libpcap: %s", pcap_geterr(w->plug[plug]));
	*received = st.ps_recv;
	*dropped = (uint64_t)st.ps_drop + st.ps_ifdrop;
	return 0;
}

int wire_plugs(const struct wire *w)
{
	return w->n;
}
