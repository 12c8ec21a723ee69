/*
 * Captures read through libpcap. Knows nothing of what is in the frames; what
 * it adds to libpcap is where in the file the damage is.
 */
#include "world/capture.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "ground/clock.h"

#define READ_AHEAD   262144 /* octets of a file read at once */
#define LIVE_SNAPLEN 256 /* every header, and no more */
#define LIVE_MS	     100 /* nothing came for so long: CAPTURE_NONE */
#define LIVE_ROOM    (32 * 1024 * 1024)

struct capture {
	pcap_t *pcap;
	const char *name;
	FILE *file; /* NULL: live */
	int fd;
	uint64_t size;
	uint64_t read; /* octets taken from fd, when careful */
	uint64_t frames; /* read so far */
	int64_t end_ns; /* live: when capture_break was called, or 0 */
	bool careful; /* record is kept up to date, which takes time */
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

static struct capture *new_capture(const char *name, struct fault *f)
{
	struct capture *c = calloc(1, sizeof(*c));

	if (!c) {
		fault_errno(f, "%s", name);
		return NULL;
	}
	c->name = name;
	c->fd = -1;
	return c;
}

static int open_fd(struct capture *c, const char *path, struct fault *f)
{
	struct stat st;

	c->fd = strcmp(path, "-") == 0 ? STDIN_FILENO :
					 open(path, O_RDONLY | O_CLOEXEC);
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

	c->file = c->careful ? fopencookie(c, "r", functions) :
			       fdopen(c->fd, "r");
	if (!c->file)
		return fault_errno(f, "%s", c->name);
	if (!c->careful)
		c->fd = -1; /* the file's now */
	setvbuf(c->file, c->buf, _IOFBF, sizeof(c->buf));
	__fsetlocking(c->file, FSETLOCKING_BYCALLER); /* one thread reads */
	c->pcap = pcap_fopen_offline_with_tstamp_precision(
		c->file, PCAP_TSTAMP_PRECISION_NANO, why);
	if (!c->pcap)
		return fault_set(f, "%s: offset 0: %s; expected a pcap or "
				 "pcapng file", c->name, why);
	return 0;
}

struct capture *capture_open(const char *path, struct fault *f)
{
	struct capture *c = new_capture(path, f);

	if (c && (open_fd(c, path, f) || open_file(c, f))) {
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
		return fault_set(f, "%s: %s%s%s", c->name,
				 pcap_statustostr(rc),
				 *pcap_geterr(c->pcap) ? ": " : "",
				 pcap_geterr(c->pcap));
	return take_ip_only(c, f);
}

struct capture *capture_live(const char *iface, struct fault *f)
{
	struct capture *c = new_capture(iface, f);
	char why[PCAP_ERRBUF_SIZE];

	if (!c)
		return NULL;
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
		pcap_close(c->pcap); /* and the file */
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

/*
 * A file that can be read twice is read carefully only once it is known to be
 * damaged, up to the record that is.
 */
static uint64_t find_record(struct capture *c)
{
	struct capture_frame frame;
	struct capture *again;
	struct fault f;
	uint64_t record = c->record;

	if (c->careful)
		return record;
	again = capture_open(c->name, &f);
	if (!again)
		return capture_offset(c);
	again->careful = true; /* a file that tells where it is anyway */
	while (again->frames <= c->frames &&
	       capture_next(again, &frame, &f) == CAPTURE_FRAME)
		continue;
	record = again->record;
	capture_close(again);
	return record;
}

/* What has come in by now is still read. */
static enum capture_got end_live(struct capture *c, struct capture_frame *frame,
				 struct fault *f)
{
	char why[PCAP_ERRBUF_SIZE];

	c->end_ns = clock_real_ns();
	if (pcap_setnonblock(c->pcap, 1, why))
		return CAPTURE_END;
	return capture_next(c, frame, f);
}

static enum capture_got end_of(struct capture *c, int rc, struct fault *f)
{
	if (rc == 0)
		return c->end_ns ? CAPTURE_END : CAPTURE_NONE;
	if (rc == PCAP_ERROR_BREAK)
		return CAPTURE_END;
	if (c->file)
		fault_set(f, "%s: offset %" PRIu64 ": %s", c->name,
			  find_record(c), pcap_geterr(c->pcap));
	else
		fault_set(f, "%s: %s", c->name, pcap_geterr(c->pcap));
	return CAPTURE_DAMAGED;
}

enum capture_got capture_next(struct capture *c, struct capture_frame *frame,
			      struct fault *f)
{
	struct pcap_pkthdr *head;
	const u_char *bytes;
	int rc;

	if (c->careful)
		c->record = (uint64_t)ftello(c->file);
	rc = pcap_next_ex(c->pcap, &head, &bytes);
	if (rc == PCAP_ERROR_BREAK && !c->file)
		return c->end_ns ? CAPTURE_END : end_live(c, frame, f);
	if (rc != 1)
		return end_of(c, rc, f);
	c->frames++;
	frame->bytes = bytes;
	frame->len = head->caplen;
	frame->wire_len = head->len;
	/* Asked for in nanoseconds. */
	/* A file may say any time: one too far is the end of time. */
	if (__builtin_mul_overflow(head->ts.tv_sec, NS_PER_S, &frame->at_ns) ||
	    __builtin_add_overflow(frame->at_ns, head->ts.tv_usec,
				   &frame->at_ns))
		frame->at_ns = head->ts.tv_sec < 0 ? INT64_MIN : INT64_MAX;
	if (c->end_ns && frame->at_ns > c->end_ns)
		return CAPTURE_END;
	return CAPTURE_FRAME;
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
