/* Octets to a descriptor. Knows nothing of what they are. */
#include "base/octets.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

int octets_write(int fd, const void *octets, size_t len)
{
	const uint8_t *at = octets;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
	}
	return 0;
}
