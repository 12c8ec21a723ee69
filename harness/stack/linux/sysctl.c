/* Settings and counters as text files. Knows no setting by name. */
#include "stack/linux/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int open_setting(const char *name, int flags)
{
	char path[256];
	char *p;

	if (snprintf(path, sizeof(path), "/proc/sys/%s", name) >=
	    (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (p = path + strlen("/proc/sys/"); *p; p++) {
		if (*p == '.')
			*p = '/';
	}
	return open(path, flags | O_CLOEXEC);
}

/* The caller is to see why the setting was not read or written. */
static void close_setting(int fd)
{
	int err = errno;

	close(fd);
	errno = err;
}

int sysctl_read(const char *name, char value[SYSCTL_VALUE_MAX], struct fault *f)
{
	int fd = open_setting(name, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fault_errno(f, "sysctl %s", name);
	n = read(fd, value, SYSCTL_VALUE_MAX - 1);
	if (n < 0)
		fault_errno(f, "sysctl %s", name);
	close_setting(fd);
	if (n < 0)
		return -1;
	value[n] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return 0;
}

int sysctl_write(const char *name, const char *value, struct fault *f)
{
	size_t len = strlen(value);
	int fd, result = 0;
	ssize_t n;

	/* Below net. a namespace has its own; elsewhere is the host's. */
	if (strncmp(name, "net.", 4) != 0 || strstr(name, "..")) {
		errno = EINVAL;
		return fault_set(f,
				 "sysctl %s: only net.* is a namespace's "
				 "own",
				 name);
	}
	fd = open_setting(name, O_WRONLY);
	if (fd < 0)
		return fault_errno(f, "sysctl %s", name);
	n = write(fd, value, len);
	/* More numbers than the setting has: only the first are taken. */
	if (n >= 0 && n != (ssize_t)len)
		errno = EINVAL;
	if (n != (ssize_t)len)
		result = fault_errno(f, "sysctl %s = %s", name, value);
	close_setting(fd);
	return result;
}

bool sysctl_has_ipv6(void)
{
	return access("/proc/sys/net/ipv6/conf", F_OK) == 0;
}

int mib_open(struct fault *f)
{
	int fd = open("/proc/self/net/snmp", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return fault_errno(f, "/proc/self/net/snmp");
	return fd;
}

/* InSegs is the tenth number of the second line that begins with "Tcp:". */
#define IN_SEGS_FIELD 10

int64_t mib_in_segs(int fd)
{
	char buf[4096];
	ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);
	char *p;
	int i;

	if (n <= 0)
		return -1;
	buf[n] = '\0';
	p = strstr(buf, "\nTcp: ");
	p = p ? strstr(p + 1, "\nTcp: ") : NULL;
	for (i = 0; p && i < IN_SEGS_FIELD; i++)
		p = strchr(p + 1, ' ');
	return p ? strtoll(p, NULL, 10) : -1;
}

/* The word of a line that is as far behind its beginning as at is in names. */
static const char *below(const char *names, const char *at, const char *values)
{
	for (; names < at; names++) {
		if (*names != ' ')
			continue;
		values = strchr(values, ' ');
		if (!values)
			return NULL;
		values++;
	}
	return values;
}

/* Where name is a word of the line, or NULL. */
static const char *find_word(const char *line, const char *name)
{
	size_t len = strlen(name);

	while ((line = strchr(line, ' '))) {
		line++;
		if (strncmp(line, name, len) == 0 &&
		    (line[len] == ' ' || line[len] == '\n'))
			return line;
	}
	return NULL;
}

/* Of two lines each, names and values, those of TCP. -1: not in the file. */
static int64_t find_counter(const char *path, const char *name)
{
	FILE *file = fopen(path, "re");
	char *names = NULL, *values = NULL;
	size_t names_size = 0, values_size = 0;
	int64_t found = -1;

	while (file && found < 0 && getline(&names, &names_size, file) > 0 &&
	       getline(&values, &values_size, file) > 0) {
		const char *at = strncmp(names, "Tcp", 3) == 0
					 ? find_word(names, name)
					 : NULL;
		const char *value = at ? below(names, at, values) : NULL;

		if (value)
			found = strtoll(value, NULL, 10);
	}
	if (file)
		fclose(file);
	free(names);
	free(values);
	return found;
}

int64_t mib_counter(const char *name, struct fault *f)
{
	int64_t found = find_counter("/proc/self/net/snmp", name);

	if (found < 0)
		found = find_counter("/proc/self/net/netstat", name);
	if (found < 0) {
		fault_set(f, "this kernel has no counter %s", name);
		errno = ENOENT;
	}
	return found;
}
