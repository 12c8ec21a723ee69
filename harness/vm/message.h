/*
 * What passes between the harness and a guest of its own, over one stream: a
 * length of four octets, little-endian, and so many octets. After the guest's
 * greeting each job is one message, and its answer three: the outcome, the
 * capture, the ladder.
 */
#ifndef VM_MESSAGE_H
#define VM_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#define MESSAGE_MAX (64u << 20)

/* The guest's end of it, in the environment that the kernel gives it. */
#define VM_PORT "LASTACK_PORT"

/* 0, or -1 with errno. */
int message_send(int fd, const void *data, size_t len);

/*
 * One message, malloc'ed and with a NUL behind it. NULL with errno: ETIMEDOUT
 * when the monotonic deadline passed first, EPIPE at the end of the stream,
 * EBADMSG for a length that no message has. INT64_MAX waits for ever.
 */
char *message_receive(int fd, size_t *len, int64_t deadline_ns);

#endif
