/* The text of an interface's stack, key by key. Asks the kernel little. */
#include "stack/linux/iface_plan.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"

#define VALUE_MAX 64

static const int families[2] = { AF_INET, AF_INET6 };

/* An address of either family, at the place of its own. */
static int take_address(const char *text, bool has[2], uint8_t addr[2][16])
{
	for (int i = 0; i < 2; i++) {
		if (inet_pton(families[i], text, addr[i]) != 1)
			continue;
		has[i] = true;
		return 0;
	}
	return -1;
}

static int take_addr(struct iface_plan *p, const char *text)
{
	return take_address(text, p->has_addr, p->addr);
}

static int take_peer(struct iface_plan *p, const char *text)
{
	return take_address(text, p->has_peer, p->peer);
}

/* Six octets of two hexadecimal digits, with colons between. */
static int take_mac(struct iface_plan *p, const char *text)
{
	char digits[3] = "";

	if (strlen(text) != 3 * SEG_MAC_LEN - 1)
		return -1;
	for (int i = 0; i < SEG_MAC_LEN; i++, text += 3) {
		memcpy(digits, text, 2);
		if (strspn(digits, "0123456789abcdefABCDEF") != 2 ||
		    (text[2] && text[2] != ':'))
			return -1;
		p->mac[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	p->has_mac = true;
	return p->mac[0] & 1 ? -1 : 0;
}

static int take_number(const char *text, unsigned long most, unsigned long *n)
{
	char *end;

	*n = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && *n > 0 && *n <= most
		       ? 0
		       : -1;
}

static int take_port(struct iface_plan *p, const char *text)
{
	unsigned long n;

	if (take_number(text, 65535, &n))
		return -1;
	p->port = (uint16_t)n;
	return 0;
}

/* "192.0.2.3/24" */
static int take_control(struct iface_plan *p, const char *text)
{
	char addr[VALUE_MAX];
	const char *slash = strchr(text, '/');
	unsigned long n;

	if (!slash || take_number(slash + 1, 32, &n))
		return -1;
	snprintf(addr, sizeof(addr), "%.*s", (int)(slash - text), text);
	p->control_prefix = (uint8_t)n;
	return inet_pton(AF_INET, addr, p->control) == 1 ? 0 : -1;
}

static const struct key {
	const char *name;
	int (*take)(struct iface_plan *p, const char *text);
	const char *expected;
} keys[] = {
	{ "addr", take_addr, "an address such as 192.0.2.2" },
	{ "peer", take_peer, "an address such as 192.0.2.1" },
	{ "mac", take_mac, "an Ethernet address such as 02:00:00:00:00:0b" },
	{ "port", take_port, "a port from 1 to 65535" },
	{ "control", take_control, "an address such as 192.0.2.3/24" },
};

#define N_KEYS ARRAY_SIZE(keys)

static int take_key(struct iface_plan *p, const char *text, size_t len,
		    struct fault *f)
{
	char value[VALUE_MAX];

	for (size_t i = 0; i < N_KEYS; i++) {
		size_t n = strlen(keys[i].name);

		if (len <= n || memcmp(text, keys[i].name, n) != 0 ||
		    text[n] != '=')
			continue;
		snprintf(value, sizeof(value), "%.*s", (int)(len - n - 1),
			 text + n + 1);
		if (keys[i].take(p, value) == 0)
			return 0;
		return fault_set(f, "\"%.*s\": expected %s", (int)len, text,
				 keys[i].expected);
	}
	return fault_set(f,
			 "\"%.*s\": expected addr=, peer=, mac=, port=, "
			 "control= or agent=",
			 (int)len, text);
}

static int take_name(struct iface_plan *p, const char *text, size_t len,
		     struct fault *f)
{
	if (len == 0 || len >= sizeof(p->name))
		return fault_set(f,
				 "expected the name of an interface, got "
				 "\"%.*s\"",
				 (int)len, text);
	memcpy(p->name, text, len);
	p->name[len] = '\0';
	if (if_nametoindex(p->name) == 0)
		return fault_set(f, "there is no interface %s", p->name);
	p->home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return p->home < 0 ? fault_errno(f, "/proc/self/ns/net") : 0;
}

int iface_plan_read(struct iface_plan *p, const char *text, struct fault *f)
{
	size_t len = strcspn(text, ",");

	*p = (struct iface_plan){ .home = -1 };
	if (take_name(p, text, len, f) < 0)
		return -1;
	while (text[len]) {
		text += len + 1;
		len = strcspn(text, ",");
		if (strncmp(text, "agent=", 6) == 0) {
			p->agent = text + 6;
			return *p->agent ? 0
					 : fault_set(f, "agent=: expected a "
							"command");
		}
		if (take_key(p, text, len, f) < 0)
			return -1;
	}
	return 0;
}

/* Calls each with the interface of every default route in such a file. */
static void count_routes(const char *path, const char *name, bool ipv6,
			 int *ours, int *others)
{
	FILE *file = fopen(path, "re");
	char line[512], on[64], dst[64];

	while (file && fgets(line, sizeof(line), file)) {
		bool all;

		if (ipv6)
			all = sscanf(line,
				     "%63s 00 %*s %*s %*s %*s %*s %*s %*s %63s",
				     dst, on) == 2 &&
			      strspn(dst, "0") == 32 && strcmp(on, "lo") != 0;
		else
			all = sscanf(line, "%63s %63s", on, dst) == 2 &&
			      strcmp(dst, "00000000") == 0;
		if (all)
			++*(strcmp(on, name) == 0 ? ours : others);
	}
	if (file)
		fclose(file);
}

bool iface_plan_is_way_out(const struct iface_plan *p)
{
	int ours = 0, others = 0;

	count_routes("/proc/net/route", p->name, false, &ours, &others);
	count_routes("/proc/net/ipv6_route", p->name, true, &ours, &others);
	return ours > 0 && others == 0;
}
