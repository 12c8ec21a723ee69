/* How many members an array has. */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

/* Of an array, not of a pointer to its first member. */
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
