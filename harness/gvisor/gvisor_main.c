/*
 * The program lastack-gvisor, which is in two places. Started with the path of
 * runsc it makes a sandbox around itself. In there, without arguments, it is
 * the first process: the stack lives as long as it does, and agents come and
 * go, one at a time.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/agent.h"
#include "gvisor/gvisor_box.h"
#include "stack/gvisor_words.h"

/*
 * As much as Linux sends from: of the megabyte that is the default all would
 * have to cross where a case fills it.
 */
static bool set_send_buffer(void)
{
	FILE *out = fopen("/proc/sys/net/ipv4/tcp_wmem", "we");

	return out && fputs("4096 65536 65536\n", out) >= 0 && fclose(out) == 0;
}

/* Of both families. What is never accepted stays as it is. */
static bool listen_for_probes(void)
{
	const struct sockaddr_in6 any = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(GVISOR_PROBE_PORT),
	};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && !bind(fd, (const void *)&any, sizeof(any)) &&
	       !listen(fd, 1);
}

static bool harness_is_gone(void)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLRDHUP };

	return poll(&in, 1, 0) < 0 || in.revents;
}

static volatile sig_atomic_t the_agent;

/* The harness has no other way to end an agent that is in a call. */
static void on_usr1(int sig)
{
	(void)sig;
	if (the_agent > 0)
		kill(the_agent, SIGKILL);
}

/* Each greets, by which the end of the last one is known outside. */
static int serve(void)
{
	signal(SIGUSR1, on_usr1);
	do {
		the_agent = fork();
		if (the_agent == 0)
			return agent_main();
		while (waitpid(the_agent, NULL, 0) < 0 && errno == EINTR)
			;
	} while (the_agent > 0 && !harness_is_gone());
	return the_agent < 0;
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return gvisor_box(argv[1]);
	if (!set_send_buffer() || !listen_for_probes()) {
		perror("lastack-gvisor: cannot begin");
		return 1;
	}
	return serve();
}
