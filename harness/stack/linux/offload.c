/* Offload switches. Knows nothing of what the interface is for. */
#include "stack/linux/offload.h"

#include <errno.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/sockios.h>

#include "base/array.h"

static const uint32_t switches[] = {
	ETHTOOL_SGSO, ETHTOOL_STSO,    ETHTOOL_SGRO,
	ETHTOOL_SSG,  ETHTOOL_STXCSUM, ETHTOOL_SRXCSUM,
};

int offload_off(const char *name, struct fault *f)
{
	struct ethtool_value value;
	struct ifreq ifr;
	size_t i;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result = 0;

	if (fd < 0)
		return fault_errno(f, "cannot open a socket");
	memset(&ifr, 0, sizeof(ifr));
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	ifr.ifr_data = (char *)&value;
	for (i = 0; i < ARRAY_SIZE(switches); i++) {
		value = (struct ethtool_value){ .cmd = switches[i] };
		if (ioctl(fd, SIOCETHTOOL, &ifr) < 0 && errno != EOPNOTSUPP)
			result = fault_errno(f,
					     "cannot turn offloads off on "
					     "%s",
					     name);
	}
	close(fd);
	return result;
}
