/* Where the files are that this program is installed with, or built beside. */
#ifndef BASE_INSTALLED_H
#define BASE_INSTALLED_H

#include "base/arena.h"

/*
 * What runs the scripts. By its whole path as argv[0] too: a Python started by
 * its name takes the folders of its modules from the first one in PATH, as of
 * a virtualenv.
 */
#define PYTHON "/usr/bin/python3"

/* The folder that this program is in; NULL: without /proc that is not known. */
const char *installed_folder(struct arena *a);

/*
 * The path of a script so called: in $LASTACK_SCRIPTS, else in a folder
 * scripts/ beside this program or up to two folders above, else in
 * ../share/lastack. Where there is none, the last of these, for the message; or
 * the link that there is not, where the folder of this program is not known.
 */
const char *installed_script(struct arena *a, const char *name);

/*
 * The path of a program so called that is none for users: beside this one,
 * else in ../libexec/lastack. malloc'ed; NULL: there is none.
 */
char *installed_program(const char *name);

#endif
