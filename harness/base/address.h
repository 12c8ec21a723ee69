/*
 * Addresses as text, as inet_ntop(3) writes them, in less time. Nothing is
 * terminated, and the room is for what may be written behind the end, too.
 */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdint.h>

#define ADDRESS_ROOM 48

/* Of four octets and of sixteen. Return where the text ends. */
char *address_ipv4(char *at, const uint8_t *addr);
char *address_ipv6(char *at, const uint8_t *addr);

#endif
