/*
 * The programs that uncompress, as children on pipes. Knows nothing of what
 * comes out of them.
 */
#include "link/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/array.h"
#include "base/child.h"
#include "base/octets.h"

#define NO_PROGRAM    127 /* the exit status, as a shell's */
#define COPIED	      65536
#define COMPLAINT_MAX 160

/* What a file begins with; zstd's and lz4's may begin with what is skipped. */
static const struct magic {
	uint8_t octets[6];
	size_t n;
	const char *program;
} magics[] = {
	{ { 0x1f, 0x8b }, 2, "gzip" },
	{ { 0x28, 0xb5, 0x2f, 0xfd }, 4, "zstd" },
	{ { 0x04, 0x22, 0x4d, 0x18 }, 4, "lz4" },
	{ { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, "xz" },
	{ { 'B', 'Z', 'h' }, 3, "bzip2" },
};

const char *unpack_program(const uint8_t *head, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
		if (n >= magics[i].n &&
		    memcmp(head, magics[i].octets, magics[i].n) == 0)
			return magics[i].program;
	return NULL;
}

/* In a process of its own: what was read already, and the rest. */
static void __attribute__((noreturn))
feed(int from, int to, const uint8_t *head, size_t n)
{
	const int keep[] = { from, to };
	static char buf[COPIED];
	ssize_t got = (ssize_t)n;

	signal(SIGPIPE, SIG_DFL);
	memcpy(buf, head, n);
	if (child_keep_only(keep, 2))
		_exit(1);
	while (got > 0 && octets_write(STDOUT_FILENO, buf, (size_t)got) == 0)
		got = read(STDIN_FILENO, buf, sizeof(buf));
	_exit(got != 0);
}

static void __attribute__((noreturn))
become(const struct unpack *u, int from, int to)
{
	const int keep[] = { from, to, u->complaints };

	signal(SIGPIPE, SIG_DFL);
	if (child_keep_only(keep, 3) == 0)
		execlp(u->program, u->program, "-d", "-c", (char *)NULL);
	_exit(NO_PROGRAM);
}

static int start_feeder(struct unpack *u, int fd, const uint8_t *head, size_t n,
			int *from, struct fault *f)
{
	int pair[2];

	if (pipe2(pair, O_CLOEXEC))
		return fault_errno(f, "cannot make a pipe");
	u->feeder = fork();
	if (u->feeder == 0)
		feed(fd, pair[1], head, n);
	close(pair[1]);
	*from = pair[0];
	return u->feeder < 0 ? fault_errno(f, "cannot fork") : 0;
}

static int start_program(struct unpack *u, int from, int *out, struct fault *f)
{
	int pair[2];

	if (pipe2(pair, O_CLOEXEC))
		return fault_errno(f, "cannot make a pipe");
	u->complaints = memfd_create("complaints", MFD_CLOEXEC);
	u->pid = fork();
	if (u->pid == 0)
		become(u, from, pair[1]);
	close(pair[1]);
	*out = pair[0];
	return u->pid < 0 ? fault_errno(f, "cannot fork") : 0;
}

int unpack_start(struct unpack *u, const char *program, int fd,
		 const uint8_t *head, size_t n, int *out, struct fault *f)
{
	int from = fd, rc;

	u->program = program;
	if (n && start_feeder(u, fd, head, n, &from, f))
		return -1;
	rc = start_program(u, from, out, f);
	if (from != fd)
		close(from);
	return rc;
}

/* The first line the program wrote to its standard error, or "". */
static void first_complaint(const struct unpack *u, char line[COMPLAINT_MAX])
{
	ssize_t n = pread(u->complaints, line, COMPLAINT_MAX - 1, 0);
	size_t len;

	line[n > 0 ? n : 0] = '\0';
	len = strspn(line, "\r\n");
	memmove(line, line + len, strlen(line + len) + 1);
	line[strcspn(line, "\r\n")] = '\0';
}

static void reap(pid_t *pid, int *status)
{
	*status = 0;
	while (*pid > 0 && waitpid(*pid, status, 0) < 0 && errno == EINTR)
		;
	*pid = 0;
}

static int judge(const struct unpack *u, int status, struct fault *f)
{
	char line[COMPLAINT_MAX];

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_PROGRAM)
		return fault_set(f,
				 "is compressed, and there is no program "
				 "\"%s\" here to uncompress it",
				 u->program);
	first_complaint(u, line);
	return fault_set(f, "is damaged, says %s%s%s", u->program,
			 *line ? ": " : "", line);
}

static void forget(struct unpack *u)
{
	int unused;

	reap(&u->feeder, &unused);
	if (u->complaints > 0)
		close(u->complaints);
	memset(u, 0, sizeof(*u));
}

int unpack_end(struct unpack *u, struct fault *f)
{
	int status, rc;

	if (!u->program)
		return 0;
	reap(&u->pid, &status);
	rc = judge(u, status, f);
	unpack_stop(u);
	return rc;
}

void unpack_stop(struct unpack *u)
{
	int unused;

	if (u->pid > 0)
		kill(u->pid, SIGKILL);
	if (u->feeder > 0)
		kill(u->feeder, SIGKILL);
	reap(&u->pid, &unused);
	forget(u);
}
