/*
 * An interface of this machine that is taken for a run: moved to another
 * network namespace, and given back as it was. Owner of moving.
 */
#ifndef STACK_LINUX_BORROWED_H
#define STACK_LINUX_BORROWED_H

#include <stdbool.h>
#include <stdint.h>

#include "packet/seg.h"
#include "stack/linux/reaper.h"

#define BORROWED_NAME_MAX 16

/* An address that the interface had, and its network. */
struct borrowed_address {
	int family;
	uint8_t prefix;
	uint8_t addr[16];
};

struct borrowed {
	char name[BORROWED_NAME_MAX];
	int index; /* where it is now */
	int home;  /* its namespace; borrowed; -1: nothing is taken */
	uint8_t mac[SEG_MAC_LEN];
	uint32_t mtu;
	uint32_t flags;	   /* IFF_* */
	struct kept *kept; /* its addresses and routes, as they were told */
	size_t n_kept;
	struct reaper keeper; /* gives it back, whatever becomes of us */
};

/*
 * Takes the interface so called from the namespace home into the one there,
 * where it is up and receives all frames. Returns 0, or -1 with a fault and
 * the interface where it was. When the process dies it goes back.
 */
int borrowed_take(struct borrowed *b, const char *name, int home, int there,
		  struct fault *f);

/*
 * Gives it back: in its namespace, by its name, with the addresses, routes,
 * MTU and flags that it had. Nothing when none was taken.
 */
void borrowed_give_back(struct borrowed *b);

/* The i-th address it had. False: there are no more. */
bool borrowed_address(const struct borrowed *b, size_t i,
		      struct borrowed_address *a);

#endif
