/*
 * What `scripts/bench` needs to measure "lastack check": a capture of many
 * connections, a bare loop over it, and the CPU time and memory of a command.
 * Knows nothing of the judge, which must find nothing in that capture.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/name.h"
#include "base/side.h"
#include "bench/probe.h"
#include "packet/seg.h"

#define OPEN_AT_ONCE 2000
#define STEP_US	     100 /* between segments: 1000 connections a second */
#define START_S	     1700000000
#define CLIENT_PORTS 28000u
#define REQUEST	     40
#define ANSWER	     60
#define OPTS_MAX     40
#define FRAME_ROOM   2048

#define CONNECTIONS_MAX 100000000

/* One connection, whole: plain open, data both ways, A closes. */
static const struct step {
	enum side from;
	uint8_t flags;
	uint32_t seq; /* from the sender's SYN on */
	uint32_t ack;
	size_t len;
} steps[] = {
	{ SIDE_A, FLAG_SYN, 0, 0, 0 },
	{ SIDE_B, FLAG_SYN | FLAG_ACK, 0, 1, 0 },
	{ SIDE_A, FLAG_ACK, 1, 1, 0 },
	{ SIDE_A, FLAG_PSH | FLAG_ACK, 1, 1, REQUEST },
	{ SIDE_B, FLAG_ACK, 1, 1 + REQUEST, 0 },
	{ SIDE_B, FLAG_PSH | FLAG_ACK, 1, 1 + REQUEST, ANSWER },
	{ SIDE_A, FLAG_ACK, 1 + REQUEST, 1 + ANSWER, 0 },
	{ SIDE_A, FLAG_FIN | FLAG_ACK, 1 + REQUEST, 1 + ANSWER, 0 },
	{ SIDE_B, FLAG_FIN | FLAG_ACK, 1 + ANSWER, 2 + REQUEST, 0 },
	{ SIDE_A, FLAG_ACK, 2 + REQUEST, 2 + ANSWER, 0 },
};

/* MSS, SACK, timestamps, window scale; and what later segments carry. */
static const uint8_t syn_options[] = { 2, 4, 5, 180, 4, 2, 8, 10, 0, 0,
				       0, 0, 0, 0,   0, 0, 1, 3,  3, 7 };
static const uint8_t usual_options[] = { 1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0 };
#define SYN_STAMPS   8
#define USUAL_STAMPS 4

struct talk {
	uint32_t number;
	size_t step;
	uint32_t stamp[2]; /* the last each end has sent */
};

struct maker {
	pcap_t *pcap;
	pcap_dumper_t *out;
	uint32_t connections;
	uint32_t begun;
	uint64_t segments;
	uint64_t random;
	size_t n_open;
	struct talk open[OPEN_AT_ONCE];
};

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "check_bench: %s: %s\n", what, why);
	return 2;
}

/* The same numbers in each run. */
static uint64_t draw(struct maker *m, uint64_t below)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return m->random % below;
}

static void put32(uint8_t *at, uint32_t n)
{
	at[0] = (uint8_t)(n >> 24);
	at[1] = (uint8_t)(n >> 16);
	at[2] = (uint8_t)(n >> 8);
	at[3] = (uint8_t)n;
}

static struct seg_end end_of(const struct talk *t, enum side side)
{
	struct seg_end end = { .addr = { 192, 0, 2, 1 }, .port = 80 };

	if (side == SIDE_A) {
		put32(end.addr,
		      UINT32_C(0x0a000001) + t->number / CLIENT_PORTS);
		end.port = (uint16_t)(32768 + t->number % CLIENT_PORTS);
	}
	return end;
}

static uint32_t isn_of(const struct talk *t, enum side side)
{
	return t->number * UINT32_C(2654435761) +
	       (side == SIDE_A ? 0 : UINT32_C(0x9e3779b9));
}

static size_t set_options(uint8_t opts[OPTS_MAX], struct talk *t,
			  const struct step *step, uint32_t ms)
{
	bool syn = step->flags & FLAG_SYN;
	size_t len = syn ? sizeof(syn_options) : sizeof(usual_options);
	uint8_t *at = opts + (syn ? SYN_STAMPS : USUAL_STAMPS);

	memcpy(opts, syn ? syn_options : usual_options, len);
	t->stamp[step->from] = isn_of(t, step->from) + ms;
	put32(at, t->stamp[step->from]);
	put32(at + 4, t->stamp[side_other(step->from)]);
	return len;
}

static size_t build(struct talk *t, uint32_t ms, uint8_t frame[FRAME_ROOM])
{
	static const uint8_t mac[2][SEG_MAC_LEN] = { { 2, 0, 0, 0, 0, 10 },
						     { 2, 0, 0, 0, 0, 11 } };
	const struct step *step = &steps[t->step];
	enum side to = side_other(step->from);
	uint8_t opts[OPTS_MAX];
	struct seg seg = {
		.family = AF_INET,
		.src = end_of(t, step->from),
		.dst = end_of(t, to),
		.seq = isn_of(t, step->from) + step->seq,
		.ack = step->flags & FLAG_ACK ? isn_of(t, to) + step->ack : 0,
		.win = step->flags & FLAG_SYN ? 64240 : 502,
		.flags = step->flags,
		.opts = opts,
		.opts_len = set_options(opts, t, step, ms),
		.len = step->len,
	};

	return seg_build(&seg, mac[step->from], mac[to], frame, FRAME_ROOM);
}

static void put_segment(struct maker *m, struct talk *t)
{
	uint64_t us = m->segments++ * STEP_US;
	uint8_t frame[FRAME_ROOM];
	size_t len = build(t, (uint32_t)(us / 1000), frame);
	struct pcap_pkthdr head = {
		.ts = { .tv_sec = START_S + (time_t)(us / 1000000),
			.tv_usec = (suseconds_t)(us % 1000000) },
		.caplen = (bpf_u_int32)len,
		.len = (bpf_u_int32)len,
	};

	pcap_dump((u_char *)m->out, &head, frame);
	t->step++;
}

static void fill(struct maker *m)
{
	while (m->n_open < OPEN_AT_ONCE && m->begun < m->connections)
		m->open[m->n_open++] = (struct talk){ .number = m->begun++ };
}

static void put_all(struct maker *m)
{
	for (fill(m); m->n_open; fill(m)) {
		struct talk *t = &m->open[draw(m, m->n_open)];

		put_segment(m, t);
		if (t->step == ARRAY_SIZE(steps))
			*t = m->open[--m->n_open];
	}
}

static int write_all(struct maker *m, const char *path)
{
	int rc = 0;

	m->out = pcap_dump_open(m->pcap, path);
	if (!m->out)
		return fail(path, pcap_geterr(m->pcap));
	put_all(m);
	if (pcap_dump_flush(m->out) || ferror(pcap_dump_file(m->out)))
		rc = fail(path, strerror(errno));
	pcap_dump_close(m->out);
	return rc;
}

/* check_bench make FILE CONNECTIONS: segments, and seconds they span. */
static int make(char **arg)
{
	static struct maker maker = { .random = UINT64_C(0x5eed) };
	char *end;
	unsigned long n = strtoul(arg[1], &end, 10);
	int rc;

	if (*end || n < 1 || n > CONNECTIONS_MAX)
		return fail(arg[1], "expected a number of connections, from 1 "
				    "to 100000000");
	maker.connections = (uint32_t)n;
	maker.pcap = pcap_open_dead(DLT_EN10MB, 65535);
	rc = write_all(&maker, arg[0]);
	pcap_close(maker.pcap);
	if (rc == 0)
		printf("%" PRIu64 " %" PRIu64 "\n", maker.segments,
		       maker.segments * STEP_US / 1000000);
	return rc;
}

/* check_bench count FILE: packets, and nothing but reading them. */
static int count(char **arg)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(arg[0], why);
	struct pcap_pkthdr *head;
	const u_char *bytes;
	uint64_t packets = 0;
	int rc;

	if (!pcap)
		return fail(arg[0], why);
	while ((rc = pcap_next_ex(pcap, &head, &bytes)) == 1)
		packets++;
	if (rc == PCAP_ERROR)
		rc = fail(arg[0], pcap_geterr(pcap));
	else
		rc = printf("%" PRIu64 "\n", packets) < 0;
	pcap_close(pcap);
	return rc;
}

static double seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

/* check_bench time COMMAND...: its CPU seconds, the most KiB it held, and how
   long it took. */
static int time_command(char **arg)
{
	int64_t begun = clock_mono_ns();
	struct rusage usage;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(127);
		execvp(arg[0], arg);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		return fail(arg[0], strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return fail(arg[0], "expected exit status 0: is it installed, "
				    "and is there no finding?");
	printf("%.3f %ld %.3f\n",
	       seconds(&usage.ru_utime) + seconds(&usage.ru_stime),
	       usage.ru_maxrss,
	       (double)(clock_mono_ns() - begun) / (double)NS_PER_S);
	return 0;
}

static const struct job {
	const char *name;
	int least, most; /* arguments */
	int (*run)(char **arg);
} jobs[] = {
	{ "make", 2, 2, make },
	{ "count", 1, 1, count },
	{ "time", 1, 100, time_command },
	{ "probe", 1, 1, probe },
};

int main(int argc, char **argv)
{
	int n = argc - 2;

	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++)
		if (n >= jobs[i].least && n <= jobs[i].most &&
		    strcmp(argv[1], jobs[i].name) == 0)
			return jobs[i].run(argv + 2);
	fputs("usage: check_bench make FILE CONNECTIONS\n"
	      "       check_bench count FILE\n"
	      "       check_bench time COMMAND...\n"
	      "       check_bench probe CASES\n",
	      stderr);
	return 2;
}
