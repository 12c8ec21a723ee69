/*
 * Packets built by scapy expressions, for what the language has no words for
 * (ICMP errors, fragments, odd options). Owner of the Python process that
 * builds them, scripts/scapy_packets.py, which says what names an expression
 * may use.
 */
#ifndef RUN_SCAPY_H
#define RUN_SCAPY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/child.h"
#include "base/fault.h"
#include "base/side.h"
#include "packet/flow.h"

#define SCAPY_PACKETS_MAX 8
#define SCAPY_OCTETS_MAX  65536

struct scapy {
	struct child child;
};

/* IP packets, in the order they are to be sent. */
struct scapy_packets {
	size_t n;
	struct {
		size_t at; /* into octets */
		size_t len;
	} packet[SCAPY_PACKETS_MAX];
	uint8_t octets[SCAPY_OCTETS_MAX];
};

/*
 * The path of scapy_packets.py: in $LASTACK_SCRIPTS, else in a folder scripts/
 * beside this program or up to two folders above, else in ../share/lastack.
 */
const char *scapy_script(void);

/*
 * Starts Python on that script and waits until it has loaded scapy. Returns
 * 0, or -1 with a fault.
 */
int scapy_start(struct scapy *scapy, const char *script, struct fault *f);

/* The same without scapy, for scapy_compile only. */
int scapy_start_compiler(struct scapy *scapy, const char *script,
			 struct fault *f);

/*
 * Whether the expression is Python at all. Returns 0, or -1 with a fault as
 * from scapy_make.
 */
int scapy_compile(struct scapy *scapy, const char *expression,
		  int64_t deadline_ns, struct fault *f);

/*
 * Builds what the expression says, as if side from had sent it. Returns how
 * many packets (at least 1), or -1 with a fault: the exception of Python in
 * one line, with the process still running; or that the process has died or
 * has not answered by the monotonic deadline, and then it is stopped.
 */
int scapy_make(struct scapy *scapy, const struct flow *flow, enum side from,
	       const char *expression, struct scapy_packets *out,
	       int64_t deadline_ns, struct fault *f);

/* Kills and reaps it. Safe when it is not running. */
void scapy_stop(struct scapy *scapy);

#endif
