/*
 * What the files of the agent share among themselves: its sockets and what a
 * command's function answers. For agent/agent*.c only.
 */
#ifndef AGENT_AGENT_OWN_H
#define AGENT_AGENT_OWN_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define AGENT_LINE_MAX	 256 /* a command, its newline included */
#define AGENT_ANSWER_MAX 128
#define AGENT_DUP_MAX	 8 /* descriptors of one socket */
#define AGENT_CONN_MAX	 65535
/* The most one send or recv is asked for: one call carries it all. */
#define AGENT_OCTETS_MAX 16000000

/* One connection: a stack of descriptors of one socket. */
struct conn {
	int fd[AGENT_DUP_MAX];
	int n_fd;      /* 0: closed */
	bool fresh;    /* neither bound nor connected yet */
	uint64_t sent; /* octets so far: offsets in the pattern */
	uint64_t received;
};

struct agent {
	int family; /* AF_INET or AF_INET6; 0 before "use" */
	struct sockaddr_storage self;
	struct sockaddr_storage peer;
	struct conn *conn;
	size_t n_conn;
	int listener;  /* -1: none */
	uint8_t *room; /* what recv reads into */
	size_t room_size;
	char text[AGENT_ANSWER_MAX]; /* the answer of AGENT_TEXT */
};

/*
 * What a command's function returns: a number from 0 up, a negative errno,
 * or one of these two. args is what follows the verb, and may be cut up.
 */
#define AGENT_EOF  LONG_MIN
#define AGENT_TEXT (LONG_MIN + 1) /* a->text has it */

typedef long agent_whole_fn(struct agent *a, char *args);
typedef long agent_each_fn(struct agent *a, struct conn *c, char *args);

/* A row of the command table: exactly one of the two functions. */
struct agent_command {
	const char *name;
	agent_whole_fn *whole;
	agent_each_fn *each; /* made on every connection */
};

/*
 * Closes every socket, with an RST where it is connected. Makes only calls
 * that a signal handler may make.
 */
void agent_drop_all(struct agent *a);

/* The rows of the command table; NULL: there are no more. */
const struct agent_command *agent_command_nth(size_t i);

/* The next word of *args, cut out, or NULL at the end. */
char *agent_word(char **args);

/* True when text is a decimal number in [min, max], put in *n. */
bool agent_number(const char *text, long min, long max, long *n);

/* As agent_number, for args that have to be that one word. */
bool agent_sole_number(char *args, long min, long max, long *n);

/* The newest descriptor of c, or -1. */
int conn_fd(const struct conn *c);

/*
 * The socket an option is set on: the connection's, else the listener, else
 * a fresh one made now. Negative errno when it cannot be made.
 */
int agent_option_fd(struct agent *a, struct conn *c);

/* agent_sock.c */
agent_whole_fn agent_use, agent_reset, agent_listen, agent_unlisten;
agent_whole_fn agent_accept, agent_exit, agent_kill;
agent_each_fn agent_connect, agent_shutdown, agent_close, agent_dup;
agent_each_fn agent_forget;

/* agent_io.c */
agent_each_fn agent_send, agent_fill, agent_recv, agent_drain;

/* agent_opt.c */
agent_each_fn agent_linger, agent_linger2, agent_user_timeout;
agent_each_fn agent_keepalive, agent_nodelay, agent_cork, agent_nonblock;
agent_each_fn agent_rcvbuf, agent_sndbuf, agent_poll, agent_error;
agent_each_fn agent_outq, agent_inq;

#endif
