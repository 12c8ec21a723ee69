/* Octets to a descriptor, all of them. */
#ifndef BASE_OCTETS_H
#define BASE_OCTETS_H

#include <stddef.h>

/*
 * Waits until the last is written. -1 with errno when one is not, as where
 * nobody reads any more; the process must not have SIGPIPE end it then.
 */
int octets_write(int fd, const void *octets, size_t len);

#endif
