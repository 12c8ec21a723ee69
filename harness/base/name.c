/*
 * The field's own words: TCP states, flags, errno and poll names, one table
 * each. Knows nothing of where they are read or printed.
 */
#include "base/name.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#ifdef _WIN32
#include <winsock2.h>
#else
#include <poll.h>

#include "base/array.h"
#endif

struct name {
	int value;
	const char *text;
};

static const char *const state_names[TCP_STATE_COUNT] = {
	[TCP_STATE_NONE] = "-",
	[TCP_STATE_LISTEN] = "LISTEN",
	[TCP_STATE_SYN_SENT] = "SYN-SENT",
	[TCP_STATE_SYN_RECEIVED] = "SYN-RECEIVED",
	[TCP_STATE_ESTABLISHED] = "ESTABLISHED",
	[TCP_STATE_FIN_WAIT_1] = "FIN-WAIT-1",
	[TCP_STATE_FIN_WAIT_2] = "FIN-WAIT-2",
	[TCP_STATE_CLOSE_WAIT] = "CLOSE-WAIT",
	[TCP_STATE_CLOSING] = "CLOSING",
	[TCP_STATE_LAST_ACK] = "LAST-ACK",
	[TCP_STATE_TIME_WAIT] = "TIME-WAIT",
	[TCP_STATE_CLOSED] = "CLOSED",
};

/* In tcpdump's order, which is not the order of the bits. */
static const struct name flag_names[] = {
	{ FLAG_FIN, "F" }, { FLAG_SYN, "S" }, { FLAG_RST, "R" },
	{ FLAG_PSH, "P" }, { FLAG_ACK, "." }, { FLAG_URG, "U" },
	{ FLAG_ECE, "E" }, { FLAG_CWR, "W" },
};

static const struct name poll_names[] = {
	{ POLLIN, "IN" },	{ POLLPRI, "PRI" }, { POLLOUT, "OUT" },
#ifdef POLLRDHUP
	{ POLLRDHUP, "RDHUP" },
#endif
	{ POLLERR, "ERR" },	{ POLLHUP, "HUP" }, { POLLNVAL, "NVAL" },
};

static const struct name select_names[] = {
	{ SELECT_READ, "READ" },
	{ SELECT_WRITE, "WRITE" },
	{ SELECT_EXCEPT, "EXCEPT" },
};

/* clang-format off */
#define E(name) { name, #name }
/* clang-format on */

/* What socket calls and ICMP errors can answer; EAGAIN before its synonym. */
static const struct name errno_names[] = {
	E(EPERM),	 E(ENOENT),	     E(ESRCH),	     E(EINTR),
	E(EIO),		 E(ENXIO),	     E(EBADF),	     E(ECHILD),
	E(EAGAIN),	 E(EWOULDBLOCK),     E(ENOMEM),	     E(EACCES),
	E(EFAULT),	 E(EBUSY),	     E(EEXIST),	     E(ENODEV),
	E(EINVAL),	 E(ENFILE),	     E(EMFILE),	     E(ENOSPC),
	E(ESPIPE),	 E(EPIPE),	     E(EDOM),	     E(ERANGE),
	E(ENOSYS),	 E(EPROTO),	     E(EBADMSG),     E(EOVERFLOW),
	E(ENOTSOCK),	 E(EDESTADDRREQ),    E(EMSGSIZE),    E(EPROTOTYPE),
	E(ENOPROTOOPT),	 E(EPROTONOSUPPORT), E(EOPNOTSUPP),  E(EAFNOSUPPORT),
	E(EADDRINUSE),	 E(EADDRNOTAVAIL),   E(ENETDOWN),    E(ENETUNREACH),
	E(ENETRESET),	 E(ECONNABORTED),    E(ECONNRESET),  E(ENOBUFS),
	E(EISCONN),	 E(ENOTCONN),	     E(ETIMEDOUT),   E(ECONNREFUSED),
	E(EHOSTUNREACH), E(EALREADY),	     E(EINPROGRESS), E(ECANCELED),
#ifdef EPFNOSUPPORT
	E(EPFNOSUPPORT),
#endif
#ifdef ESHUTDOWN
	E(ESHUTDOWN),
#endif
#ifdef EHOSTDOWN
	E(EHOSTDOWN),
#endif
#ifdef ESTALE
	E(ESTALE),
#endif
#ifdef EREMOTEIO
	E(EREMOTEIO),
#endif
#ifdef ENONET
	E(ENONET),
#endif
};

#undef E

static int is_text(const char *name, const char *text, size_t len)
{
	return strlen(name) == len && memcmp(name, text, len) == 0;
}

static const struct name *find_text(const struct name *table, size_t n,
				    const char *text, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (is_text(table[i].text, text, len))
			return &table[i];
	return NULL;
}

const char *name_state(enum tcp_state s)
{
	if ((int)s < 0 || s >= TCP_STATE_COUNT)
		s = TCP_STATE_NONE;
	return state_names[s];
}

const char *name_states(uint32_t set, char buf[NAME_STATES_MAX])
{
	size_t len = 0;

	snprintf(buf, NAME_STATES_MAX, "-");
	for (int s = TCP_STATE_NONE + 1; s < TCP_STATE_COUNT; s++)
		if (set & STATE_BIT(s))
			len += (size_t)snprintf(buf + len,
						NAME_STATES_MAX - len, "%s%s",
						len ? "|" : "", state_names[s]);
	return buf;
}

enum tcp_state name_state_parse(const char *text, size_t len)
{
	for (int s = TCP_STATE_NONE + 1; s < TCP_STATE_COUNT; s++)
		if (is_text(state_names[s], text, len))
			return (enum tcp_state)s;
	return TCP_STATE_NONE;
}

const char *name_flags(uint8_t flags, char buf[NAME_FLAGS_MAX])
{
	size_t n = 0;

	if (!flags)
		return memcpy(buf, "none", sizeof("none"));
	for (size_t i = 0; i < ARRAY_SIZE(flag_names); i++)
		if (flags & flag_names[i].value)
			buf[n++] = flag_names[i].text[0];
	buf[n] = '\0';
	return buf;
}

int name_flags_parse(const char *text, size_t len)
{
	int flags = 0;

	if (is_text("none", text, len))
		return 0;
	for (size_t i = 0; i < len; i++) {
		const struct name *flag = find_text(
			flag_names, ARRAY_SIZE(flag_names), text + i, 1);

		if (!flag || flags & flag->value)
			return -1;
		flags |= flag->value;
	}
	return flags ? flags : -1;
}

const char *name_errno(int err, char buf[16])
{
	for (size_t i = 0; i < ARRAY_SIZE(errno_names); i++)
		if (errno_names[i].value == err)
			return errno_names[i].text;
	snprintf(buf, 16, "E%d", err);
	return buf;
}

int name_errno_parse(const char *text, size_t len)
{
	const struct name *name =
		find_text(errno_names, ARRAY_SIZE(errno_names), text, len);

	return name ? name->value : 0;
}

/* The names of the bits that are set, with commas between them, or "none". */
static const char *write_set(const struct name *names, size_t n_names, int set,
			     char buf[NAME_SET_MAX])
{
	size_t n = 0;

	memcpy(buf, "none", sizeof("none"));
	for (size_t i = 0; i < n_names; i++)
		if (set & names[i].value)
			n += (size_t)snprintf(buf + n, NAME_SET_MAX - n, "%s%s",
					      n ? "," : "", names[i].text);
	return buf;
}

static int read_set(const struct name *names, size_t n_names, const char *text,
		    size_t len)
{
	const char *end = text + len;
	int set = 0;

	if (is_text("none", text, len))
		return 0;
	for (;;) {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		const char *stop = comma ? comma : end;
		const struct name *one =
			find_text(names, n_names, text, (size_t)(stop - text));

		if (!one || set & one->value)
			return -1;
		set |= one->value;
		if (!comma)
			return set;
		text = comma + 1;
	}
}

const char *name_poll(short events, char buf[NAME_SET_MAX])
{
	return write_set(poll_names, ARRAY_SIZE(poll_names), events, buf);
}

int name_poll_parse(const char *text, size_t len)
{
	return read_set(poll_names, ARRAY_SIZE(poll_names), text, len);
}

const char *name_select(int sets, char buf[NAME_SET_MAX])
{
	return write_set(select_names, ARRAY_SIZE(select_names), sets, buf);
}

int name_select_parse(const char *text, size_t len)
{
	return read_set(select_names, ARRAY_SIZE(select_names), text, len);
}
