/*
 * Namespaces. Knows nothing of what is put in them, and never touches the
 * one it was started in.
 */
#include "stack/linux/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/array.h"

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

/*
 * Whether the root of this process is not that of a mount: it was changed by
 * chroot(2), and the kernel then gives no user namespace.
 */
static bool is_chroot(void)
{
	char line[4096];
	bool has_root = false;
	FILE *in = fopen("/proc/self/mountinfo", "re");

	if (!in)
		return false;
	while (!has_root && fgets(line, sizeof(line), in)) {
		char at[sizeof(line)] = "";

		/* "23 29 0:21 / /sys rw ...": the fifth is the mount point. */
		has_root = sscanf(line, "%*s %*s %*s %*s %4095s", at) == 1 &&
			   strcmp(at, "/") == 0;
	}
	fclose(in);
	return !has_root;
}

static int explain(struct fault *f, const char *what)
{
	const char *or_root = geteuid() == 0 ? "" : ", or run as root";
	int err = errno;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(user_forbids); i++) {
		const struct forbids *u = &user_forbids[i];

		if (read_setting(u->path) == u->value)
			return fault_set(f, "cannot %s: %s is %ld; change it%s",
					 what, u->path, u->value, or_root);
	}
	if (is_chroot())
		return fault_set(f,
				 "cannot %s: %s; in a chroot the kernel gives "
				 "no user namespace: run outside of it%s",
				 what, strerror(err), or_root);
	return fault_set(f,
			 "cannot %s: %s; a container's seccomp or AppArmor "
			 "profile may forbid unshare(2): run as root with "
			 "CAP_SYS_ADMIN and CAP_NET_ADMIN, or as CONTAINERS in "
			 "lastack(1) says",
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

static int enter_network(struct fault *f)
{
	if (access("/proc/self/ns/net", F_OK))
		return fault_set(f, "/proc is not mounted: mount -t proc proc "
				    "/proc");
	if (unshare(CLONE_NEWNET) == 0)
		return 0;
	if (errno != EPERM)
		return explain(f, "make a network namespace");
	return enter_user(f);
}

#define SETTING "/proc/sys/net/ipv4/tcp_no_metrics_save"

#define PROC_FLAGS (MS_NOSUID | MS_NODEV | MS_NOEXEC)

/*
 * A container's /proc/sys is read-only, though what is below net/ is the
 * namespace's own. In a mount namespace that only this process and its children
 * are in, it is made writable, or a /proc of their own is mounted. Where neither
 * is allowed, settings say so if they have to be written.
 */
static void have_writable_proc(void)
{
	if (access(SETTING, W_OK) == 0 || errno != EROFS ||
	    unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND | PROC_FLAGS,
		  NULL) == 0)
		return;
	mount("proc", "/proc", "proc", PROC_FLAGS, NULL);
}

int netns_privilege(struct fault *f)
{
	if (enter_network(f) < 0)
		return -1;
	have_writable_proc();
	return 0;
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
