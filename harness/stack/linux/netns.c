/*
 * Namespaces. Knows nothing of what is put in them, and never touches the
 * one it was started in.
 */
#include "stack/linux/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The first number in a /proc/sys file, or -1 when there is none. */
static long read_setting(const char *path)
{
	char buf[32] = "-1";
	FILE *in = fopen(path, "re");

	if (!in)
		return -1;
	if (!fgets(buf, sizeof(buf), in))
		buf[0] = '\0';
	fclose(in);
	return *buf ? strtol(buf, NULL, 10) : -1;
}

/* A setting that forbids user namespaces at this value. */
struct forbids {
	const char *path;
	long value;
};

static const struct forbids user_forbids[] = {
	{ "/proc/sys/user/max_user_namespaces", 0 },
	{ "/proc/sys/kernel/unprivileged_userns_clone", 0 },
	{ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 1 },
	{ "/proc/sys/user/max_net_namespaces", 0 },
};

static int explain(struct fault *f, const char *what)
{
	const char *or_root = geteuid() == 0 ? "" : ", or run as root";
	int err = errno;
	size_t i;

	for (i = 0; i < sizeof(user_forbids) / sizeof(*user_forbids); i++) {
		const struct forbids *u = &user_forbids[i];

		if (read_setting(u->path) == u->value)
			return fault_set(f, "cannot %s: %s is %ld; change it%s",
					 what, u->path, u->value, or_root);
	}
	return fault_set(f,
			 "cannot %s: %s; a container's seccomp or AppArmor "
			 "profile may forbid unshare(2): run as root with "
			 "CAP_SYS_ADMIN and CAP_NET_ADMIN",
			 what, strerror(err));
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

static int map_ids(uid_t uid, gid_t gid)
{
	char map[64];

	snprintf(map, sizeof(map), "0 %u 1", (unsigned int)uid);
	if (write_file("/proc/self/uid_map", map) < 0)
		return -1;
	if (write_file("/proc/self/setgroups", "deny") < 0)
		return -1;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned int)gid);
	return write_file("/proc/self/gid_map", map);
}

static int enter_user(struct fault *f)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWUSER) < 0)
		return explain(f, "enter a user namespace");
	if (map_ids(uid, gid) < 0)
		return explain(f, "map ids in the user namespace");
	if (unshare(CLONE_NEWNET) < 0)
		return explain(f, "make a network namespace");
	return 0;
}

int netns_privilege(struct fault *f)
{
	if (unshare(CLONE_NEWNET) == 0)
		return 0;
	if (errno != EPERM)
		return explain(f, "make a network namespace");
	return enter_user(f);
}

/* A descriptor of the one we are in. */
static int netns_here(struct fault *f)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? fault_errno(f, "/proc/self/ns/net") : fd;
}

int netns_new(struct fault *f)
{
	if (unshare(CLONE_NEWNET) < 0)
		return fault_errno(f, "cannot make a network namespace");
	return netns_here(f);
}

int netns_enter(int netns, struct fault *f)
{
	if (setns(netns, CLONE_NEWNET) < 0)
		return fault_errno(f, "cannot enter a network namespace");
	return 0;
}

int netns_visit(int netns, struct fault *f)
{
	int back = netns_here(f);

	if (back < 0 || netns_enter(netns, f) == 0)
		return back;
	close(back);
	return -1;
}

int netns_return(int back, struct fault *f)
{
	int err = errno, result;

	if (back < 0)
		return 0;
	result = netns_enter(back, f);
	close(back);
	if (result == 0)
		errno = err;
	return result;
}
