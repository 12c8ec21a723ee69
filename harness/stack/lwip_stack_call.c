/*
 * lwIP's caller: an agent process like any other, but that its frames are
 * taken off while it is waited for, and that in virtual time waiting lets it
 * pass.
 */
#include "stack/lwip_stack_own.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"

/* Frames of a whole window and more. */
#define WIRE_OCTETS (4 << 20)
/* Of the machine's time, between two looks at a call in virtual time. */
#define LOOK_MS 1

static struct lwip_stack *stack_of(struct caller *c)
{
	struct agent_process *a = (struct agent_process *)(void *)c;

	return (struct lwip_stack *)(void *)((char *)a -
					     offsetof(struct lwip_stack,
						      agent));
}

static int open_wire(struct lwip_stack *l, int pair[2], struct fault *f)
{
	int room = WIRE_OCTETS;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return fault_errno(f, "cannot make a socketpair");
	for (int i = 0; i < 2; i++)
		if (setsockopt(pair[i], SOL_SOCKET, SO_SNDBUFFORCE, &room,
			       sizeof(room)))
			setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &room,
				   sizeof(room));
	l->wire = pair[0];
	l->agent.frames = pair[1];
	return 0;
}

static void close_wire(struct lwip_stack *l)
{
	if (l->wire >= 0)
		close(l->wire);
	l->wire = -1;
}

static void call_stop(struct caller *c)
{
	struct lwip_stack *l = stack_of(c);

	lwip_clock_leave(l);
	l->usual->stop(c);
	close_wire(l);
}

/* The stack is the process's: a fresh one knows nothing of the last. */
static int call_start(struct caller *c, struct fault *f)
{
	struct lwip_stack *l = stack_of(c);
	int pair[2], rc;

	close_wire(l);
	lwip_forget(l);
	l->earlier += l->received;
	l->received = 0;
	l->late_ns = 0;
	if (open_wire(l, pair, f) < 0)
		return -1;
	rc = l->usual->start(c, f);
	close(pair[1]);
	l->agent.frames = -1;
	if (rc == 0 && lwip_introduce(l, f) == 0) {
		if (clock_is_virtual())
			lwip_clock_join(l);
		return 0;
	}
	call_stop(c);
	return -1;
}

static int call_tell(struct caller *c, const char *command, struct fault *f)
{
	stack_of(c)->asleep = false;
	lwip_moment();
	return stack_of(c)->usual->tell(c, command, f);
}

static bool is_asleep(struct lwip_stack *l)
{
	struct lwip_head m = { .word = LWIP_ASLEEP };
	struct fault ignored;

	return lwip_ask(l, &m, NULL, 0, &ignored) == 0 && m.value;
}

/*
 * Until the agent has something to say, or has sent frames, which are kept. A
 * call that sleeps in virtual time is waiting for time to pass.
 */
static void wait_for_it(struct lwip_stack *l, int64_t deadline_ns)
{
	struct pollfd fds[] = { { .fd = l->agent.child.from, .events = POLLIN },
				{ .fd = l->wire, .events = POLLIN } };
	struct fault ignored;
	int ms = clock_is_virtual() ? LOOK_MS : clock_poll_ms(deadline_ns);

	if (clock_is_virtual() && is_asleep(l)) {
		if (poll(fds, 1, 0) == 0)
			lwip_step(deadline_ns);
		return;
	}
	if (poll(fds, 2, ms) > 0 && fds[1].revents)
		lwip_drain(l, &ignored);
}

static enum caller_heard call_hear(struct caller *c, int64_t deadline_ns,
				   char text[STACK_LINE_MAX])
{
	struct lwip_stack *l = stack_of(c);
	enum caller_heard heard;

	for (;;) {
		heard = l->usual->hear(c, 0, text);
		if (heard == CALLER_DIED)
			close_wire(l);
		if (heard != CALLER_NOTHING || clock_mono_ns() >= deadline_ns)
			return heard;
		wait_for_it(l, deadline_ns);
	}
}

/* Waiting for the stack's lock is no sleep, and it is not held as we ask. */
static bool call_sleeps(struct caller *c, int64_t deadline_ns)
{
	struct lwip_stack *l = stack_of(c);

	while (l->usual->sleeps(c, deadline_ns))
		if (is_asleep(l))
			return !child_wait_readable(l->agent.child.from, 0);
	return false;
}

void lwip_caller_init(struct lwip_stack *l, const char *command, int cpu)
{
	agent_process_init(&l->agent, l->stack.side, cpu);
	l->agent.command = command;
	l->usual = l->agent.caller.ops;
	l->ops = *l->usual;
	l->ops.start = call_start;
	l->ops.stop = call_stop;
	l->ops.tell = call_tell;
	l->ops.hear = call_hear;
	l->ops.sleeps = call_sleeps;
	l->agent.caller.ops = &l->ops;
	l->wire = -1;
}
