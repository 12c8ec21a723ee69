/*
 * The agent's octets: what is sent is the pattern, what is received is held
 * against it. Knows offsets in a stream, not what it is for.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "agent/agent_own.h"
#include "base/array.h"
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

static _Thread_local volatile sig_atomic_t piped;

void agent_on_pipe(int sig)
{
	piped = sig;
}

/* What is told of an error: the signal too, which is asked for or is not. */
static long told(struct agent *a, int err)
{
	if (err != EPIPE || !piped)
		return -err;
	memcpy(a->text, "SIGPIPE", sizeof("SIGPIPE"));
	return AGENT_TEXT;
}

/* One call, however long: a second one would eat the error of the first. */
static long send_pattern(struct agent *a, struct conn *c, size_t len, int flags)
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
	piped = 0;
	n = sendmsg(agent_fd(a, c), &msg, flags);
	if (n < 0)
		return told(a, errno);
	c->sent += (size_t)n;
	return n;
}

/* The flags that a word of send or recv stands for; none: those without. */
static const struct how {
	const char *word;
	int send; /* -1: no word of send's */
	int recv;
} hows[] = {
	{ "none", MSG_NOSIGNAL, 0 },
	{ "oob", MSG_NOSIGNAL | MSG_OOB, MSG_OOB },
	{ "dontwait", MSG_NOSIGNAL | MSG_DONTWAIT, MSG_DONTWAIT },
	{ "signal", 0, -1 },
	{ "peek", -1, MSG_PEEK },
};

static const struct how *how_of(const char *word)
{
	for (size_t i = 0; word && i < ARRAY_SIZE(hows); i++)
		if (strcmp(word, hows[i].word) == 0)
			return &hows[i];
	return word ? NULL : &hows[0];
}

static long agent_send(struct agent *a, struct conn *c)
{
	const struct how *how = how_of(a->arg[1]);
	long len;

	if (!agent_number(a->arg[0], 0, AGENT_OCTETS_MAX, &len) || !how ||
	    how->send < 0)
		return -EINVAL;
	return send_pattern(a, c, (size_t)len, how->send);
}

static long agent_fill(struct agent *a, struct conn *c)
{
	long n, total = 0;

	while ((n = send_pattern(a, c, PIECE, MSG_NOSIGNAL | MSG_DONTWAIT)) > 0)
		total += n;
	return n == -EAGAIN ? total : n;
}

/* How far ahead in the stream the octet is that recv with MSG_OOB takes. */
static uint64_t urgent_ahead(const struct conn *c)
{
	int ahead = 0;

	return ioctl(conn_fd(c), FIONREAD, &ahead) ? 0 : (uint64_t)ahead;
}

/* The octet at the mark is none of the stream's, unless it is taken inline. */
static uint64_t skipped(int fd, int flags)
{
	int is_inline = 0;
	socklen_t len = sizeof(is_inline);

	getsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &is_inline, &len);
	return !is_inline && !(flags & MSG_OOB) && sockatmark(fd) == 1;
}

/* One recv, held against the pattern; 0 is the end of the stream. */
static long recv_pattern(struct agent *a, struct conn *c, size_t len, int flags)
{
	int fd = agent_fd(a, c);
	bool urgent = flags & MSG_OOB;
	uint64_t skip = urgent ? urgent_ahead(c) : skipped(fd, flags);
	ssize_t n;

	if (len > a->room_size) {
		a->room = memory_resize(a->room, len, 1);
		a->room_size = len;
	}
	n = recv(fd, a->room, len, flags);
	if (n < 0)
		return -errno;
	if (!is_pattern(a->room, (size_t)n, c->received + skip))
		return -EBADMSG;
	if (n > 0 && !urgent && !(flags & MSG_PEEK))
		c->received += (size_t)n + skip;
	return n;
}

/* "recv N" waits for all N, unless it is told otherwise. */
static long agent_recv(struct agent *a, struct conn *c)
{
	char *const *arg = a->arg;
	bool sized = arg[0] && !how_of(arg[0]);
	const struct how *how = how_of(arg[sized]);
	long n, len = READ_MAX;

	if (!how || how->recv < 0 || (arg[0] && !sized && arg[1]) ||
	    (sized && !agent_number(arg[0], 1, AGENT_OCTETS_MAX, &len)))
		return -EINVAL;
	if (how->recv & MSG_OOB)
		len = 1;
	n = recv_pattern(a, c, (size_t)len,
			 how->recv | (sized && how == hows ? MSG_WAITALL : 0));
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
	{ "send", 1, 2, .each = agent_send },
	{ "fill", 0, 0, .each = agent_fill },
	{ "recv", 0, 2, .each = agent_recv },
	{ "drain", 0, 0, .each = agent_drain },
	{ .name = NULL },
};
