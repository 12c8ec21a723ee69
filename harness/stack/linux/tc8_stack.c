/*
 * The stack "tc8": one behind an interface, whose agent is ours and drives its
 * upper tester. Knows how the one is written as the other.
 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "stack/linux/iface_plan.h"
#include "stack/linux/iface_stack.h"

#define TEXT_MAX 1024

/* What is written of it. */
struct tc8_plan {
	char address[INET_ADDRSTRLEN]; /* of the upper tester */
	char iface[IF_NAMESIZE];
	char addr[INET6_ADDRSTRLEN]; /* of the stack: the same, unless said */
	unsigned long port, service;
	char rest[TEXT_MAX / 2]; /* keys of "iface", a comma before each */
	bool has_control, has_peer;
};

/* Where this machine's way to it begins. */
struct way {
	char iface[IF_NAMESIZE];
	char local[INET_ADDRSTRLEN];
	int prefix;
};

static int take_number(const char *text, unsigned long most, unsigned long *n)
{
	char *end;

	*n = strtoul(text, &end, 0);
	return *text >= '0' && *text <= '9' && !*end && *n <= most ? 0 : -1;
}

static int take_text(char *to, size_t size, const char *text)
{
	return *text && (size_t)snprintf(to, size, "%s", text) < size ? 0 : -1;
}

static int take_key(struct tc8_plan *p, const char *key, const char *value,
		    struct fault *f)
{
	size_t len = strlen(p->rest), room;

	if (strcmp(key, "iface") == 0)
		return take_text(p->iface, sizeof(p->iface), value);
	if (strcmp(key, "addr") == 0)
		return take_text(p->addr, sizeof(p->addr), value);
	if (strcmp(key, "port") == 0)
		return take_number(value, 65535, &p->port);
	if (strcmp(key, "service") == 0)
		return take_number(value, 65535, &p->service);
	p->has_control |= strcmp(key, "control") == 0;
	p->has_peer |= strcmp(key, "peer") == 0;
	if (strcmp(key, "control") != 0 && strcmp(key, "peer") != 0 &&
	    strcmp(key, "mac") != 0)
		return fault_set(f,
				 "\"%s=\": expected iface=, port=, service=, "
				 "addr=, peer=, mac= or control=",
				 key);
	room = sizeof(p->rest) - len;
	return (size_t)snprintf(p->rest + len, room, ",%s=%s", key, value) <
			       room
		       ? 0
		       : -1;
}

static int read_keys(struct tc8_plan *p, char *text, struct fault *f)
{
	char *rest, *key = strtok_r(text, ",", &rest), *value;
	struct in_addr addr;

	if (!key || inet_pton(AF_INET, key, &addr) != 1)
		return fault_set(f, "expected the IPv4 address of an upper "
				    "tester");
	snprintf(p->address, sizeof(p->address), "%s", key);
	snprintf(p->addr, sizeof(p->addr), "%s", key);
	while ((key = strtok_r(NULL, ",", &rest))) {
		value = strchr(key, '=');
		if (value)
			*value++ = '\0';
		f->text[0] = '\0';
		if (take_key(p, key, value ? value : "", f) == 0)
			continue;
		return *f->text ? -1
				: fault_set(f, "%s=%s: expected another value",
					    key, value ? value : "");
	}
	return 0;
}

static int prefix_of(const struct sockaddr *mask)
{
	const struct sockaddr_in *in = (const void *)mask;

	return __builtin_popcount(in->sin_addr.s_addr);
}

/* Of our own addresses the one that it would see. */
static bool find_way(const char *address, struct way *way)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	struct ifaddrs *all, *i;
	struct sockaddr_in own = { .sin_family = AF_INET };
	socklen_t len = sizeof(own);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool found = fd >= 0 &&
		     inet_pton(AF_INET, address, &to.sin_addr) == 1 &&
		     connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
		     getsockname(fd, (struct sockaddr *)&own, &len) == 0;

	if (fd >= 0)
		close(fd);
	if (!found || getifaddrs(&all))
		return false;
	found = false;
	for (i = all; i; i = i->ifa_next) {
		const struct sockaddr_in *at = (const void *)i->ifa_addr;

		if (!at || at->sin_family != AF_INET ||
		    at->sin_addr.s_addr != own.sin_addr.s_addr)
			continue;
		found = true;
		snprintf(way->iface, sizeof(way->iface), "%s", i->ifa_name);
		inet_ntop(AF_INET, &own.sin_addr, way->local,
			  sizeof(way->local));
		way->prefix = prefix_of(i->ifa_netmask);
	}
	freeifaddrs(all);
	return found;
}

/*
 * The interface that is left out is the one by which it is reached. Where the
 * two are the same, the control channel keeps our address there, and the other
 * end needs one of its own.
 */
static int complete(struct tc8_plan *p, struct fault *f)
{
	struct way way = { .prefix = 0 };
	bool reached = find_way(p->address, &way);
	size_t len = strlen(p->rest);

	if (!*p->iface && !reached)
		return fault_set(f, "there is no way to %s: expected iface=",
				 p->address);
	if (!*p->iface)
		snprintf(p->iface, sizeof(p->iface), "%s", way.iface);
	if (!reached || strcmp(p->iface, way.iface) != 0 || p->has_control)
		return 0;
	if (!p->has_peer)
		return fault_set(f,
				 "%s is reached by %s itself, as %s: expected "
				 "peer=, a free address of that network for "
				 "the other end",
				 p->address, p->iface, way.local);
	snprintf(p->rest + len, sizeof(p->rest) - len, ",control=%s/%d",
		 way.local, way.prefix);
	return 0;
}

int tc8_text(const char *argument, char **text, struct fault *f)
{
	struct tc8_plan p = { .port = 30700, .service = 0x0105 };
	char *copy = memory_text(argument), self[TEXT_MAX / 2];
	int rc = read_keys(&p, copy, f);
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	free(copy);
	if (rc < 0 || complete(&p, f) < 0)
		return -1;
	if (n < 0)
		return fault_errno(f, "/proc/self/exe");
	self[n] = '\0';
	if (strchr(self, '\'') || (size_t)n == sizeof(self) - 1)
		return fault_set(f,
				 "the stack tc8: %s: expected a shorter path, "
				 "and without quotes",
				 self);
	*text = memory_zeroed(1, 2 * TEXT_MAX);
	snprintf(*text, 2 * TEXT_MAX,
		 "%s,addr=%s%s,agent=exec '%s' tc8-agent --service %lu %s %lu",
		 p.iface, p.addr, p.rest, self, p.service, p.address, p.port);
	return 0;
}
