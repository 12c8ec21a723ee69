/*
 * The doors: one function per verb of the command line. argv[0] is the verb.
 * Each returns the exit status: 0 all ok, 1 some not ok, 2 broken or bad
 * usage, 77 nothing ran. Each answers --help.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#define DOOR_BAD 2

struct door {
	const char *name;
	int (*enter)(int argc, char **argv);
	const char *line; /* what it is for */
};

/* Ends with a NULL name. */
extern const struct door doors[];

/* The row so called, or NULL. */
const struct door *door_find(const char *name);

int door_run(int argc, char **argv);
int door_lint(int argc, char **argv);
int door_list(int argc, char **argv);
int door_show(int argc, char **argv);
int door_replay(int argc, char **argv);
int door_check(int argc, char **argv);
int door_agent(int argc, char **argv);
int door_help(int argc, char **argv);

#endif
