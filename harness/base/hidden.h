/*
 * What the compiler need not know: where a pointer came from. It would work it
 * out again and again to spare a register.
 */
#ifndef BASE_HIDDEN_H
#define BASE_HIDDEN_H

#define HIDDEN(pointer) __asm__("" : "+r"(pointer))

#endif
