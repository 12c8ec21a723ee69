/*
 * Messages of AUTOSAR's testability protocol: the header of SOME/IP over UDP,
 * and the parameters behind it, big-endian. Pure.
 */
#ifndef TC8_MESSAGE_H
#define TC8_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TC8_SERVICE 0x0105 /* unless configured otherwise */
#define TC8_HEADER  16
#define TC8_MAX	    1472 /* what one frame of Ethernet carries */

enum tc8_group {
	TC8_GENERAL = 0x00,
	TC8_TCP = 0x02,
};

/* Group and primitive, as the method has them. */
enum tc8_method {
	TC8_GET_VERSION = 0x0001,
	TC8_START_TEST = 0x0002,
	TC8_END_TEST = 0x0003,
	TC8_CLOSE_SOCKET = 0x0200,
	TC8_CREATE_AND_BIND = 0x0201,
	TC8_SEND_DATA = 0x0202,
	TC8_RECEIVE_AND_FORWARD = 0x0203,
	TC8_LISTEN_AND_ACCEPT = 0x0204,
	TC8_CONNECT = 0x0205,
	TC8_CONFIGURE_SOCKET = 0x0206,
	TC8_SHUTDOWN = 0x0207, /* an extension */
	TC8_EVENT = 0x8000,    /* beside one of the above */
};

enum tc8_type {
	TC8_REQUEST = 0x00,
	TC8_TYPE_EVENT = 0x02,
	TC8_RESPONSE_TOO = 0x08, /* of one implementation */
	TC8_RESPONSE = 0x80,
};

enum tc8_result {
	TC8_OK = 0x00,
	TC8_NOK = 0x01,
	TC8_REFUSED = 0xe2,
	TC8_ABORTED = 0xe3, /* by the user timeout */
	TC8_RESET = 0xe4,
	TC8_NO_CONNECTION = 0xe5,
	TC8_CLOSING = 0xe6,
	TC8_EXISTS = 0xe7,
	TC8_RESOURCES = 0xe8,
	TC8_NO_INTERFACE = 0xec,
	TC8_NOT_BOUND = 0xed,
	TC8_NOT_CREATED = 0xee,
	TC8_NO_SOCKET = 0xef,
	TC8_INVALID = 0xfc,
	TC8_TOO_SMALL = 0xfd,
	TC8_BUSY = 0xfe,
	TC8_NO_PRIMITIVE = 0xff,
};

/* "TCP/CLOSE_SOCKET", for people; events have their primitive's. */
const char *tc8_method_name(uint16_t method);

/* A message that is built; too long ones are marked, not written. */
struct tc8_out {
	uint8_t octets[TC8_MAX];
	size_t len;
	bool full;
};

void tc8_begin(struct tc8_out *o, uint16_t service, uint16_t method,
	       enum tc8_type type, enum tc8_result result);
void tc8_put8(struct tc8_out *o, uint8_t value);
void tc8_put16(struct tc8_out *o, uint16_t value);
/* A vint8, or an ipxaddr: its length, and its octets. */
void tc8_put(struct tc8_out *o, const void *octets, size_t len);
/* Writes the length; then it may be sent. False when it was too long. */
bool tc8_end(struct tc8_out *o);

/* A message that is read. Parameters are taken one after the other. */
struct tc8_in {
	uint16_t service, method;
	uint8_t type, result;
	const uint8_t *at;
	size_t left;
	bool bad; /* a parameter was asked for that is not there */
};

/* False when it is no message of this protocol. Points into octets. */
bool tc8_read(struct tc8_in *in, const uint8_t *octets, size_t len);

/* 0 and bad where there is none. */
uint8_t tc8_get8(struct tc8_in *in);
uint16_t tc8_get16(struct tc8_in *in);
const uint8_t *tc8_get(struct tc8_in *in, size_t *len);

#endif
