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
#define AGENT_ARGS_MAX	 6 /* of a command: what "use" has */
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
	/* Of the command being carried out; NULL where it has no more. */
	char *arg[AGENT_ARGS_MAX];
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
 * or one of these two. Its arguments are in a->arg, as many as its row allows.
 */
#define AGENT_EOF  LONG_MIN
#define AGENT_TEXT (LONG_MIN + 1) /* a->text has it */

typedef long agent_whole_fn(struct agent *a);
typedef long agent_each_fn(struct agent *a, struct conn *c);

/* A socket option that is an int, and how its argument is read: false: not. */
struct agent_option {
	int level;
	int name;
	bool (*read)(const char *arg, long *value);
};

/* A row of a command table: one of the last three. */
struct agent_command {
	const char *name;
	int least, most; /* arguments */
	agent_whole_fn *whole;
	agent_each_fn *each;	    /* made on every connection */
	struct agent_option option; /* set on every connection */
};

/*
 * Closes every socket, with an RST where it is connected. Makes only calls
 * that a signal handler may make.
 */
void agent_drop_all(struct agent *a);

/* The rows of all command tables; NULL: there are no more. */
const struct agent_command *agent_command_nth(size_t i);

/* True when text is a decimal number in [min, max], put in *n. */
bool agent_number(const char *text, long min, long max, long *n);

/* The newest descriptor of c, or -1. */
int conn_fd(const struct conn *c);

/*
 * The socket an option is set on: the connection's, else the listener, else
 * a fresh one made now. Negative errno when it cannot be made.
 */
int agent_option_fd(struct agent *a, struct conn *c);

/*
 * The commands, each beside its function; NULL names end a table. agent_use
 * and agent_reset apart they are the verbs of the case language.
 */
extern const struct agent_command agent_sock_commands[];
extern const struct agent_command agent_io_commands[];
extern const struct agent_command agent_opt_commands[];

/* agent_opt.c: sets an option to what a->arg says. */
long agent_set(struct agent *a, struct conn *c, const struct agent_option *o);

#endif
