/* Where the files are that this program is installed with, or built beside. */
#ifndef BASE_INSTALLED_H
#define BASE_INSTALLED_H

#include "base/arena.h"

/*
 * The path of a script so called: in $LASTACK_SCRIPTS, else in a folder
 * scripts/ beside this program or up to two folders above, else in
 * ../share/lastack. Where there is none, the last of these, for the message.
 */
const char *installed_script(struct arena *a, const char *name);

/*
 * The path of a program so called that is none for users: beside this one,
 * else in ../libexec/lastack. malloc'ed; NULL: there is none.
 */
char *installed_program(const char *name);

#endif
