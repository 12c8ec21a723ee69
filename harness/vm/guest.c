/*
 * The first process of a guest of ours: makes its world, and plays the jobs
 * that come over its port on lanes of its own. Knows nothing of the machine
 * outside, where time is another.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/folder.h"
#include "run/lane.h"
#include "run/played.h"
#include "run/result.h"
#include "script/parse.h"
#include "vm/message.h"

#define PORT	"/dev/vport0p1" /* unless VM_PORT is another */
#define MODULES "/modules"
#define CAPTURE "/run/job.pcapng"
#define LADDER	"/run/job.fin"

/*
 * In the first second of a kernel's life TIME-WAIT has no timestamps yet, for
 * it counts them by the seconds of CLOCK_MONOTONIC: until then no case begins.
 */
#define SETTLE_S 2

static const struct {
	const char *what, *where, *type;
} mounts[] = {
	{ "devtmpfs", "/dev", "devtmpfs" }, { "proc", "/proc", "proc" },
	{ "sysfs", "/sys", "sysfs" },	    { "tmpfs", "/run", "tmpfs" },
	{ "tmpfs", "/tmp", "tmpfs" },
};

/* What is said goes to the console, whose last lines the harness shows. */
static void say_errno(const char *what)
{
	fprintf(stderr, "guest: %s: %s\n", what, strerror(errno));
}

static void mount_all(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		mkdir(mounts[i].where, 0755);
		if (mount(mounts[i].what, mounts[i].where, mounts[i].type, 0,
			  NULL) &&
		    errno != EBUSY)
			say_errno(mounts[i].where);
	}
}

static void load_module(const char *name)
{
	char path[512];
	int fd;

	snprintf(path, sizeof(path), MODULES "/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST))
		say_errno(path);
	if (fd >= 0)
		close(fd);
}

/* In the order in which they need each other. */
static void load_modules(void)
{
	FILE *list = fopen(MODULES "/list", "re");
	char name[256];

	while (list && fgets(name, sizeof(name), list)) {
		name[strcspn(name, "\n")] = '\0';
		load_module(name);
	}
	if (list)
		fclose(list);
}

/*
 * What else would wake an idle guest twice a second: two hours are as long as
 * it is often woken in them.
 */
static const struct {
	const char *path, *value;
} settings[] = {
	{ "/proc/sys/vm/compaction_proactiveness", "0" },
	{ "/proc/sys/vm/stat_interval", "1000000" },
};

static void be_calm(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		int fd = open(settings[i].path, O_WRONLY | O_CLOEXEC);

		/* Older kernels lack the one or the other. */
		if (fd < 0)
			continue;
		if (write(fd, settings[i].value, strlen(settings[i].value)) < 0)
			say_errno(settings[i].path);
		close(fd);
	}
}

/* A terminal, as a user-mode kernel has it, would answer with an echo. */
static int be_stream(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t))
		return 0;
	cfmakeraw(&t);
	return tcsetattr(fd, TCSANOW, &t);
}

/* The port appears some time after its driver. */
static int open_port(const char *path)
{
	struct timespec little = { .tv_nsec = 10000000 };
	int fd = -1;

	for (int i = 0; i < 500 && fd < 0; i++) {
		fd = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			nanosleep(&little, NULL);
	}
	if (fd >= 0 && be_stream(fd) == 0)
		return fd;
	say_errno(path);
	return -1;
}

static void say_fault(void *ctx, const char *text, size_t n)
{
	(void)ctx;
	(void)n;
	fprintf(stderr, "guest: %s\n", text);
}

/* One job as it came; its texts are those of the document. */
static int read_job(const json_t *j, struct job *job, struct script **s)
{
	const char *path, *name, *text, *bug = NULL;
	json_int_t timeout;
	int family, link, round;

	if (json_unpack((json_t *)j, "{s:s, s:s, s:s, s:i, s:i, s:i, s:I, s?s}",
			"path", &path, "name", &name, "text", &text, "family",
			&family, "link", &link, "round", &round, "timeout_ns",
			&timeout, "bug", &bug))
		return -1;
	*s = parse_script(path, text, strlen(text), say_fault, NULL);
	*job = (struct job){ .script = *s,
			     .name = name,
			     .family = family,
			     .link = (enum link_kind)link,
			     .round = (unsigned int)round,
			     .capture = CAPTURE,
			     .ladder = LADDER,
			     .shown = true,
			     .timeout_ns = timeout,
			     .bug = bug ? bug_find(bug) : NULL };
	return *s ? 0 : -1;
}

static int send_file(int port, const char *path)
{
	struct fault f;
	size_t len = 0;
	char *data = folder_read(path, &len, &f);
	int rc = message_send(port, data ? data : "", data ? len : 0);

	free(data);
	unlink(path);
	return rc;
}

static int answer(int port, const struct outcome *out)
{
	char *text = result_pack(out);
	int rc = message_send(port, text, strlen(text));

	free(text);
	return rc || send_file(port, CAPTURE) || send_file(port, LADDER) ? -1
									 : 0;
}

static int play(int port, struct lane *lane, const char *text, size_t len)
{
	json_t *j = json_loadb(text, len, 0, NULL);
	struct outcome out = { 0 };
	struct script *s = NULL;
	struct job job;
	int rc;

	if (read_job(j, &job, &s))
		out = (struct outcome){ .verdict = VERDICT_BROKEN,
					.reason = "the guest cannot read the "
						  "job" };
	else
		lane_play(lane, &job, &out);
	if (out.left)
		played_keep(out.left, &out);
	rc = answer(port, &out);
	script_free(s);
	json_decref(j);
	return rc;
}

static int greet(int port, const char *fault)
{
	json_t *j = json_pack("{s:s?}", "fault", fault);
	char *text = json_dumps(j, 0);
	int rc = message_send(port, text, strlen(text));

	free(text);
	json_decref(j);
	return rc;
}

/*
 * A kernel without random numbers waits for them, and counts instructions
 * until it has some; one that comes out of a snapshot has those of its like.
 */
static void take_seed(const json_t *words)
{
	struct {
		struct rand_pool_info head;
		__u32 room[8];
	} seed = { .head = { .entropy_count = 8 * sizeof(seed.room),
			     .buf_size = sizeof(seed.room) } };
	int fd = open("/dev/urandom", O_RDWR | O_CLOEXEC);

	for (size_t i = 0; i < ARRAY_SIZE(seed.room); i++)
		seed.room[i] =
			(__u32)json_integer_value(json_array_get(words, i));
	if (fd < 0 || ioctl(fd, RNDADDENTROPY, &seed) ||
	    ioctl(fd, RNDRESEEDCRNG))
		say_errno("/dev/urandom");
	if (fd >= 0)
		close(fd);
}

static void take_time(json_int_t now_ns)
{
	const struct timespec now = { .tv_sec = now_ns / NS_PER_S,
				      .tv_nsec = now_ns % NS_PER_S };

	if (clock_settime(CLOCK_REALTIME, &now))
		say_errno("the clock");
}

static json_t *hear_json(int port)
{
	size_t len;
	char *text = message_receive(port, &len, INT64_MAX);
	json_t *j = text ? json_loadb(text, len, 0, NULL) : NULL;

	free(text);
	return j;
}

/* The first message says what lies between the ends. */
static struct lane *open_lane(int port, struct ends_plan *plan)
{
	struct lane *lane = NULL;
	struct fault f;
	json_t *j = hear_json(port);
	int link, real_time;

	if (json_unpack(j, "{s:i, s:b}", "link", &link, "real_time",
			&real_time))
		fault_set(&f, "the guest cannot read what it is to join");
	else if (stack_choose("kernel", &plan->stack[SIDE_A], &f) == 0 &&
		 stack_choose("kernel", &plan->stack[SIDE_B], &f) == 0) {
		plan->link = (enum link_kind)link;
		plan->real_time = real_time;
		lane = lane_open(plan, -1, &f);
	}
	json_decref(j);
	return greet(port, lane ? NULL : f.text) ? NULL : lane;
}

/* The second says when it is: a snapshot is of a guest that waits for it. */
static int begin(int port)
{
	json_t *j = hear_json(port), *seed;
	json_int_t now_ns;
	int bad =
		json_unpack(j, "{s:I, s:o}", "now_ns", &now_ns, "seed", &seed);

	if (!bad) {
		take_seed(seed);
		take_time(now_ns);
	}
	json_decref(j);
	return greet(port, bad ? "the guest cannot read when it is" : NULL);
}

static int serve(int port)
{
	struct ends_plan plan = { .warped = true };
	struct lane *lane;
	size_t len;
	char *text;

	lane = message_send(port, "{}", 2) ? NULL : open_lane(port, &plan);
	if (lane && begin(port))
		return 1;
	while (lane && (text = message_receive(port, &len, INT64_MAX))) {
		int rc = play(port, lane, text, len);

		free(text);
		if (rc)
			break;
	}
	return 1;
}

/* The kernel panics when its first process ends: another one plays. */
static void be_init(void)
{
	const char *path = getenv(VM_PORT);
	pid_t player;
	int port;

	mount_all();
	load_modules();
	be_calm();
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME,
			&(struct timespec){ .tv_sec = SETTLE_S }, NULL);
	port = open_port(path ? path : PORT);
	player = fork();
	if (player == 0)
		_exit(port < 0 ? 1 : serve(port));
	while (waitpid(-1, NULL, 0) != player && errno != ECHILD)
		;
	reboot(RB_POWER_OFF);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "agent") == 0)
		return agent_main();
	if (getpid() != 1) {
		fprintf(stderr, "lastack-guest: is the first process of a "
				"guest, and nothing else\n");
		return 2;
	}
	be_init();
	return 0;
}
