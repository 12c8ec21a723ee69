/* The two ends of a connection. A is drawn on the left, B on the right. */
#ifndef BASE_SIDE_H
#define BASE_SIDE_H

enum side {
	SIDE_A,
	SIDE_B,
};

/* A set of ends. */
#define SIDE_BIT(side) (1u << (side))
#define SIDE_BITS      (SIDE_BIT(SIDE_A) | SIDE_BIT(SIDE_B))

static inline enum side side_other(enum side s)
{
	return (enum side)(s ^ SIDE_B);
}

static inline char side_letter(enum side s)
{
	return s == SIDE_A ? 'A' : 'B';
}

#endif
