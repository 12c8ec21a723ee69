/*
 * The command line of QEMU, its process and its monitor (QMP, the QEMU Machine
 * Protocol). Knows nothing of what is said to the guest.
 */
#include "vm/qemu.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

#include "base/array.h"
#include "base/child.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/memory.h"
#include "vm/cache.h"

#define CONSOLE_MAX  16384 /* octets that are looked at of it */
#define CONSOLE_LAST 600   /* and that are shown */
#define ANSWER_NS    (20 * NS_PER_S)
#define ANSWER_MAX   16384
#define ARGV_MAX     48

/*
 * A fixed shift, for "auto" does not warp. What takes boot time, or wakes an
 * idle guest again and again, and has nothing to do with TCP, is left out.
 */
#define WARP "shift=1,sleep=off"
static const char command_line[] =
	"console=ttyS0 quiet panic=-1 mitigations=off nokaslr tsc=reliable "
	"no_timer_check cryptomgr.notests apparmor=0 selinux=0 audit=0 "
	"nowatchdog psi=0 cgroup_disable=memory";

/* The descriptors that it is given, from 3 on. */
enum {
	GIVEN_CONSOLE,
	GIVEN_MONITOR,
	GIVEN_STATE,
	GIVEN_MAX
};

static void put_argv(const struct vm_kernel *k, bool restored, const char **to)
{
	const char *const all[] = {
		VM_QEMU,
		"-nodefaults",
		"-no-user-config",
		"-no-reboot",
		"-display",
		"none",
		"-m",
		"768",
		"-accel",
		k->kvm ? "kvm" : "tcg",
		"-kernel",
		k->image,
		"-initrd",
		k->initrd,
		"-append",
		command_line,
		"-chardev",
		"file,id=console,path=/proc/self/fd/3,append=on",
		"-serial",
		"chardev:console",
		"-chardev",
		"stdio,id=wire,signal=off",
		"-device",
		"virtio-serial-pci",
		"-device",
		"virtserialport,chardev=wire,name=lastack",
		"-chardev",
		"socket,id=monitor,fd=4",
		"-mon",
		"chardev=monitor,mode=control",
	};
	size_t n = ARRAY_SIZE(all);

	memcpy(to, all, sizeof(all));
	if (!k->real_time) {
		to[n++] = "-icount";
		to[n++] = WARP;
	}
	if (restored) {
		to[n++] = "-incoming";
		to[n++] = "fd:5";
	}
	to[n] = NULL;
}

int qemu_hash(const struct vm_kernel *k, uint64_t *h, struct fault *f)
{
	const char *argv[ARGV_MAX];

	put_argv(k, false, argv);
	for (size_t i = 0; argv[i]; i++)
		*h = hash_octets(*h, argv[i], strlen(argv[i]));
	return cache_hash_version(VM_QEMU, h, f);
}

static int start(struct qemu *q, const struct vm_kernel *k, int cpu,
		 const int *given, int n, struct fault *f)
{
	const char *argv[ARGV_MAX];

	put_argv(k, n == GIVEN_MAX, argv);
	return child_start(&(struct child_plan){ .path = VM_QEMU,
						 .argv = (char **)argv,
						 .netns = -1,
						 .cpu = cpu,
						 .error = &q->console,
						 .more = given,
						 .n_more = n },
			   &q->child, f);
}

int qemu_begin(struct qemu *q, struct fault *f)
{
	*q = (struct qemu)QEMU_NONE;
	q->console = memfd_create("lastack-console", MFD_CLOEXEC);
	if (q->console >= 0 && fcntl(q->console, F_SETFL, O_APPEND) == 0)
		return 0;
	fault_errno(f, "cannot keep a console");
	qemu_stop(q);
	return -1;
}

int qemu_start(struct qemu *q, const struct vm_kernel *k, int cpu, int state,
	       struct fault *f)
{
	int pair[2], given[GIVEN_MAX], rc;

	if (qemu_begin(q, f))
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		fault_errno(f, "cannot speak to QEMU");
		qemu_stop(q);
		return -1;
	}
	q->monitor = pair[0];
	child_set_nonblocking(q->monitor);
	given[GIVEN_CONSOLE] = q->console;
	given[GIVEN_MONITOR] = pair[1];
	given[GIVEN_STATE] = state;
	rc = start(q, k, cpu, given, state < 0 ? GIVEN_STATE : GIVEN_MAX, f);
	close(pair[1]);
	if (rc)
		qemu_stop(q);
	return rc;
}

void qemu_stop(struct qemu *q)
{
	child_stop_group(&q->child);
	if (q->monitor >= 0)
		close(q->monitor);
	if (q->console >= 0)
		close(q->console);
	*q = (struct qemu)QEMU_NONE;
}

/* A panic is told in one line, and its call trace comes behind. */
static const char *panic_in(char *text)
{
	char *line = strstr(text, "Kernel panic");

	if (line)
		line[strcspn(line, "\r\n")] = '\0';
	return line;
}

static char *last_octets(char *text, size_t most)
{
	size_t len = strlen(text);
	char *c;

	while (len && strchr("\r\n", text[len - 1]))
		text[--len] = '\0';
	text += len > most ? len - most : 0;
	for (c = text; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = *c == '\n' ? '|' : ' ';
	return text;
}

const char *qemu_console(const struct qemu *q, struct arena *a)
{
	off_t size = lseek(q->console, 0, SEEK_END);
	off_t at = size > CONSOLE_MAX ? size - CONSOLE_MAX : 0;
	char *text = arena_alloc(a, CONSOLE_MAX + 1);
	ssize_t n = pread(q->console, text, CONSOLE_MAX, at);
	const char *said;

	text[n > 0 ? n : 0] = '\0';
	said = panic_in(text);
	if (!said)
		said = last_octets(text, CONSOLE_LAST);
	return *said ? said : "silent";
}

/* One answer, of which there is one for each command, among what is told. */
static json_t *hear_answer(int fd, struct fault *f)
{
	int64_t deadline = clock_mono_ns() + ANSWER_NS;
	char buf[ANSWER_MAX];
	size_t len = 0, line;
	json_t *j;

	for (;;) {
		if (child_hear(fd, buf, sizeof(buf), &len, deadline) !=
		    CHILD_LINE) {
			fault_set(f, "QEMU's monitor does not answer");
			return NULL;
		}
		line = (size_t)((char *)memchr(buf, '\n', len) - buf) + 1;
		j = json_loadb(buf, line, 0, NULL);
		len -= line;
		memmove(buf, buf + line, len);
		if (json_object_get(j, "return") || json_object_get(j, "error"))
			return j;
		json_decref(j);
	}
}

/* A command with one descriptor beside it, or none (-1). */
static int send_command(int fd, const char *text, int beside)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
				.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS } };
	struct iovec part = { (char *)text, strlen(text) };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };

	if (beside >= 0) {
		memcpy(CMSG_DATA(&control.head), &beside, sizeof(beside));
		m.msg_control = &control;
		m.msg_controllen = sizeof(control.room);
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL) == (ssize_t)part.iov_len ? 0 : -1;
}

/* The answer's "return", or NULL with a fault. */
static json_t *ask(const struct qemu *q, const char *text, int beside,
		   struct fault *f)
{
	json_t *answer = NULL, *value;

	if (send_command(q->monitor, text, beside))
		fault_errno(f, "QEMU's monitor");
	else
		answer = hear_answer(q->monitor, f);
	value = json_incref(json_object_get(answer, "return"));
	if (answer && !value)
		fault_set(f, "QEMU: %s",
			  json_string_value(json_object_get(
				  json_object_get(answer, "error"), "desc")));
	json_decref(answer);
	return value;
}

static int command(const struct qemu *q, const char *text, int beside,
		   struct fault *f)
{
	json_t *value = ask(q, text, beside, f);

	json_decref(value);
	return value ? 0 : -1;
}

/*
 * The guest is not stopped first: what is restored would have to be told to
 * go on.
 */
int qemu_save(const struct qemu *q, int state, struct fault *f)
{
	static const char *const commands[] = {
		"{\"execute\": \"qmp_capabilities\"}",
		"{\"execute\": \"migrate-set-parameters\", \"arguments\": "
		"{\"max-bandwidth\": 1000000000000}}",
		"{\"execute\": \"getfd\", \"arguments\": {\"fdname\": "
		"\"state\"}}",
		"{\"execute\": \"migrate\", \"arguments\": {\"uri\": "
		"\"fd:state\"}}",
	};
	int rc = 0;

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		bool takes_it = strstr(commands[i], "getfd") != NULL;

		rc = command(q, commands[i], takes_it ? state : -1, f);
		if (rc)
			break;
	}
	close(state);
	return rc;
}

int qemu_saved(const struct qemu *q, struct fault *f)
{
	json_t *told = ask(q, "{\"execute\": \"query-migrate\"}", -1, f);
	const char *status = json_string_value(json_object_get(told, "status"));
	int rc = told ? 0 : -1;

	if (told && (!status || strcmp(status, "completed") != 0))
		rc = fault_set(f, "QEMU does not write the guest's state: %s",
			       status ? status : "");
	json_decref(told);
	return rc || command(q, "{\"execute\": \"cont\"}", -1, f) ? -1 : 0;
}
