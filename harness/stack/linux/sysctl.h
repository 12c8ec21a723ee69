/*
 * The /proc/sys of a namespace, and its Tcp: counters. Owner of those files.
 */
#ifndef STACK_LINUX_SYSCTL_H
#define STACK_LINUX_SYSCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

#define SYSCTL_VALUE_MAX 128

/*
 * Reads "net.ipv4.tcp_fin_timeout" of the namespace the caller is in.
 * Returns 0, or -1 with a fault (errno ENOENT: this kernel has none such).
 */
int sysctl_read(const char *name, char value[SYSCTL_VALUE_MAX],
		struct fault *f);

/*
 * Only names below net. are written. Returns 0, or -1 with a fault and errno:
 * with EINVAL some numbers of a row may have been taken.
 */
int sysctl_write(const char *name, const char *value, struct fault *f);

/* Whether this kernel has IPv6: it may be left out, or off (ipv6.disable=1). */
bool sysctl_has_ipv6(void);

/*
 * A descriptor for the TCP counters of the namespace the caller is in; it
 * stays that namespace's. Returns -1 with a fault.
 */
int mib_open(struct fault *f);

/*
 * A counter of the TCP of the namespace the caller is in, by its name in
 * /proc/net/snmp or /proc/net/netstat. -1 with a fault, and errno ENOENT when
 * this kernel has none such.
 */
int64_t mib_counter(const char *name, struct fault *f);

/* Segments received by that namespace's TCP (Tcp: InSegs), or -1. */
int64_t mib_in_segs(int fd);

#endif
