/*
 * The table of acts. Knows what may be written of each; not how any is
 * carried out.
 */
#include "script/verb.h"

#include <string.h>

#define ROW(id_, name_, args_, by_, gives_, block_, want_) \
	[id_] = { id_, name_, args_, by_, gives_, block_, want_ }
#define AGENT(id_, name_, args_, gives_) \
	ROW(id_, name_, args_, BY_AGENT, gives_, false, false)
#define BLOCKS(id_, name_, args_, gives_) \
	ROW(id_, name_, args_, BY_AGENT, gives_, true, false)
#define ASKS(id_, name_, gives_) \
	ROW(id_, name_, "", BY_AGENT, gives_, false, true)
#define APART(id_, name_, by_) \
	ROW(id_, name_, "", by_, GIVES_ZERO, false, false)

/* clang-format off */
static const struct verb verbs[VERB_COUNT] = {
	AGENT(VERB_LISTEN, "listen", "[BACKLOG]", GIVES_ZERO),
	AGENT(VERB_UNLISTEN, "unlisten", "", GIVES_ZERO),
	AGENT(VERB_CONNECT, "connect", "", GIVES_ZERO),
	BLOCKS(VERB_ACCEPT, "accept", "", GIVES_ZERO),
	BLOCKS(VERB_SEND, "send", "N", GIVES_COUNT),
	AGENT(VERB_FILL, "fill", "", GIVES_COUNT),
	ROW(VERB_RECV, "recv", "[N]", BY_AGENT, GIVES_COUNT_OR_EOF, true, true),
	BLOCKS(VERB_DRAIN, "drain", "", GIVES_COUNT),
	AGENT(VERB_SHUTDOWN, "shutdown", "rd|wr|rdwr", GIVES_ZERO),
	BLOCKS(VERB_CLOSE, "close", "", GIVES_ZERO),
	AGENT(VERB_LINGER, "linger", "off|0|SECONDS", GIVES_ZERO),
	AGENT(VERB_LINGER2, "linger2", "SECONDS", GIVES_ZERO),
	AGENT(VERB_USER_TIMEOUT, "user-timeout", "TIME", GIVES_ZERO),
	AGENT(VERB_KEEPALIVE, "keepalive", "off|IDLE INTERVAL COUNT",
	      GIVES_ZERO),
	AGENT(VERB_NODELAY, "nodelay", "on|off", GIVES_ZERO),
	AGENT(VERB_CORK, "cork", "on|off", GIVES_ZERO),
	AGENT(VERB_NONBLOCK, "nonblock", "on|off", GIVES_ZERO),
	AGENT(VERB_RCVBUF, "rcvbuf", "N", GIVES_ZERO),
	AGENT(VERB_SNDBUF, "sndbuf", "N", GIVES_ZERO),
	ASKS(VERB_POLL, "poll", GIVES_EVENTS),
	ASKS(VERB_ERROR, "error", GIVES_ERRNO),
	ASKS(VERB_OUTQ, "outq", GIVES_COUNT),
	ASKS(VERB_INQ, "inq", GIVES_COUNT),
	AGENT(VERB_DUP, "dup", "", GIVES_ZERO),
	AGENT(VERB_FORGET, "forget", "", GIVES_ZERO),
	AGENT(VERB_EXIT, "exit", "", GIVES_NOTHING),
	AGENT(VERB_KILL, "kill", "", GIVES_NOTHING),
	APART(VERB_DESTROY, "destroy", BY_STACK),
	APART(VERB_VANISH, "vanish", BY_CABLE),
	APART(VERB_RETURN, "return", BY_CABLE),
};
/* clang-format on */

const struct verb *verb_find(const char *name, size_t len)
{
	for (size_t i = 0; i < VERB_COUNT; i++)
		if (strlen(verbs[i].name) == len &&
		    memcmp(verbs[i].name, name, len) == 0)
			return &verbs[i];
	return NULL;
}

const struct verb *verb_of(enum verb_id id)
{
	return &verbs[id];
}
