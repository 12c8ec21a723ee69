/*
 * lwIP's frames and questions, over one socket and therefore in order; and
 * the time that ends of it share when it is the harness's.
 */
#include "stack/lwip_stack_own.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/memory.h"

/* Of the machine's time: a program that answers no longer is broken. */
#define TRUST_MS 10000

struct lwip_queued {
	struct lwip_queued *next;
	int64_t at_ns;
	size_t len;
	uint8_t octets[LWIP_FRAME_MAX];
};

/* The ends that live in virtual time. */
static struct lwip_stack *in_time[2];

static int gone(const struct lwip_stack *l, struct fault *f)
{
	return fault_set(f, "%c's lwIP has ended", side_letter(l->stack.side));
}

/* Were nothing to take any time, what came first could not be told. */
void lwip_moment(void)
{
	if (clock_is_virtual())
		clock_pass_until(clock_mono_ns() + NS_PER_US);
}

/*
 * A frame is of the moment it was sent, which is not when we look, and by the
 * clock that calls are of: what is read from another one and converted is as
 * wrong as the time between both readings is long.
 */
static void queue(struct lwip_stack *l, const struct lwip_head *m,
		  const uint8_t *octets, size_t len)
{
	struct lwip_queued *q = memory_zeroed(1, sizeof(*q));

	lwip_moment();
	q->at_ns = clock_is_virtual() ? clock_real_ns() : m->at_ns;
	q->len = len;
	memcpy(q->octets, octets, len);
	*l->tail = q;
	l->tail = &q->next;
}

/* The next message; a frame is queued. 1: an answer, 0: none now, -1. */
static int take(struct lwip_stack *l, struct lwip_head *m, int flags,
		struct fault *f)
{
	uint8_t octets[LWIP_FRAME_MAX];
	struct iovec part[] = { { m, sizeof(*m) }, { octets, sizeof(octets) } };
	struct msghdr msg = { .msg_iov = part, .msg_iovlen = 2 };
	ssize_t n = recvmsg(l->wire, &msg, flags);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < (ssize_t)sizeof(*m))
		return gone(l, f);
	if (n == (ssize_t)sizeof(*m))
		return 1;
	queue(l, m, octets, (size_t)n - sizeof(*m));
	return 0;
}

static int tell(struct lwip_stack *l, const struct lwip_head *m,
		const void *octets, size_t len, struct fault *f)
{
	struct iovec part[] = { { (void *)m, sizeof(*m) },
				{ (void *)octets, len } };
	struct msghdr msg = { .msg_iov = part, .msg_iovlen = len ? 2 : 1 };

	if (l->wire < 0 || sendmsg(l->wire, &msg, MSG_NOSIGNAL) < 0)
		return gone(l, f);
	return 0;
}

int lwip_ask(struct lwip_stack *l, struct lwip_head *m, const void *octets,
	     size_t len, struct fault *f)
{
	struct pollfd wire = { .fd = l->wire, .events = POLLIN };
	uint32_t word = m->word;
	int n = 0;

	m->at_ns = m->at_ns ? m->at_ns : clock_mono_ns();
	if (tell(l, m, octets, len, f) < 0)
		return -1;
	while (n == 0) {
		if (poll(&wire, 1, TRUST_MS) == 0)
			return fault_set(f, "%c's lwIP does not answer",
					 side_letter(l->stack.side));
		n = take(l, m, 0, f);
	}
	if (n < 0)
		return -1;
	if (m->word != word)
		return fault_set(f, "%c's lwIP answered something else",
				 side_letter(l->stack.side));
	l->received = m->received;
	l->stack.late_ns += m->late_ns - l->late_ns;
	l->late_ns = m->late_ns;
	l->next_ns = m->next_ns;
	return 0;
}

int lwip_drain(struct lwip_stack *l, struct fault *f)
{
	struct lwip_queued **before;
	struct lwip_head m;
	int n;

	do {
		before = l->tail;
		n = l->wire < 0 ? 0 : take(l, &m, MSG_DONTWAIT, f);
	} while (n > 0 || before != l->tail);
	return n;
}

void lwip_forget(struct lwip_stack *l)
{
	struct lwip_queued *q;

	while ((q = l->head)) {
		l->head = q->next;
		free(q);
	}
	l->tail = &l->head;
}

void lwip_clock_join(struct lwip_stack *l)
{
	in_time[l->stack.side] = l;
}

void lwip_clock_leave(struct lwip_stack *l)
{
	if (in_time[l->stack.side] == l)
		in_time[l->stack.side] = NULL;
}

/* Until it is not in the middle of something that takes no time. */
static void wait_quiet(struct lwip_stack *l)
{
	struct lwip_head m = { .word = LWIP_ASLEEP };
	struct fault ignored;

	while (!l->asleep) {
		if (lwip_ask(l, &m, NULL, 0, &ignored) < 0)
			return;
		l->asleep = m.value;
		if (!l->asleep)
			sched_yield();
	}
}

static void run_timers(struct lwip_stack *l, int64_t until_ns)
{
	struct lwip_head m = { .word = LWIP_UNTIL, .at_ns = until_ns };
	struct fault ignored; /* whoever speaks to it next has it again */

	if (lwip_ask(l, &m, NULL, 0, &ignored) < 0)
		l->next_ns = INT64_MAX;
	l->asleep = false;
}

void lwip_step(int64_t deadline_ns)
{
	int64_t until = deadline_ns;

	for (int i = 0; i < 2; i++) {
		if (!in_time[i])
			continue;
		wait_quiet(in_time[i]);
		if (in_time[i]->next_ns < until)
			until = in_time[i]->next_ns;
	}
	for (int i = 0; i < 2; i++)
		if (in_time[i] && in_time[i]->next_ns <= until)
			run_timers(in_time[i], until);
	clock_pass_until(until);
}

static struct lwip_stack *stack_of(struct plug *p)
{
	return (struct lwip_stack *)(void *)((char *)p -
					     offsetof(struct lwip_stack, plug));
}

static int plug_next(struct plug *p, struct link_frame *frame, struct fault *f)
{
	struct lwip_stack *l = stack_of(p);

	if (lwip_drain(l, f) < 0)
		return -1;
	free(l->shown);
	l->shown = l->head;
	if (!l->shown)
		return 0;
	l->head = l->shown->next;
	if (!l->head)
		l->tail = &l->head;
	frame->at_ns = l->shown->at_ns;
	frame->bytes = l->shown->octets;
	frame->len = l->shown->len;
	return 1;
}

/* Answered when it has been processed: nothing is under way then. */
static int plug_put(struct plug *p, const void *frame, size_t len,
		    struct fault *f)
{
	struct lwip_stack *l = stack_of(p);
	struct lwip_head m = { .word = LWIP_FRAME };

	l->asleep = false;
	return lwip_ask(l, &m, frame, len, f);
}

static bool plug_poll(struct plug *p, int *fd)
{
	struct lwip_stack *l = stack_of(p);

	*fd = l->wire;
	return l->head != NULL;
}

static bool is_calm(void)
{
	struct fault ignored;
	bool calm = true;

	for (int i = 0; i < 2; i++)
		if (in_time[i])
			calm &= lwip_drain(in_time[i], &ignored) == 0 &&
				!in_time[i]->head;
	return calm;
}

static void plug_wait(struct plug *p, int64_t deadline_ns)
{
	(void)p;
	while (is_calm() && clock_mono_ns() < deadline_ns)
		lwip_step(deadline_ns);
}

const struct plug_ops lwip_plug_real = {
	.next = plug_next,
	.put = plug_put,
	.poll = plug_poll,
};

const struct plug_ops lwip_plug_virtual = {
	.next = plug_next,
	.put = plug_put,
	.poll = plug_poll,
	.wait = plug_wait,
};
