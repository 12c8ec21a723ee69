/*
 * One sentence about what went wrong, for a person. A function that can fail
 * takes a struct fault, fills it and returns -1; the caller that can do
 * something about it (usually a verb of cmd/) prints it.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#define FAULT_MAX 1024

struct fault {
	char text[FAULT_MAX];
};

/*
 * Formats the sentence into f (truncated, never overrun); f->text may be among
 * the arguments. Returns -1.
 */
int fault_set(struct fault *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* As fault_set, with ": " and strerror(errno) appended; errno stays. */
int fault_errno(struct fault *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
