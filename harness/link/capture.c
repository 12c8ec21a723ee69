/*
 * Captures read through libpcap. Knows nothing of what is in the frames; what
 * it adds to libpcap is where in the file the damage is.
 */
#include "link/capture.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "base/clock.h"
#include "base/memory.h"

#define READ_AHEAD   65536 /* octets of a file read at once */
#define LIVE_SNAPLEN 256   /* every header, and no more */
#define LIVE_MS	     100   /* nothing came for so long: CAPTURE_NONE */
#define LIVE_ROOM    (32 * 1024 * 1024)
#define NEVER	     INT64_MAX

struct capture {
	pcap_t *pcap;
	const char *name;
	FILE *file; /* NULL: live */
	int fd;
	uint64_t size;
	uint64_t read;	      /* octets taken from fd, when careful */
	capture_frame_fn *fn; /* capture_read's, as long as that lasts */
	void *ctx;
	int64_t end_ns;	 /* live: when capture_break was called; else NEVER */
	bool careful;	 /* record is kept up to date, which takes time */
	uint64_t record; /* where the record being read begins */
	char buf[READ_AHEAD];
};

static ssize_t file_read(void *cookie, char *buf, size_t len)
{
	struct capture *c = cookie;
	ssize_t n = read(c->fd, buf, len);

	if (n > 0)
		c->read += (uint64_t)n;
	return n;
}

/* Only for ftello, which a pipe does not answer by itself. */
static int file_seek(void *cookie, off64_t *offset, int whence)
{
	struct capture *c = cookie;

	if (whence != SEEK_CUR || *offset != 0)
		return -1;
	*offset = (off64_t)c->read;
	return 0;
}

static struct capture *new_capture(const char *name)
{
	struct capture *c = memory_zeroed(1, sizeof(*c));

	c->name = name;
	c->fd = -1;
	c->end_ns = NEVER;
	return c;
}

static int open_fd(struct capture *c, const char *path, struct fault *f)
{
	struct stat st;

	c->fd = strcmp(path, "-") == 0 ? STDIN_FILENO
				       : open(path, O_RDONLY | O_CLOEXEC);
	if (c->fd < 0 || fstat(c->fd, &st) < 0)
		return fault_errno(f, "%s", path);
	if (S_ISDIR(st.st_mode))
		return fault_set(f, "%s: is a folder, expected a capture",
				 path);
	if (S_ISREG(st.st_mode))
		c->size = (uint64_t)st.st_size;
	c->careful = c->fd == STDIN_FILENO || !S_ISREG(st.st_mode);
	return 0;
}

static int open_file(struct capture *c, struct fault *f)
{
	static const cookie_io_functions_t functions = {
		.read = file_read,
		.seek = file_seek,
	};
	char why[PCAP_ERRBUF_SIZE];

	c->file = c->careful ? fopencookie(c, "r", functions)
			     : fdopen(c->fd, "r");
	if (!c->file)
		return fault_errno(f, "%s", c->name);
	if (!c->careful)
		c->fd = -1; /* closed with the file */
	setvbuf(c->file, c->buf, _IOFBF, sizeof(c->buf));
	__fsetlocking(c->file, FSETLOCKING_BYCALLER); /* one thread reads */
	c->pcap = pcap_fopen_offline_with_tstamp_precision(
		c->file, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!c->pcap)
		return fault_set(f,
				 "%s: offset 0: %s; expected a pcap or "
				 "pcapng file",
				 c->name, why);
	if (c->careful)
		c->record = (uint64_t)ftello(c->file);
	return 0;
}

struct capture *capture_open(const char *path, struct fault *f)
{
	struct capture *c = new_capture(path);

	if (open_fd(c, path, f) || open_file(c, f)) {
		capture_close(c);
		return NULL;
	}
	return c;
}

static int take_ip_only(struct capture *c, struct fault *f)
{
	struct bpf_program program;
	/* A VLAN tag moves what follows it; fragments have no ports. */
	const char *what = "ip or ip6 or vlan";

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
	return take_ip_only(c, f);
}

struct capture *capture_live(const char *iface, struct fault *f)
{
	struct capture *c = new_capture(iface);
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

void capture_close(struct capture *c)
{
	if (!c)
		return;
	if (c->pcap)
		pcap_close(c->pcap); /* closes the file too */
	else if (c->file)
		fclose(c->file);
	if (c->fd > STDIN_FILENO)
		close(c->fd);
	free(c);
}

int capture_link(const struct capture *c)
{
	return pcap_datalink(c->pcap);
}

const char *capture_link_name(const struct capture *c)
{
	const char *name = pcap_datalink_val_to_name(capture_link(c));

	return name ? name : "of no name";
}

uint32_t capture_snaplen(const struct capture *c)
{
	return (uint32_t)pcap_snapshot(c->pcap);
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
	again->careful = true; /* a file that tells where it is anyway */
	again->record = (uint64_t)ftello(again->file);
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

/* A file may hold any time stamp: one that does not fit is the nearest that does. */
static int64_t time_of(const struct timeval *ts)
{
	int64_t ns;

	/* tv_usec holds nanoseconds, as capture_open asks for them. */
	if (!__builtin_mul_overflow(ts->tv_sec, NS_PER_S, &ns) &&
	    !__builtin_add_overflow(ns, ts->tv_usec, &ns))
		return ns;
	return ts->tv_sec < 0 ? INT64_MIN : INT64_MAX;
}

static void on_packet(u_char *user, const struct pcap_pkthdr *head,
		      const u_char *bytes)
{
	struct capture *c = (struct capture *)(void *)user;
	struct capture_frame frame = { bytes, head->caplen, head->len,
				       time_of(&head->ts) };

	if (frame.at_ns > c->end_ns) {
		pcap_breakloop(c->pcap);
		return;
	}
	c->fn(c->ctx, &frame);
	if (c->careful)
		c->record = (uint64_t)ftello(c->file);
}

/* Frames that the kernel has by now are still read. */
static bool end_live(struct capture *c)
{
	char why[PCAP_ERRBUF_SIZE];

	c->end_ns = clock_real_ns();
	return pcap_setnonblock(c->pcap, 1, why) == 0;
}

enum capture_got capture_read(struct capture *c, capture_frame_fn *fn,
			      void *ctx, struct fault *f)
{
	bool ended = c->end_ns != NEVER;
	int rc;

	c->fn = fn;
	c->ctx = ctx;
	do
		rc = pcap_dispatch(c->pcap, -1, on_packet, (u_char *)c);
	while (rc > 0 && c->file);
	if (rc == PCAP_ERROR)
		return damaged(c, f);
	if (rc == PCAP_ERROR_BREAK && !ended && end_live(c))
		return CAPTURE_NONE;
	return rc > 0 || (rc == 0 && !c->file && !ended) ? CAPTURE_NONE
							 : CAPTURE_END;
}

void capture_break(struct capture *c)
{
	pcap_breakloop(c->pcap);
}

uint64_t capture_offset(const struct capture *c)
{
	return c->file ? (uint64_t)ftello(c->file) : 0;
}

uint64_t capture_size(const struct capture *c)
{
	return c->size;
}

uint64_t capture_dropped(const struct capture *c)
{
	struct pcap_stat stat;

	if (c->file || pcap_stats(c->pcap, &stat))
		return 0;
	return (uint64_t)stat.ps_drop + stat.ps_ifdrop;
}
