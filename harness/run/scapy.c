/*
 * Asks scapy's process in one line of JSON, and is answered in one line of hex.
 * Knows a connection's numbers, not Python.
 */
#include "run/scapy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/digits.h"
#include "base/installed.h"
#include "base/memory.h"

#define GREETING      "lastack-scapy 1"
#define GREETING_WAIT (30 * NS_PER_S)
#define QUESTION_MAX  65536 /* fits a pipe: asking never blocks */
#define ANSWER_MAX    (2 * SCAPY_OCTETS_MAX + 1024)

void scapy_stop(struct scapy *scapy)
{
	child_stop(&scapy->child);
}

const char *scapy_script(void)
{
	static char path[PATH_MAX + 64];
	struct arena a = { 0 };

	snprintf(path, sizeof(path), "%s",
		 installed_script(&a, "scapy_packets.py"));
	arena_free(&a);
	return path;
}

/* Reads one line, which has to be all there is, without its newline. */
static enum child_heard read_answer(int fd, char *text, size_t size,
				    int64_t deadline_ns)
{
	size_t len = 0;
	enum child_heard heard = child_hear(fd, text, size, &len, deadline_ns);

	if (heard != CHILD_LINE)
		return heard;
	if (text[len - 1] != '\n')
		return CHILD_END;
	text[len - 1] = '\0';
	return heard;
}

static int greet(const struct scapy *scapy, const char *script, struct fault *f)
{
	char text[256];

	switch (read_answer(scapy->child.from, text, sizeof(text),
			    clock_mono_ns() + GREETING_WAIT)) {
	case CHILD_LATE:
		return fault_set(f, "%s: no greeting within %d s", script,
				 (int)(GREETING_WAIT / NS_PER_S));
	case CHILD_END:
		return fault_set(f, "%s: ended without a greeting", script);
	case CHILD_LINE:
		break;
	}
	if (strcmp(text, GREETING) == 0)
		return 0;
	return fault_set(f, "%s: %s", script, text);
}

static int start(struct scapy *scapy, const char *script, const char *option,
		 struct fault *f)
{
	/* Isolated (-I), and leaving no compiled files behind (-B). */
	char *const argv[] = { (char *)PYTHON, (char *)"-IB", (char *)script,
			       (char *)option, NULL };
	const struct child_plan plan = {
		.path = PYTHON,
		.argv = argv,
		.netns = -1,
		.cpu = -1,
	};

	*scapy = (struct scapy){ CHILD_NONE };
	if (access(PYTHON, X_OK))
		return fault_errno(f, "%s", PYTHON);
	if (access(script, R_OK))
		return fault_errno(f, "%s", script);
	if (child_start(&plan, &scapy->child, f) < 0)
		return -1;
	if (greet(scapy, script, f) == 0)
		return 0;
	scapy_stop(scapy);
	return -1;
}

int scapy_start(struct scapy *scapy, const char *script, struct fault *f)
{
	return start(scapy, script, NULL, f);
}

int scapy_start_compiler(struct scapy *scapy, const char *script,
			 struct fault *f)
{
	return start(scapy, script, "--compile", f);
}

static json_t *question(const struct flow *flow, enum side from,
			const char *expression)
{
	const struct flow_tcb *me = &flow->tcb[from];
	const struct flow_tcb *other = &flow->tcb[side_other(from)];
	const struct seg_end *src = &flow->end[from];
	const struct seg_end *dst = &flow->end[side_other(from)];
	char src_text[INET6_ADDRSTRLEN] = "", dst_text[INET6_ADDRSTRLEN] = "";

	inet_ntop(flow->family, src->addr, src_text, sizeof(src_text));
	inet_ntop(flow->family, dst->addr, dst_text, sizeof(dst_text));
	return json_pack(
		"{ss si ss ss si si sI sI sI sI sI sI sI si}", "expr",
		expression, "family", flow->family == AF_INET6 ? 6 : 4, "src",
		src_text, "dst", dst_text, "sport", src->port, "dport",
		dst->port, "seq", (json_int_t)me->snd_nxt, "ack",
		(json_int_t)me->rcv_nxt, "isn", (json_int_t)me->iss, "peer_isn",
		(json_int_t)other->iss, "peer_next", (json_int_t)other->snd_nxt,
		"back_seq", (json_int_t)flow_snd_una(flow, side_other(from)),
		"back_ack", (json_int_t)other->rcv_nxt, "win", me->rcv_wnd);
}

/* Sends the question, which is given back. */
static int ask(struct scapy *scapy, json_t *root, struct fault *f)
{
	char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
	size_t len = text ? strlen(text) : 0;
	int rc = -1;

	json_decref(root);
	if (!text)
		fault_set(f, "scapy: the expression is not UTF-8");
	else if (len >= QUESTION_MAX)
		fault_set(f,
			  "scapy: expression too long, expected at most %d "
			  "octets",
			  QUESTION_MAX - 1024);
	else
		rc = 0;
	if (rc == 0) {
		text[len++] = '\n'; /* in the place of its NUL */
		if (!child_tell(&scapy->child, text, len)) {
			rc = fault_errno(f, "scapy: its process is gone");
			scapy_stop(scapy);
		}
	}
	free(text);
	return rc;
}

/* Reads hex words, one for each packet. Returns how many, or -1. */
static int read_packets(const char *text, struct scapy_packets *out)
{
	size_t at = 0, start;

	for (out->n = 0; *text && out->n < SCAPY_PACKETS_MAX; out->n++) {
		start = at;
		for (; *text && *text != ' '; text += 2) {
			int octet = digits_octet(text);

			if (octet < 0 || at == SCAPY_OCTETS_MAX)
				return -1;
			out->octets[at++] = (uint8_t)octet;
		}
		if (at == start)
			return -1;
		out->packet[out->n].at = start;
		out->packet[out->n].len = at - start;
		text += *text == ' ';
	}
	return *text || out->n == 0 ? -1 : (int)out->n;
}

/* Hears the answer and reads it; out is NULL where it has no packets. */
static int hear(struct scapy *scapy, char *text, struct scapy_packets *out,
		int64_t deadline_ns, struct fault *f)
{
	enum child_heard heard =
		read_answer(scapy->child.from, text, ANSWER_MAX, deadline_ns);
	int n = -1;

	if (heard == CHILD_LINE && text[0] == '!')
		return fault_set(f, "scapy: %s", text + 1);
	if (heard == CHILD_LATE)
		fault_set(f, "scapy: no packet in the time allowed");
	else if (heard == CHILD_END)
		fault_set(f, "scapy: its process died building the packet");
	else if ((n = out ? read_packets(text, out) : 0) < 0)
		fault_set(f, "scapy: expected hex, its process said \"%.80s\"",
			  text);
	if (n < 0) /* a late answer must not be taken for the next one's */
		scapy_stop(scapy);
	return n;
}

/* The question is given back. */
static int converse(struct scapy *scapy, json_t *root,
		    struct scapy_packets *out, int64_t deadline_ns,
		    struct fault *f)
{
	char *text;
	int n;

	if (scapy->child.pid <= 0) {
		json_decref(root);
		return fault_set(f, "scapy: its process is not running");
	}
	if (ask(scapy, root, f) < 0)
		return -1;
	text = memory_zeroed(1, ANSWER_MAX);
	n = hear(scapy, text, out, deadline_ns, f);
	free(text);
	return n;
}

int scapy_make(struct scapy *scapy, const struct flow *flow, enum side from,
	       const char *expression, struct scapy_packets *out,
	       int64_t deadline_ns, struct fault *f)
{
	return converse(scapy, question(flow, from, expression), out,
			deadline_ns, f);
}

int scapy_compile(struct scapy *scapy, const char *expression,
		  int64_t deadline_ns, struct fault *f)
{
	return converse(scapy, json_pack("{ss}", "expr", expression), NULL,
			deadline_ns, f);
}
