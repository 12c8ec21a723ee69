/*
 * The reaper: waits for the end of file that the end of its maker is, and
 * destroys what sockets are left. Knows a namespace, not what was played in it.
 */
#include "stack/linux/reaper.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/child.h"
#include "stack/linux/diag.h"
#include "stack/linux/netns.h"

#define GREETING_WAIT (10 * NS_PER_S)

/* What it has open, once it has settled in. */
enum {
	LIFE,
	NETNS,
	HOME,
	KEPT
};

/* What is left to do when the sockets are gone. */
struct rest {
	int home; /* -1: none */
	void (*then)(void *ctx, int home);
	void *ctx;
};

/* All signals but SIGKILL; no terminal's or job's group but its own. */
static void stand_apart(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "lastack-reaper");
}

static void reap(struct netlink *d)
{
	struct fault ignored;

	diag_destroy_all(d, AF_INET, &ignored);
	diag_destroy_all(d, AF_INET6, &ignored);
}

/* The first line it says: empty, or what it could not do. */
static void say(const char *text)
{
	dprintf(LIFE, "%s\n", text);
}

static void wait_for_the_end(void)
{
	ssize_t n;
	char c;

	do
		n = read(LIFE, &c, 1);
	while (n > 0 || (n < 0 && errno == EINTR));
}

static void __attribute__((noreturn))
watch(int life, int netns, const struct rest *rest)
{
	const int keep[KEPT] = { life, netns, rest->home };
	struct netlink *d = NULL;
	struct fault f;

	stand_apart();
	if (child_keep_only(keep, KEPT))
		_exit(1);
	if (netns_enter(NETNS, &f) == 0)
		d = diag_open(&f);
	say(d ? "" : f.text);
	if (!d)
		_exit(1);
	wait_for_the_end();
	reap(d);
	if (rest->then)
		rest->then(rest->ctx, HOME);
	_exit(0);
}

/* Waits until it is at its post. */
static int greet(struct reaper *r, struct fault *f)
{
	char text[FAULT_MAX + 1];
	size_t len = 0;

	if (child_hear(r->fd, text, sizeof(text), &len,
		       clock_mono_ns() + GREETING_WAIT) != CHILD_LINE)
		return fault_set(f, "the reaper of a namespace does not start");
	text[len - 1] = '\0';
	return *text ? fault_set(f, "%s", text) : 0;
}

static int start(struct reaper *r, int netns, const struct rest *rest,
		 struct fault *f)
{
	int pair[2];

	*r = (struct reaper){ .fd = -1 };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return fault_errno(f, "cannot make a socketpair");
	r->pid = fork();
	if (r->pid == 0)
		watch(pair[1], netns, rest);
	close(pair[1]);
	r->fd = pair[0];
	child_set_nonblocking(r->fd);
	if (r->pid > 0 && greet(r, f) == 0)
		return 0;
	if (r->pid < 0) {
		fault_errno(f, "cannot fork");
		r->pid = 0;
	}
	reaper_stop(r);
	return -1;
}

int reaper_start(struct reaper *r, int netns, struct fault *f)
{
	return start(r, netns, &(struct rest){ .home = -1 }, f);
}

int reaper_start_for(struct reaper *r, int netns, int home,
		     void (*then)(void *ctx, int home), void *ctx,
		     struct fault *f)
{
	return start(r, netns, &(struct rest){ home, then, ctx }, f);
}

void reaper_stop(struct reaper *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	if (r->pid > 0)
		while (waitpid(r->pid, NULL, 0) < 0 && errno == EINTR)
			;
	r->pid = 0;
}
