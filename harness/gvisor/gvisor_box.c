/*
 * A sandbox around a program: namespaces in which runsc does as it is asked,
 * a bundle, and runsc itself. All its files lie in a mount of these namespaces,
 * all its processes are in them: they go when the first process goes.
 */
#include "gvisor/gvisor_box.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Recent kernels have net.core.rmem_default in every network namespace, and
 * runsc takes that for the sign of the machine's own, which it refuses: a file
 * system of ours hides it, and has room for our files. They are bound to
 * another place too, for runsc hides all of /proc from a part of itself.
 */
#define HIDDEN	"/proc/sys/net/core"
#define HERE	"/mnt"
#define STATE	HERE "/state"
#define PROGRAM "/lastack-gvisor"
#define NAME	"lastack" /* of the container */

#define PROC_FLAGS (MS_NOSUID | MS_NODEV | MS_NOEXEC)

static const char config[] =
	"{\"ociVersion\":\"1.0.0\",\"process\":{\"args\":[\"" PROGRAM "\"],"
	"\"cwd\":\"/\",\"user\":{\"uid\":0,\"gid\":0},\"rlimits\":[{\"type\":"
	"\"RLIMIT_NOFILE\",\"hard\":70000,\"soft\":1024}]},"
	"\"root\":{\"path\":\"root\",\"readonly\":true},"
	"\"linux\":{\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"ipc\"},"
	"{\"type\":\"uts\"},{\"type\":\"mount\"},{\"type\":\"network\","
	"\"path\":\"/proc/self/ns/net\"}]}}\n";

static bool cannot(const char *what)
{
	printf("cannot %s: %s\n", what, strerror(errno));
	return false;
}

/*
 * All segments are processed by one goroutine, in the order they came in, when
 * there is one processor: so Go is told by that we are bound to one.
 */
static bool keep_to_one_processor(void)
{
	int cpu = sched_getcpu();
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu < 0 ? 0 : (size_t)cpu, &one);
	return sched_setaffinity(0, sizeof(one), &one) == 0 ||
	       cannot("keep to one processor");
}

static bool enter_namespaces(void)
{
	return unshare(CLONE_NEWNS | CLONE_NEWPID) == 0 ||
	       cannot("make namespaces for runsc");
}

/* Where a /proc of our own is not allowed the machine's does. */
static bool make_mounts(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return cannot("keep mounts to this namespace");
	mount("proc", "/proc", "proc", PROC_FLAGS, NULL);
	return mount("tmpfs", HIDDEN, "tmpfs", 0, NULL) == 0 ||
	       cannot("mount a file system on " HIDDEN);
}

static bool write_config(void)
{
	FILE *out = fopen(HIDDEN "/config.json", "we");
	bool good = out && fputs(config, out) >= 0;

	return (out && fclose(out) == 0 && good) ||
	       cannot("write the sandbox's config.json");
}

/* This program is all that there is. */
static bool make_bundle(void)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	FILE *at;

	self[n > 0 ? n : 0] = '\0';
	if (mkdir(HIDDEN "/root", 0755) || mkdir(HIDDEN "/state", 0700))
		return cannot("make the sandbox's folders");
	at = fopen(HIDDEN "/root" PROGRAM, "we");
	if (!at || fclose(at) ||
	    mount(self, HIDDEN "/root" PROGRAM, NULL, MS_BIND, NULL))
		return cannot("put lastack-gvisor into the sandbox");
	return write_config() &&
	       (mount(HIDDEN, HERE, NULL, MS_BIND | MS_REC, NULL) == 0 ||
		cannot("bind a file system to " HERE));
}

/* Checksums are to be looked at, and segments to be as long as on the wire. */
static void __attribute__((noreturn)) become_runsc(int runsc, int err)
{
	char *const argv[] = { (char *)"runsc",
			       (char *)"--root=" STATE,
			       (char *)"--platform=ptrace",
			       (char *)"--network=sandbox",
			       (char *)"--ignore-cgroups",
			       (char *)"--TESTONLY-unsafe-nonroot",
			       (char *)"--rx-checksum-offload=false",
			       (char *)"--gso=false",
			       (char *)"--software-gso=false",
			       (char *)"--qdisc=none",
			       (char *)"run",
			       (char *)"--bundle=" HERE,
			       (char *)NAME,
			       NULL };

	dup2(err, STDERR_FILENO);
	fexecve(runsc, argv, environ);
	perror("cannot run it");
	_exit(127);
}

/* The first process of the namespace, with which all others end. */
static void __attribute__((noreturn)) be_first(int runsc, int err)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!keep_to_one_processor() || !make_mounts() || !make_bundle()) {
		fflush(stdout);
		_exit(127);
	}
	become_runsc(runsc, err);
}

static int the_runsc; /* open: a path may be hidden by now */

/* Passes the signal on into the sandbox. Only calls that a handler may make. */
static void on_usr1(int sig)
{
	char *const argv[] = { (char *)"runsc", (char *)"--root=" STATE,
			       (char *)"kill",	(char *)NAME,
			       (char *)"USR1",	NULL };

	(void)sig;
	if (fork() == 0) {
		fexecve(the_runsc, argv, environ);
		_exit(127);
	}
}

/* The last line that was said, until nobody is left who might say more. */
static void read_last(int fd, char *last, size_t size)
{
	char line[512];
	FILE *in = fdopen(fd, "r");

	*last = '\0';
	while (in && fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line)
			snprintf(last, size, "%.*s", (int)size - 1, line);
	}
	if (in)
		fclose(in);
}

static int run(int runsc, int err[2])
{
	struct sigaction pass_on = { .sa_handler = on_usr1,
				     .sa_flags = SA_RESTART };
	char last[200];
	int status = 0;
	pid_t pid = fork();

	the_runsc = runsc;
	if (pid > 0)
		sigaction(SIGUSR1, &pass_on, NULL);
	if (pid == 0)
		be_first(runsc, err[1]);
	close(err[1]);
	read_last(err[0], last, sizeof(last));
	if (pid < 0)
		return cannot("fork") ? 0 : 1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status && *last)
		printf("runsc: %s\n", last);
	return status ? 1 : 0;
}

int gvisor_box(const char *runsc)
{
	/* Left open: where it is a script its interpreter opens that again. */
	int fd = open(runsc, O_PATH), err[2];

	if (fd < 0 || pipe2(err, O_CLOEXEC))
		return cannot("open runsc") ? 0 : 1;
	return enter_namespaces() ? run(fd, err) : 1;
}
