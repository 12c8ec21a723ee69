/*
 * The rows of agent-check: what a command must answer that is claimed. They
 * try the agent, not the stack: what cases are for is none of their business.
 */
#include <stddef.h>

#include "cmd/agent_check.h"

#define A(command, answer)                          \
	{                                           \
		SIDE_A, command, answer, CHECK_ONCE \
	}
#define B(command, answer)                          \
	{                                           \
		SIDE_B, command, answer, CHECK_ONCE \
	}
#define A_UNTIL(command, answer)                     \
	{                                            \
		SIDE_A, command, answer, CHECK_UNTIL \
	}
#define B_UNTIL(command, answer)                     \
	{                                            \
		SIDE_B, command, answer, CHECK_UNTIL \
	}
#define B_BLOCKS(command)                         \
	{                                         \
		SIDE_B, command, "", CHECK_BLOCKS \
	}
#define B_RETURNS(answer)                         \
	{                                         \
		SIDE_B, "", answer, CHECK_RETURNS \
	}
#define B_ENDS(command)                         \
	{                                       \
		SIDE_B, command, "", CHECK_ENDS \
	}

/* An option that is on or off. */
#define SWITCH(verb)                                                      \
	{                                                                 \
		verb, "takes on and off", true,                           \
		{                                                         \
			B(verb " on", "0"), B(verb " off", "0"),          \
				B(verb, "EINVAL"), B(verb " x", "EINVAL") \
		}                                                         \
	}

/* A size. */
#define SIZE(verb)                                                \
	{                                                         \
		verb, "takes a size", true,                       \
		{                                                 \
			B(verb " 65536", "0"), B(verb, "EINVAL"), \
				B(verb " x", "EINVAL")            \
		}                                                 \
	}

const struct check_row check_rows[] = {
	{ NULL,
	  "refuses what it does not know",
	  false,
	  { B("fly", "ENOSYS"), B("!fly", "ENOSYS"), B("fly away", "ENOSYS"),
	    B("Close", "ENOSYS"), B("can fly", "no") } },
	{ NULL,
	  "refuses arguments that it does not take",
	  false,
	  { B("close now", "EINVAL"), B("send", "EINVAL"),
	    B("send x", "EINVAL"), B("recv x", "EINVAL"),
	    B("listen x", "EINVAL"), B("use 5 a 1 b 2 1", "EINVAL"),
	    B("use 4", "EINVAL") } },
	{ NULL,
	  "has no socket that it has not opened",
	  false,
	  { B("close", "EBADF"), B("accept", "EBADF"), B("send 1", "EBADF"),
	    B("recv", "EBADF") } },
	{ NULL,
	  "takes a connection, octets both ways, and closes",
	  false,
	  { B("listen", "0"), A("connect", "0"), B("accept", "0"),
	    A("send 1000", "1000"), B("recv 600", "600"),
	    B("recv", "400|ENOSYS"), B("send 70000", "70000"),
	    A("recv 70000", "70000"), A("close", "0"), B("recv", "eof|ENOSYS"),
	    B("close", "0") } },
	{ NULL,
	  "connects, and closes first",
	  false,
	  { A("listen", "0"), B("connect", "0"), A("accept", "0"),
	    B("send 10", "10"), A("recv 10", "10"), B("close", "0"),
	    A("recv", "eof"), A("close", "0"), B("close", "EBADF") } },
	{ NULL,
	  "says that it blocks, and answers when it no longer does",
	  false,
	  { B("listen", "0"), B_BLOCKS("accept"), A("connect", "0"),
	    B_RETURNS("0"), B_BLOCKS("recv 10"), A("send 10", "10"),
	    B_RETURNS("10"), A("close", "0"), B("recv", "eof|ENOSYS") } },
	{ NULL,
	  "resets its connection",
	  true,
	  { B("reset", "0"), A_UNTIL("error", "ECONNRESET"),
	    B("close", "EBADF"), B("accept", "EBADF") } },
	{ "unlisten",
	  "no longer listens",
	  false,
	  { B("listen", "0"), B("unlisten", "0"), B("unlisten", "EBADF"),
	    A("connect", "0"), A_UNTIL("error", "ECONNREFUSED") } },
	{ "shutdown",
	  "closes one direction",
	  true,
	  { B("shutdown both", "EINVAL"), B("shutdown wr", "0"),
	    A("recv", "eof"), A("send 10", "10"), B("recv 10", "10"),
	    A("close", "0"), B("recv", "eof|ENOSYS") } },
	{ "drain",
	  "receives to the end",
	  true,
	  { A("send 100000", "100000"), A("close", "0"),
	    B("drain", "100000") } },
	{ "fill", "sends until nothing more fits", true, { B("fill", "N") } },
	{ "linger",
	  "takes a time, and only whole seconds",
	  true,
	  { B("linger 0", "0"), B("linger 2000ms", "0|ENOSYS"),
	    B("linger off", "0"), B("linger", "EINVAL"),
	    B("linger 1500ms", "EINVAL"), B("linger 2", "EINVAL") } },
	{ "linger2",
	  "takes a time",
	  true,
	  { B("linger2 2000ms", "0"), B("linger2 x", "EINVAL") } },
	{ "user-timeout",
	  "takes a time",
	  true,
	  { B("user-timeout 1500ms", "0"), B("user-timeout x", "EINVAL") } },
	{ "keepalive",
	  "takes two times and a count",
	  true,
	  { B("keepalive 1000ms 2000ms 3", "0"), B("keepalive off", "0"),
	    B("keepalive 1000ms", "EINVAL"), B("keepalive x", "EINVAL") } },
	SWITCH("nodelay"),
	SWITCH("cork"),
	SWITCH("reuseaddr"),
	SWITCH("oobinline"),
	SIZE("rcvbuf"),
	SIZE("sndbuf"),
	{ "nonblock",
	  "no longer waits",
	  true,
	  { B("nonblock on", "0"), B("recv", "EAGAIN"),
	    B("nonblock x", "EINVAL") } },
	{ "poll",
	  "sees what has come",
	  true,
	  { B("poll", "OUT"), A("send 10", "10"), B_UNTIL("poll", "IN,OUT") } },
	{ "error",
	  "tells an error once",
	  true,
	  { B("error", "0"), A("reset", "0"), B_UNTIL("error", "ECONNRESET"),
	    B("error", "0") } },
	{ "outq",
	  "counts what is not acknowledged",
	  true,
	  { B("send 10", "10"), B_UNTIL("outq", "0") } },
	{ "inq",
	  "counts what is not received",
	  true,
	  { A("send 10", "10"), B_UNTIL("inq", "10") } },
	{ "dup",
	  "has the connection as long as one descriptor",
	  true,
	  { B("dup", "0"), B("close", "0"), B("send 10", "10"),
	    A("recv 10", "10"), B("close", "0"), A("recv", "eof") } },
	{ "fork",
	  "has the connection as long as one process",
	  true,
	  { B("fork", "0"), B("close", "0"), A("send 10", "10"),
	    A_UNTIL("outq", "0"), B("child exit", "0"),
	    A_UNTIL("error", "ECONNRESET") } },
	{ "child",
	  "has one to kill",
	  true,
	  { B("child exit", "ECHILD"), B("fork", "0"), B("child x", "EINVAL"),
	    B("child kill", "0") } },
	{ "select",
	  "sees what has come",
	  true,
	  { B("select", "WRITE"), A("send 10", "10"),
	    B_UNTIL("select", "READ,WRITE") } },
	{ "epoll",
	  "sees what has come, and once by its edge",
	  true,
	  { B("epoll", "OUT"), B("epoll edge", "OUT"), B("epoll edge", "none"),
	    A("send 10", "10"), B_UNTIL("epoll edge", "IN,OUT"),
	    B("epoll edge", "none"), B("epoll", "IN,OUT"),
	    B("epoll x", "EINVAL") } },
	{ "info",
	  "tells what TCP counts",
	  true,
	  { B("info unacked", "0"), B("info x", "EINVAL") } },
	{ "thread",
	  "makes a call beside others",
	  true,
	  { B("thread recv 10", "0"), B("send 10", "10"), A("send 10", "10"),
	    B("join", "10") } },
	{ "join", "has nothing to wait for", true, { B("join", "ESRCH") } },
	{ "interrupt",
	  "ends a call",
	  true,
	  { B("thread recv 10", "0"), B("interrupt", "0"),
	    B("join", "EINTR") } },
	{ "forget",
	  "is gone without a segment, where it may",
	  true,
	  { B("forget", "0|EPERM"), B("close", "EBADF|0") } },
	{ "exit", "ends, and can be started again", true, { B_ENDS("exit") } },
	{ "kill", "ends, and can be started again", true, { B_ENDS("kill") } },
	{ .title = NULL },
};
