/* lastack: the first word of the command line is the verb. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "cmd/cmd.h"
#include "base/memory.h"

const struct cmd *const cmds[] = {
	&cmd_run,	&cmd_lint,	   &cmd_list,	&cmd_show,
	&cmd_replay,	&cmd_check,	   &cmd_rules,	&cmd_grid,
	&cmd_coverage,	&cmd_deviations,   &cmd_bundle, &cmd_explain,
	&cmd_diff,	&cmd_merge,	   &cmd_agent,	&cmd_agent_check,
	&cmd_tc8_agent, &cmd_upper_tester, &cmd_matrix, &cmd_help,
	NULL,
};

const struct cmd *cmd_find(const char *name)
{
	size_t i = 0;

	while (cmds[i] && strcmp(cmds[i]->name, name) != 0)
		i++;
	return cmds[i];
}

static int version(void)
{
	printf("lastack " VERSION " (%s)\n", pcap_lib_version());
	return 0;
}

/* Enters a verb once its options are read. */
static int enter_verb(const struct cmd *cmd, int argc, char **argv)
{
	/* One octet more: a verb may have no options. */
	void *options = memory_zeroed(1, cmd->size + 1);
	int rc;

	if (cmd->size)
		memcpy(options, cmd->usual, cmd->size);
	rc = option_read(cmd, options, argc, argv);
	if (rc == OPTION_READ)
		rc = cmd->enter(options, argc, argv);
	free(options);
	return rc;
}

static int enter(int argc, char **argv)
{
	static char help[] = "help";
	char *no_verb[] = { help, NULL };
	const char *word = argc > 1 ? argv[1] : "";
	const struct cmd *cmd = cmd_find(word);

	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0)
		return version();
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
		return cmd_help.enter(NULL, 1, no_verb);
	/* The operand of help may be an option: "help --help". */
	if (cmd == &cmd_help)
		return cmd_help.enter(NULL, argc - 1, argv + 1);
	if (cmd)
		return enter_verb(cmd, argc - 1, argv + 1);
	fprintf(stderr,
		argc > 1 ? "lastack: no verb \"%s\"; expected one of"
			 : "lastack: no verb%s; expected one of",
		word);
	for (size_t i = 0; cmds[i]; i++)
		fprintf(stderr, " %s", cmds[i]->name);
	fputs("; see lastack --help\n", stderr);
	return CMD_BAD;
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
			_exit(CMD_BAD);
}

int main(int argc, char **argv)
{
	int status;

	fill_descriptors();
	signal(SIGXFSZ,
	       SIG_IGN); /* write(2) then fails with EFBIG, which is reported */
	status = enter(argc, argv);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	/* The errno of the write that failed is lost: one more write has it. */
	clearerr(stdout);
	errno = 0;
	putchar('\n');
	fflush(stdout);
	fprintf(stderr, "lastack: cannot write the output%s%s\n",
		errno ? ": " : "", errno ? strerror(errno) : "");
	return CMD_BAD;
}
