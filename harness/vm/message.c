/* Messages over a stream. Knows nothing of what is in them. */
#include "vm/message.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/child.h"
#include "base/memory.h"
#include "base/octets.h"

int message_send(int fd, const void *data, size_t len)
{
	uint8_t head[4];

	for (size_t i = 0; i < sizeof(head); i++)
		head[i] = (uint8_t)(len >> 8 * i);
	return octets_write(fd, head, sizeof(head)) ||
			       octets_write(fd, data, len)
		       ? -1
		       : 0;
}

static int read_all(int fd, void *data, size_t len, int64_t deadline_ns)
{
	uint8_t *at = data;
	ssize_t n;

	while (len) {
		if (deadline_ns != INT64_MAX &&
		    !child_wait_readable(fd, deadline_ns)) {
			errno = ETIMEDOUT;
			return -1;
		}
		n = read(fd, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EPIPE;
		if (n <= 0)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

char *message_receive(int fd, size_t *len, int64_t deadline_ns)
{
	uint8_t head[4];
	size_t size = 0;
	char *data;

	if (read_all(fd, head, sizeof(head), deadline_ns))
		return NULL;
	for (size_t i = sizeof(head); i > 0; i--)
		size = size << 8 | head[i - 1];
	if (size > MESSAGE_MAX) {
		errno = EBADMSG;
		return NULL;
	}
	data = memory_resize(NULL, size + 1, 1);
	if (read_all(fd, data, size, deadline_ns)) {
		free(data);
		return NULL;
	}
	data[size] = '\0';
	*len = size;
	return data;
}
