/*
 * What libpcap reads: classic pcap files and interfaces. What is added to it
 * is where in the file the damage is.
 */
#include <inttypes.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "link/capture_own.h"

#define LIVE_SNAPLEN 256 /* every header, and no more */
#define LIVE_MS	     100 /* nothing came for so long: CAPTURE_NONE */
#define LIVE_ROOM    (32 * 1024 * 1024)

int capture_open_pcap(struct capture *c, struct fault *f)
{
	char why[PCAP_ERRBUF_SIZE];

	c->pcap = pcap_fopen_offline_with_tstamp_precision(
		c->file, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!c->pcap)
		return capture_is_none(c, why, f);
	if (c->careful)
		c->record = (uint64_t)ftello(c->file);
	c->iface.link = pcap_datalink(c->pcap);
	c->iface.snaplen = (uint32_t)pcap_snapshot(c->pcap);
	capture_map(c);
	return 0;
}

static int take_ip_only(struct capture *c, struct fault *f)
{
	struct bpf_program program;
	/* A VLAN tag moves what follows it; fragments have no ports. */
	const char *what = "ip or ip6 or ether proto 0x8847 or "
			   "ether proto 0x8848 or ether proto 0x8864 or vlan";

	if (pcap_compile(c->pcap, &program, what, 1, PCAP_NETMASK_UNKNOWN))
		return 0; /* not on this kind of link: take all */
	if (pcap_setfilter(c->pcap, &program)) {
		pcap_freecode(&program);
		return fault_set(f, "%s: %s", c->name, pcap_geterr(c->pcap));
	}
	pcap_freecode(&program);
	return 0;
}

static int activate(struct capture *c, struct fault *f)
{
	char why[PCAP_ERRBUF_SIZE];
	int rc;

	pcap_set_snaplen(c->pcap, LIVE_SNAPLEN);
	pcap_set_immediate_mode(c->pcap, 1);
	pcap_set_timeout(c->pcap, LIVE_MS);
	pcap_set_buffer_size(c->pcap, LIVE_ROOM);
	pcap_set_tstamp_precision(c->pcap, PCAP_TSTAMP_PRECISION_NANO);
	rc = pcap_activate(c->pcap);
	if (rc < 0)
		return fault_set(f, "%s: %s%s%s", c->name, pcap_statustostr(rc),
				 *pcap_geterr(c->pcap) ? ": " : "",
				 pcap_geterr(c->pcap));
	if (pcap_setnonblock(c->pcap, 1, why) < 0)
		return fault_set(f, "%s: %s", c->name, why);
	c->iface.link = pcap_datalink(c->pcap);
	c->iface.snaplen = (uint32_t)pcap_snapshot(c->pcap);
	return take_ip_only(c, f);
}

struct capture *capture_live(const char *iface, struct fault *f)
{
	struct capture *c = capture_new(iface);
	char why[PCAP_ERRBUF_SIZE];

	c->pcap = pcap_create(iface, why);
	if (!c->pcap)
		fault_set(f, "%s: %s", iface, why);
	if (!c->pcap || activate(c, f)) {
		capture_close(c);
		return NULL;
	}
	return c;
}

void capture_carefully(struct capture *c)
{
	capture_unmap(c);
	if (c->careful || !c->pcap || !c->file)
		return;
	c->record = (uint64_t)ftello(c->file);
	c->careful = true;
}

static void ignore(void *ctx, const struct capture_frame *frame)
{
	(void)ctx;
	(void)frame;
}

/*
 * A file that can be read twice is read carefully only once it is known to be
 * damaged, up to the record that is.
 */
static uint64_t find_record(struct capture *c)
{
	struct capture *again;
	struct fault f;
	uint64_t record = c->record;

	if (c->careful)
		return record;
	again = capture_open(c->name, &f);
	if (!again)
		return capture_offset(c);
	capture_carefully(again);
	capture_read(again, ignore, NULL, &f);
	record = again->record;
	capture_close(again);
	return record;
}

static enum capture_got damaged(struct capture *c, struct fault *f)
{
	if (c->file)
		fault_set(f, "%s: offset %" PRIu64 ": %s", c->name,
			  find_record(c), pcap_geterr(c->pcap));
	else
		fault_set(f, "%s: %s", c->name, pcap_geterr(c->pcap));
	return CAPTURE_DAMAGED;
}

/* A file may hold any time stamp: what does not fit is the nearest that does. */
static int64_t time_of(const struct timeval *ts)
{
	int64_t ns;

	/* tv_usec holds nanoseconds, as capture_open asks for them. */
	if (!__builtin_mul_overflow(ts->tv_sec, NS_PER_S, &ns) &&
	    !__builtin_add_overflow(ns, ts->tv_usec, &ns))
		return ns;
	return ts->tv_sec < 0 ? INT64_MIN : INT64_MAX;
}

/* Frames that the kernel has by now are still read. */
static void end_live(struct capture *c)
{
	if (!c->file && c->end_ns == CAPTURE_NEVER)
		c->end_ns = clock_real_ns();
}

static void on_packet(u_char *user, const struct pcap_pkthdr *head,
		      const u_char *bytes)
{
	struct capture *c = (struct capture *)(void *)user;
	struct capture_frame frame = { bytes, head->caplen, head->len,
				       time_of(&head->ts), &c->iface };

	if (c->stopped)
		end_live(c);
	if (frame.at_ns > c->end_ns) {
		pcap_breakloop(c->pcap);
		return;
	}
	capture_give(c, &frame);
	if (c->careful)
		c->record = (uint64_t)ftello(c->file);
}

/*
 * Until there are some, or for a while: libpcap itself would wait until there
 * are some (its timeout is for buffers that fill up). What goes wrong here is
 * told by the reading that follows.
 */
static void wait_for_frames(struct capture *c)
{
	struct pollfd frames = { .fd = pcap_get_selectable_fd(c->pcap),
				 .events = POLLIN };

	poll(&frames, 1, LIVE_MS);
}

enum capture_got capture_read_pcap(struct capture *c, struct fault *f)
{
	bool ended = c->end_ns != CAPTURE_NEVER;
	int rc;

	if (c->map.at) {
		enum capture_got got = capture_read_map(c, f);

		if (c->map.at)
			return got;
	}
	if (!c->file && !ended)
		wait_for_frames(c);
	do
		rc = pcap_dispatch(c->pcap, -1, on_packet, (u_char *)c);
	while (rc > 0 && c->file);
	if (rc == PCAP_ERROR)
		return damaged(c, f);
	if (rc == PCAP_ERROR_BREAK && c->file)
		return CAPTURE_END;
	if (c->stopped && !ended)
		end_live(c);
	return rc > 0 || (rc == 0 && !c->file && !ended) ? CAPTURE_NONE
							 : CAPTURE_END;
}

uint64_t capture_dropped(const struct capture *c)
{
	struct pcap_stat stat;

	if (c->file || pcap_stats(c->pcap, &stat))
		return 0;
	return (uint64_t)stat.ps_drop + stat.ps_ifdrop;
}
