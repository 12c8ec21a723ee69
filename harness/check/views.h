/*
 * Two views of one connection: a capture that saw it before and after a box
 * that translates its addresses (NAT) has it twice, with the same initial
 * sequence numbers, or with others that the box has made up; a box that makes
 * up numbers only leaves both views the same addresses. A FIN or an RST
 * that is in one view only has not passed the box. Pure.
 */
#ifndef CHECK_VIEWS_H
#define CHECK_VIEWS_H

#include "check/flows.h"

/* So many connections are remembered; a newer one takes an older one's place. */
#define VIEWS_BITS 14

struct views;

struct views *views_new(void);
void views_free(struct views *v);

/*
 * Whether o is the second view of a connection, of which the first was given
 * before. Then *linked is o with the id of that one, and perhaps a finding
 * more, which is valid until the next call. now_ns is how far the capture has
 * been read.
 */
bool views_link(struct views *v, const struct flows_over *o, int64_t now_ns,
		struct flows_over *linked);

#endif
