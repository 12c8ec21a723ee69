/*
 * Digits, two at a time: decimal ones of numbers that are written by the
 * million, where nothing is terminated; and what two hexadecimal ones say.
 */
#ifndef BASE_DIGITS_H
#define BASE_DIGITS_H

#include <stdint.h>

/* The most digits a number has. */
#define DIGITS_MAX 20

/* Writes n before end, without zeros in front. Returns where it begins. */
char *digits_before(char *end, uint64_t n);

/* Writes the last so many digits of n. Returns where they end. */
char *digits_fixed(char *at, uint64_t n, unsigned int width);

/* The octet of two digits such as "0f"; -1 when they are none of these. */
int digits_octet(const char *pair);

#endif
