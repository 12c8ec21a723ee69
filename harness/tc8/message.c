/* The messages, octet by octet. Knows no socket. */
#include "tc8/message.h"

#include <string.h>

#include "base/array.h"

#define LENGTH_AT     4 /* of the field */
#define LENGTH_BEHIND 8 /* what it counts of the header */
#define PROTOCOL      1 /* of both versions */

static const struct {
	uint16_t method;
	const char *name;
} names[] = {
	{ TC8_GET_VERSION, "GENERAL/GET_VERSION" },
	{ TC8_START_TEST, "GENERAL/START_TEST" },
	{ TC8_END_TEST, "GENERAL/END_TEST" },
	{ TC8_CLOSE_SOCKET, "TCP/CLOSE_SOCKET" },
	{ TC8_CREATE_AND_BIND, "TCP/CREATE_AND_BIND" },
	{ TC8_SEND_DATA, "TCP/SEND_DATA" },
	{ TC8_RECEIVE_AND_FORWARD, "TCP/RECEIVE_AND_FORWARD" },
	{ TC8_LISTEN_AND_ACCEPT, "TCP/LISTEN_AND_ACCEPT" },
	{ TC8_CONNECT, "TCP/CONNECT" },
	{ TC8_CONFIGURE_SOCKET, "TCP/CONFIGURE_SOCKET" },
	{ TC8_SHUTDOWN, "TCP/SHUTDOWN" },
};

const char *tc8_method_name(uint16_t method)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].method == (method & ~TC8_EVENT))
			return names[i].name;
	return "no such primitive";
}

static void put(struct tc8_out *o, const void *octets, size_t len)
{
	if (len > sizeof(o->octets) - o->len) {
		o->full = true;
		return;
	}
	if (len)
		memcpy(o->octets + o->len, octets, len);
	o->len += len;
}

void tc8_put8(struct tc8_out *o, uint8_t value)
{
	put(o, &value, 1);
}

void tc8_put16(struct tc8_out *o, uint16_t value)
{
	const uint8_t octets[2] = { (uint8_t)(value >> 8), (uint8_t)value };

	put(o, octets, 2);
}

void tc8_put(struct tc8_out *o, const void *octets, size_t len)
{
	tc8_put16(o, (uint16_t)len);
	put(o, octets, len);
}

void tc8_begin(struct tc8_out *o, uint16_t service, uint16_t method,
	       enum tc8_type type, enum tc8_result result)
{
	static const uint8_t nothing[8]; /* length; client and session id */

	o->len = 0;
	o->full = false;
	tc8_put16(o, service);
	tc8_put16(o, method);
	put(o, nothing, sizeof(nothing));
	tc8_put8(o, PROTOCOL);
	tc8_put8(o, PROTOCOL);
	tc8_put8(o, (uint8_t)type);
	tc8_put8(o, (uint8_t)result);
}

bool tc8_end(struct tc8_out *o)
{
	size_t n = o->len - TC8_HEADER + LENGTH_BEHIND;

	o->octets[LENGTH_AT + 2] = (uint8_t)(n >> 8);
	o->octets[LENGTH_AT + 3] = (uint8_t)n;
	return !o->full;
}

bool tc8_read(struct tc8_in *in, const uint8_t *octets, size_t len)
{
	uint32_t length;

	*in = (struct tc8_in){ .at = octets, .left = len };
	if (len < TC8_HEADER)
		return false;
	in->service = tc8_get16(in);
	in->method = tc8_get16(in);
	length = (uint32_t)tc8_get16(in) << 16;
	length |= tc8_get16(in);
	in->type = octets[14];
	in->result = octets[15];
	in->at = octets + TC8_HEADER;
	in->left = len - TC8_HEADER;
	/* What a datagram has behind the message is no part of it. */
	if (length < LENGTH_BEHIND || length - LENGTH_BEHIND > in->left)
		return false;
	in->left = length - LENGTH_BEHIND;
	return octets[12] == PROTOCOL;
}

uint8_t tc8_get8(struct tc8_in *in)
{
	if (in->left < 1) {
		in->bad = true;
		return 0;
	}
	in->left--;
	return *in->at++;
}

uint16_t tc8_get16(struct tc8_in *in)
{
	uint16_t high = tc8_get8(in);

	return (uint16_t)(high << 8 | tc8_get8(in));
}

const uint8_t *tc8_get(struct tc8_in *in, size_t *len)
{
	const uint8_t *octets;

	*len = tc8_get16(in);
	if (*len > in->left) {
		in->bad = true;
		*len = 0;
	}
	octets = in->at;
	in->at += *len;
	in->left -= *len;
	return octets;
}
