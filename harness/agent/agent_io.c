/*
 * The agent's octets: what is sent is the pattern, what is received is held
 * against it. Knows offsets in a stream, not what it is for.
 */
#include <errno.h>
#include <sys/uio.h>

#include "agent/agent_own.h"
#include "base/memory.h"
#include "base/stream.h"

#define PIECE	   (STREAM_PERIOD * 256)
#define PIECES_MAX (AGENT_OCTETS_MAX / PIECE + 1)
#define READ_MAX   65536

/* The pattern from any phase on, for a whole number of periods. */
static const uint8_t *pattern_from(uint64_t offset)
{
	static uint8_t octets[PIECE + STREAM_PERIOD];
	size_t i;

	if (octets[1] == 0)
		for (i = 0; i < sizeof(octets); i++)
			octets[i] = stream_octet(i);
	return octets + offset % STREAM_PERIOD;
}

static bool is_pattern(const uint8_t *octets, size_t len, uint64_t offset)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (octets[i] != stream_octet(offset + i))
			return false;
	return true;
}

/* One call, however long: a second one would eat the error of the first. */
static long send_pattern(struct conn *c, size_t len, int flags)
{
	struct iovec piece[PIECES_MAX];
	struct msghdr msg = { .msg_iov = piece };
	const uint8_t *octets = pattern_from(c->sent);
	ssize_t n;

	do {
		piece[msg.msg_iovlen].iov_base = (void *)octets;
		piece[msg.msg_iovlen].iov_len = len < PIECE ? len : PIECE;
		len -= piece[msg.msg_iovlen++].iov_len;
	} while (len > 0);
	n = sendmsg(conn_fd(c), &msg, flags | MSG_NOSIGNAL);
	if (n < 0)
		return -errno;
	c->sent += (size_t)n;
	return n;
}

static long agent_send(struct agent *a, struct conn *c)
{
	long len;

	if (!agent_number(a->arg[0], 0, AGENT_OCTETS_MAX, &len))
		return -EINVAL;
	return send_pattern(c, (size_t)len, 0);
}

static long agent_fill(struct agent *a, struct conn *c)
{
	long n, total = 0;

	(void)a;
	while ((n = send_pattern(c, PIECE, MSG_DONTWAIT)) > 0)
		total += n;
	return n == -EAGAIN ? total : n;
}

/* One recv, held against the pattern; 0 is the end of the stream. */
static long recv_pattern(struct agent *a, struct conn *c, size_t len, int flags)
{
	ssize_t n;

	if (len > a->room_size) {
		a->room = memory_resize(a->room, len, 1);
		a->room_size = len;
	}
	n = recv(conn_fd(c), a->room, len, flags);
	if (n < 0)
		return -errno;
	if (!is_pattern(a->room, (size_t)n, c->received))
		return -EBADMSG;
	c->received += (size_t)n;
	return n;
}

static long agent_recv(struct agent *a, struct conn *c)
{
	const char *size = a->arg[0];
	long n, len = READ_MAX;

	if (size && !agent_number(size, 1, AGENT_OCTETS_MAX, &len))
		return -EINVAL;
	n = recv_pattern(a, c, (size_t)len, size ? MSG_WAITALL : 0);
	return n == 0 ? AGENT_EOF : n;
}

static long agent_drain(struct agent *a, struct conn *c)
{
	long n, total = 0;

	while ((n = recv_pattern(a, c, READ_MAX, 0)) > 0)
		total += n;
	return n < 0 ? n : total;
}

const struct agent_command agent_io_commands[] = {
	{ "send", 1, 1, .each = agent_send },
	{ "fill", 0, 0, .each = agent_fill },
	{ "recv", 0, 1, .each = agent_recv },
	{ "drain", 0, 0, .each = agent_drain },
	{ .name = NULL },
};
