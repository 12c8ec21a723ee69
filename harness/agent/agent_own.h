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

#include "agent/agent_port.h"

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
	int watch; /* of "epoll edge"; 0: none yet */
};

struct agent {
	/* Of the command being carried out; NULL where it has no more. */
	char *arg[AGENT_ARGS_MAX + 1];
	int family; /* AF_INET or AF_INET6; 0 before "use" */
	struct sockaddr_storage self;
	struct sockaddr_storage peer;
	struct conn *conn;
	size_t n_conn;
	int listener; /* -1: none */
	/* A forked process with our descriptors, and what it waits on; or 0. */
	pid_t child;
	int child_pipe;
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
	bool (*is_here)(void); /* the system may lack it; NULL: it has it */
};

/*
 * Closes every socket, with an RST where it is connected. Makes only calls
 * that a signal handler may make.
 */
void agent_drop_all(struct agent *a);

#ifdef __linux__
/* Waits for the second thread, whose call is interrupted. */
void agent_thread_end(void);
#else
static inline void agent_thread_end(void)
{
}
#endif

/* agent_fork.c, or nothing where there is no such thing: */
#ifndef _WIN32
/* The other process ends, by itself when sig is 0. 0, or a negative errno. */
long agent_child_end(struct agent *a, int sig);

/* Descriptors for n connections, as far as this process may have them. */
long agent_raise_limit(size_t n);
#else
static inline long agent_child_end(struct agent *a, int sig)
{
	(void)a;
	(void)sig;
	return 0;
}

static inline long agent_raise_limit(size_t n)
{
	(void)n;
	return 0;
}
#endif

/*
 * Cuts the line up into the command's name and a->arg, which points into it.
 * NULL: no command, or not with so many arguments.
 */
const struct agent_command *agent_read_command(struct agent *a, char *line);

/* Makes the call, on every connection where that is the row's; text gets the
 * answer. */
void agent_carry_out(struct agent *a, const struct agent_command *cmd,
		     char text[AGENT_ANSWER_MAX]);

/* The rows of all command tables; NULL: there are no more. */
const struct agent_command *agent_command_nth(size_t i);

/* The row so called, or NULL: there is none, or not on this system. */
const struct agent_command *agent_find_command(const char *name);

/* True when text is a decimal number in [min, max], put in *n. */
bool agent_number(const char *text, long min, long max, long *n);

/* The newest descriptor of c, or -1. */
int conn_fd(const struct conn *c);

/* The newest descriptor of c, else the listener's, or -1. */
int agent_fd(const struct agent *a, const struct conn *c);

/*
 * The socket an option is set on: the connection's, else the listener, else
 * a fresh one made now. Negative errno when it cannot be made.
 */
int agent_option_fd(struct agent *a, struct conn *c);

/*
 * The commands, each beside its function; NULL names end a table. "use",
 * "reset" and "can" apart they are the verbs of the case language.
 */
extern const struct agent_command agent_sock_commands[];
extern const struct agent_command agent_io_commands[];
extern const struct agent_command agent_opt_commands[];
extern const struct agent_command agent_can_commands[];
extern const struct agent_command agent_ask_commands[];
extern const struct agent_command agent_thread_commands[]; /* Linux */
extern const struct agent_command agent_linux_commands[];
extern const struct agent_command agent_fork_commands[]; /* not Windows */

/* agent_opt.c: sets an option to what a->arg says. */
long agent_set(struct agent *a, struct conn *c, const struct agent_option *o);

/* agent_io.c: SIGPIPE came in a call of this thread. */
void agent_on_pipe(int sig);

#endif
