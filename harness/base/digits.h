/*
 * Digits: decimal ones of numbers that are written by the million, several at a
 * time, without a branch for each, which could not be foreseen; and what two
 * hexadecimal ones say. Nothing is terminated, and what is written may be
 * followed by DIGITS_SCRATCH octets of anything.
 */
#ifndef BASE_DIGITS_H
#define BASE_DIGITS_H

#include <stdbool.h>
#include <stdint.h>

/* The most digits a number has. */
#define DIGITS_MAX     20
#define DIGITS_SCRATCH 8

/* Room for a number, or for seconds. */
#define DIGITS_ROOM (1 + DIGITS_MAX + 1 + DIGITS_SCRATCH)

/* Writes n at at, without zeros in front. Returns where it ends. */
char *digits_put(char *at, uint64_t n);

/* Writes so many digits, 8 at most, of a number that has no more. */
char *digits_fixed(char *at, uint32_t n, unsigned int width);

/*
 * Nanoseconds as seconds: "0.25"; with all nine digits "0.250000000". At least
 * one digit is behind the point, as JSON readers take "2" for an integer.
 */
char *digits_seconds(char *at, int64_t ns, bool all);

/* The octet of two digits such as "0f"; -1 when they are none of these. */
int digits_octet(const char *pair);

#endif
