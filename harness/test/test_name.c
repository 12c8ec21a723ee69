/* The names: every table, read both ways. */
#include "base/name.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/array.h"
#include "test/expect.h"

static void test_states(void)
{
	static const struct {
		enum tcp_state state;
		const char *text;
	} rows[] = {
		{ TCP_STATE_LISTEN, "LISTEN" },
		{ TCP_STATE_SYN_SENT, "SYN-SENT" },
		{ TCP_STATE_SYN_RECEIVED, "SYN-RECEIVED" },
		{ TCP_STATE_ESTABLISHED, "ESTABLISHED" },
		{ TCP_STATE_FIN_WAIT_1, "FIN-WAIT-1" },
		{ TCP_STATE_FIN_WAIT_2, "FIN-WAIT-2" },
		{ TCP_STATE_CLOSE_WAIT, "CLOSE-WAIT" },
		{ TCP_STATE_CLOSING, "CLOSING" },
		{ TCP_STATE_LAST_ACK, "LAST-ACK" },
		{ TCP_STATE_TIME_WAIT, "TIME-WAIT" },
		{ TCP_STATE_CLOSED, "CLOSED" },
	};

	EXPECT_INT(ARRAY_SIZE(rows), TCP_STATE_COUNT - 1);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		expect_row(rows[i].text);
		EXPECT_STR(name_state(rows[i].state), rows[i].text);
		EXPECT_INT(name_state_parse(rows[i].text, strlen(rows[i].text)),
			   rows[i].state);
	}
}

static void test_no_states(void)
{
	static const char *const rows[] = { "",		  "-",
					    "FIN_WAIT_1", "FIN-WAIT",
					    "fin-wait-1", "FIN-WAIT-11" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		expect_row(rows[i]);
		EXPECT_INT(name_state_parse(rows[i], strlen(rows[i])),
			   TCP_STATE_NONE);
	}
	expect_row(NULL);
	EXPECT_STR(name_state(TCP_STATE_NONE), "-");
	EXPECT_STR(name_state(TCP_STATE_COUNT), "-");
	EXPECT_INT(name_state_parse("CLOSING etc", 7), TCP_STATE_CLOSING);
}

static void test_flags(void)
{
	static const struct {
		const char *text;
		int flags;
		const char *printed;
	} rows[] = {
		{ "F.", FLAG_FIN | FLAG_ACK, "F." },
		{ ".F", FLAG_FIN | FLAG_ACK, "F." },
		{ "S", FLAG_SYN, "S" },
		{ "R.", FLAG_RST | FLAG_ACK, "R." },
		{ ".", FLAG_ACK, "." },
		{ "none", 0, "none" },
		{ "WEU.PRSF", 0xff, "FSRP.UEW" },
		{ "", -1, NULL },
		{ "FF", -1, NULL },
		{ "f", -1, NULL },
		{ "nonee", -1, NULL },
		{ "F x", -1, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char buf[NAME_FLAGS_MAX];

		expect_row(rows[i].text);
		EXPECT_INT(name_flags_parse(rows[i].text, strlen(rows[i].text)),
			   rows[i].flags);
		if (rows[i].printed)
			EXPECT_STR(name_flags((uint8_t)rows[i].flags, buf),
				   rows[i].printed);
	}
}

static void test_every_flag_byte(void)
{
	for (int flags = 0; flags < 256; flags++) {
		char buf[NAME_FLAGS_MAX];
		const char *text = name_flags((uint8_t)flags, buf);

		expect_row(text);
		EXPECT_INT(name_flags_parse(text, strlen(text)), flags);
	}
}

static void test_errnos(void)
{
	static const struct {
		int err;
		const char *text;
	} rows[] = {
		{ ECONNRESET, "ECONNRESET" },
		{ EPIPE, "EPIPE" },
		{ ETIMEDOUT, "ETIMEDOUT" },
		{ ECONNREFUSED, "ECONNREFUSED" },
		{ EAGAIN, "EAGAIN" },
		{ EHOSTUNREACH, "EHOSTUNREACH" },
		{ ENOTCONN, "ENOTCONN" },
		{ EPROTO, "EPROTO" },
		{ EINPROGRESS, "EINPROGRESS" },
	};
	char buf[16];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		expect_row(rows[i].text);
		EXPECT_STR(name_errno(rows[i].err, buf), rows[i].text);
		EXPECT_INT(name_errno_parse(rows[i].text, strlen(rows[i].text)),
			   rows[i].err);
	}
	expect_row(NULL);
	EXPECT_INT(name_errno_parse("EWOULDBLOCK", 11), EAGAIN);
	EXPECT_STR(name_errno(9999, buf), "E9999");
	EXPECT_INT(name_errno_parse("ENOSUCH", 7), 0);
	EXPECT_INT(name_errno_parse("", 0), 0);
}

static void test_poll(void)
{
	static const struct {
		const char *text;
		int events;
		const char *printed;
	} rows[] = {
		{ "IN", POLLIN, "IN" },
		{ "HUP,IN,RDHUP", POLLIN | POLLRDHUP | POLLHUP,
		  "IN,RDHUP,HUP" },
		{ "IN,PRI,OUT,RDHUP,ERR,HUP,NVAL",
		  POLLIN | POLLPRI | POLLOUT | POLLRDHUP | POLLERR | POLLHUP |
			  POLLNVAL,
		  "IN,PRI,OUT,RDHUP,ERR,HUP,NVAL" },
		{ "none", 0, "none" },
		{ "", -1, NULL },
		{ "IN,", -1, NULL },
		{ ",IN", -1, NULL },
		{ "IN,IN", -1, NULL },
		{ "POLLIN", -1, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char buf[NAME_SET_MAX];

		expect_row(rows[i].text);
		EXPECT_INT(name_poll_parse(rows[i].text, strlen(rows[i].text)),
			   rows[i].events);
		if (rows[i].printed)
			EXPECT_STR(name_poll((short)rows[i].events, buf),
				   rows[i].printed);
	}
}

static const struct test tests[] = {
	{ "states, both ways", test_states },
	{ "what is no state", test_no_states },
	{ "flags, both ways", test_flags },
	{ "every octet of flags", test_every_flag_byte },
	{ "errnos, both ways", test_errnos },
	{ "poll events, both ways", test_poll },
	{ NULL, NULL },
};

const struct suite suite_name = { "name", tests };
