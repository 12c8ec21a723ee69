/*
 * The warden: waits for the end of file that the end of its world is, and
 * sweeps. Knows namespaces, not what was played in them.
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
	NETNS_A,
	NETNS_B,
	KEPT
};

/* All signals but SIGKILL; no terminal's or job's group but its own. */
static void stand_apart(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	setsid();
	prctl(PR_SET_NAME, "lastack-warden");
}

static struct diag *look_into(int netns, struct fault *f)
{
	return netns_enter(netns, f) < 0 ? NULL : diag_open(f);
}

static void sweep(struct diag *d)
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

static void __attribute__((noreturn)) watch(int life, const int netns[2])
{
	const int keep[KEPT] = { life, netns[0], netns[1] };
	struct diag *a = NULL, *b = NULL;
	struct fault f;

	stand_apart();
	if (child_keep_only(keep, KEPT))
		_exit(1);
	a = look_into(NETNS_A, &f);
	b = a ? look_into(NETNS_B, &f) : NULL;
	say(b ? "" : f.text);
	if (!b)
		_exit(1);
	wait_for_the_end();
	sweep(a);
	sweep(b);
	_exit(0);
}

/* Waits until it is at its post. */
static int greet(struct warden *w, struct fault *f)
{
	char text[FAULT_MAX + 1];
	size_t len = 0;

	if (child_hear(w->fd, text, sizeof(text), &len,
		       clock_mono_ns() + GREETING_WAIT) != CHILD_LINE)
		return fault_set(f, "the warden of a world does not start");
	text[len - 1] = '\0';
	return *text ? fault_set(f, "%s", text) : 0;
}

int warden_start(struct warden *w, const int netns[2], struct fault *f)
{
	int pair[2];

	*w = (struct warden){ .fd = -1 };
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return fault_errno(f, "cannot make a socketpair");
	w->pid = fork();
	if (w->pid == 0)
		watch(pair[1], netns);
	close(pair[1]);
	w->fd = pair[0];
	if (w->pid > 0 && greet(w, f) == 0)
		return 0;
	if (w->pid < 0) {
		fault_errno(f, "cannot fork");
		w->pid = 0;
	}
	warden_stop(w);
	return -1;
}

void warden_stop(struct warden *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
	if (w->pid > 0)
		while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
			;
	w->pid = 0;
}
