/* lastack: the first word of the command line opens a door. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "cmd/cmd.h"

const struct door doors[] = {
	{ "run", door_run, "run cases against this kernel and judge them" },
	{ "lint", door_lint, "read cases and print every fault in them" },
	{ "list", door_list, "list cases: title, specification, needs" },
	{ "show", door_show, "show the ladder of a case in the last run" },
	{ "replay", door_replay, "judge captures again, without privilege" },
	{ "check", door_check, "judge how the connections of captures end" },
	{ "agent", door_agent, "make one end's socket calls, told on stdin" },
	{ "help", door_help, "say more about a verb" },
	{ NULL, NULL, NULL },
};

const struct door *door_find(const char *name)
{
	const struct door *d;

	for (d = doors; d->name; d++)
		if (strcmp(d->name, name) == 0)
			return d;
	return NULL;
}

static int version(void)
{
	printf("lastack " VERSION " (%s)\n", pcap_lib_version());
	return 0;
}

static int enter(int argc, char **argv)
{
	static char help[] = "help";
	char *no_verb[] = { help, NULL };
	const char *word = argc > 1 ? argv[1] : "";
	const struct door *d;

	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		return version();
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return door_help(1, no_verb);
	d = door_find(word);
	if (d)
		return d->enter(argc - 1, argv + 1);
	fprintf(stderr,
		argc > 1 ? "lastack: no verb \"%s\"; expected one of"
			 : "lastack: no verb%s; expected one of",
		word);
	for (d = doors; d->name; d++)
		fprintf(stderr, " %s", d->name);
	fputs("; see lastack --help\n", stderr);
	return DOOR_BAD;
}

/*
 * A standard descriptor that is closed would be given to the next file that is
 * opened, and what is meant for people be written there. One in its place that
 * can only be used the wrong way round fails as a closed one does.
 */
static void fill_descriptors(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			_exit(DOOR_BAD);
}

int main(int argc, char **argv)
{
	int status;

	fill_descriptors();
	signal(SIGXFSZ, SIG_IGN); /* a write that fails says why */
	status = enter(argc, argv);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	/* Which of the writes failed is not known: one more says why. */
	clearerr(stdout);
	errno = 0;
	putchar('\n');
	fflush(stdout);
	fprintf(stderr, "lastack: cannot write the output%s%s\n",
		errno ? ": " : "", errno ? strerror(errno) : "");
	return DOOR_BAD;
}
