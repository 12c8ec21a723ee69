/*
 * The forge: packets built by scapy expressions, for what the language has
 * no words for (ICMP errors, fragments, odd options). Owner of the Python
 * process that builds them, scripts/forge.py, which says what names an
 * expression may use.
 */
#ifndef RUN_SCAPY_H
#define RUN_SCAPY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"
#include "base/side.h"
#include "packet/flow.h"

#define FORGE_PACKETS_MAX 8
#define FORGE_OCTETS_MAX  65536

struct forge {
	pid_t pid; /* 0: not running */
	int fd;	   /* -1: not running */
};

/* IP packets, in the order they are to be sent. */
struct forge_packets {
	size_t n;
	struct {
		size_t at; /* into octets */
		size_t len;
	} packet[FORGE_PACKETS_MAX];
	uint8_t octets[FORGE_OCTETS_MAX];
};

/*
 * The path of forge.py: in $LASTACK_SCRIPTS, else in a folder scripts/ beside
 * this program or up to two folders above, else in ../share/lastack.
 */
const char *forge_script(void);

/*
 * Starts Python on that script and waits until it has loaded scapy. Returns
 * 0, or -1 with a fault.
 */
int forge_start(struct forge *forge, const char *script, struct fault *f);

/* The same without scapy, for forge_compile only. */
int forge_start_compiler(struct forge *forge, const char *script,
			 struct fault *f);

/*
 * Whether the expression is Python at all. Returns 0, or -1 with a fault as
 * from forge_make.
 */
int forge_compile(struct forge *forge, const char *expression,
		  int64_t deadline_ns, struct fault *f);

/*
 * Builds what the expression says, as if side from had sent it. Returns how
 * many packets (at least 1), or -1 with a fault: the exception of Python in
 * one line, with the forge still running; or that the forge has died or has
 * not answered by the monotonic deadline, and then it is stopped.
 */
int forge_make(struct forge *forge, const struct flow *flow, enum side from,
	       const char *expression, struct forge_packets *out,
	       int64_t deadline_ns, struct fault *f);

/* Kills and reaps it. Safe when it is not running. */
void forge_stop(struct forge *forge);

#endif
