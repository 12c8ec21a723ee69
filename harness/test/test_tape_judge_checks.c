/*
 * Segments that one check of RFC 9293 section 3.10.7.4 decides before another
 * can: each as a stack that follows the section has it, in which the tape
 * judge must find nothing, and as one that does not.
 */
#include "test/test_tape_judge.h"

#define T "RFC9293-3.10.7.4-"
#define W "wrong-transition "
/* The other end's number as far back as no window is large. */
#define ANCIENT (-1100000000)
/* B in SYN-RECEIVED, its SYN,ACK on its way. */
#define HALF_OPEN                                           \
	ACT(B, "listen", "0"), ACT(A, "connect", "blocks"), \
		SEG(A, "S", 0, 0, DELIVERED, SS, SR),       \
		SEG(B, "S.", 0, 1, HELD, SS, SR)
/* Challenged or not; nothing else is owed at the end. */
#define OVER LATER(1000), END

const struct tape_row tapes_checks[] = {
	/* The sequence number is looked at before the ACK bit. */
	{ "no ACK bit outside the window: answered",
	  { OPENED, SEG(B, "F", 5000, 0, FORGED, EST, EST),
	    SEG(A, ".", 1, 1, DELIVERED, EST, EST), OVER },
	  "" },
	{ "no ACK bit outside the window: not answered",
	  { OPENED, SEG(B, "F", 5000, 0, FORGED, EST, EST), OVER },
	  "A answer-missing " T "S1-OOW-EST: an ACK within 500 ms | "
	  "nothing; " },
	{ "no ACK bit in the window: dropped",
	  { OPENED, SEG(B, "F", 1, 0, FORGED, EST, EST), OVER },
	  "" },
	{ "no ACK bit in the window: answered",
	  { OPENED, SEG(B, "F", 1, 0, FORGED, EST, EST),
	    SEG(A, ".", 1, 1, DELIVERED, EST, EST), OVER },
	  "A answer-wrong " T "S5-NOACK: no answer | ACK; " },
	{ "no ACK bit in TIME-WAIT: answered",
	  { BOTH_CLOSED, SEG(B, "F", 2, 0, FORGED, TW, CLD),
	    SEG(A, ".", 2, 2, DELIVERED, TW, CLD), OVER },
	  "A answer-wrong " T "S5-NOACK: no answer | ACK; " },

	/* SYN-RECEIVED. */
	{ "SYN-RECEIVED: a SYN, then an ACK outside the window: answered",
	  { HALF_OPEN, SEG(A, "S", 90000, 0, FORGED, SS, SR),
	    SEG(B, ".", 1, 1, LOST, SS, SR),
	    SEG(A, ".", 90000, 1, FORGED, SS, SR),
	    SEG(B, ".", 1, 1, LOST, SS, SR), OVER },
	  "" },
	{ "SYN-RECEIVED: a SYN,ACK, then an ACK outside the window: answered",
	  { HALF_OPEN, SEG(A, "S.", 90000, 1, FORGED, SS, SR),
	    SEG(B, ".", 1, 1, LOST, SS, SR),
	    SEG(A, ".", 90000, 1, FORGED, SS, SR),
	    SEG(B, ".", 1, 1, LOST, SS, SR), OVER },
	  "" },
	{ "SYN-RECEIVED: an ACK outside the window: not answered",
	  { HALF_OPEN, SEG(A, ".", 90000, 1, FORGED, SS, SR), OVER },
	  "B answer-missing " T "S1-OOW-SR: an ACK within 500 ms | "
	  "nothing; " },
	{ "SYN-RECEIVED: an ACK of the ISS: reset",
	  { HALF_OPEN, SEG(A, ".", 1, 0, FORGED, SS, SR),
	    SEG(B, "R", 0, 0, LOST, SS, SR), OVER },
	  "" },
	{ "SYN-RECEIVED: an ACK of the ISS: not reset",
	  { HALF_OPEN, SEG(A, ".", 1, 0, FORGED, SS, SR), OVER },
	  "B answer-missing " T "S5-SR: RST | nothing; " },
	{ "SYN-RECEIVED: an ACK of the ISS opens",
	  { HALF_OPEN, SEG(A, ".", 1, 0, FORGED, SS, EST), OVER },
	  "B " W T "S5-SR: SYN-RECEIVED after ACK too old | ESTABLISHED; "
	  "B answer-missing " T "S5-SR: RST | nothing; " },
	{ "SYN-RECEIVED: an ACK of the unsent: reset",
	  { HALF_OPEN, SEG(A, ".", 1, 9, FORGED, SS, SR),
	    SEG(B, "R", 9, 0, LOST, SS, SR), OVER },
	  "" },
	{ "SYN-RECEIVED: a SYN in the window is obeyed: LISTEN",
	  { HALF_OPEN, SEG(A, "S", 5, 0, FORGED, SS, CLD), OVER },
	  "" },
	{ "SYN-RECEIVED: a SYN in the window opens",
	  { HALF_OPEN, SEG(A, "S", 5, 0, FORGED, SS, EST), OVER },
	  "B " W T "S4-SR-P: LISTEN or SYN-RECEIVED after SYN | "
	  "ESTABLISHED; " },

	/* RST. */
	{ "a reset at the first octet beyond the window: dropped",
	  { OPENED, SEG(B, "R", 503, 0, FORGED, EST, EST), OVER },
	  "" },
	{ "a reset at the first octet beyond the window: challenged",
	  { OPENED, SEG(B, "R", 503, 0, FORGED, EST, EST),
	    SEG(A, ".", 1, 1, DELIVERED, EST, EST), OVER },
	  "A answer-wrong RFC5961-3.2-1: no answer | ACK; " },
	{ "a reset at the last octet of the window: not challenged",
	  { OPENED, SEG(B, "R", 502, 0, FORGED, EST, EST), OVER },
	  "A answer-missing RFC5961-3.2-3: an ACK within 500 ms | nothing; " },
	{ "a reset with the number of the FIN before it is obeyed",
	  { A_CLOSED, SEG(A, "R", 1, 0, FORGED, FW2, CLD), OVER },
	  "B rst-obeyed RFC5961-3.2-1: CLOSE-WAIT after RST outside the "
	  "window | CLOSED; " },
	{ "TIME-WAIT: a reset in the window: not challenged",
	  { BOTH_CLOSED, SEG(B, "R", 3, 0, FORGED, TW, CLD), OVER },
	  "A answer-missing RFC5961-3.2-3: an ACK within 500 ms | nothing; " },
	{ "TIME-WAIT: an exact reset: obeyed",
	  { BOTH_CLOSED, SEG(B, "R", 2, 0, FORGED, CLD, CLD), OVER },
	  "" },
	{ "TIME-WAIT: an exact reset: ignored, by RFC 1337",
	  { BOTH_CLOSED, SEG(B, "R", 2, 0, FORGED, TW, CLD), OVER },
	  "" },

	/* SYN, whatever is beside it. */
	{ "TIME-WAIT: an old SYN opens",
	  { BOTH_CLOSED, ACT(A, "listen", "0"),
	    SEG(B, "S", 1, 0, FORGED, SR, CLD), OVER },
	  "A " W T "S4-TW: TIME-WAIT after SYN outside the window | "
	  "SYN-RECEIVED; " },
	{ "TIME-WAIT: a SYN with a higher number opens",
	  { BOTH_CLOSED, ACT(A, "listen", "0"),
	    SEG(B, "S", 90000, 0, FORGED, SR, CLD),
	    SEG(A, "S.", 90000, 90001, LOST, SR, CLD), OVER },
	  "" },
	{ "TIME-WAIT: a SYN with a higher number is challenged",
	  { BOTH_CLOSED, SEG(B, "S", 90000, 0, FORGED, TW, CLD),
	    SEG(A, ".", 2, 2, LOST, TW, CLD), OVER },
	  "" },
	{ "TIME-WAIT: a SYN and FIN with a higher number deletes it",
	  { BOTH_CLOSED, ACT(A, "listen", "0"),
	    SEG(B, "SF", 90000, 0, FORGED, CLD, CLD), OVER },
	  "A " W "RFC9293-3.6.1-MAY2: SYN-RECEIVED or TIME-WAIT after SYN "
	  "that may reopen | CLOSED; "
	  "A answer-missing RFC9293-3.6.1-MAY2: an ACK within 500 ms | "
	  "nothing; " },
	{ "SYN and FIN at RCV.NXT: the SYN decides",
	  { OPENED, SEG(B, "SF.", 1, 1, FORGED, CW, EST), LATER(1), END },
	  "A " W "RFC5961-4.2-1: ESTABLISHED after SYN | CLOSE-WAIT; " },

	/* The acknowledgment number. */
	{ "an ancient ACK: challenged",
	  { OPENED, SEG(B, ".", 1, ANCIENT, FORGED, EST, EST),
	    SEG(A, ".", 1, 1, DELIVERED, EST, EST), OVER },
	  "" },
	{ "an ancient ACK: not challenged",
	  { OPENED, SEG(B, ".", 1, ANCIENT, FORGED, EST, EST), OVER },
	  "A answer-missing RFC5961-5.2-1: an ACK within 500 ms | nothing; " },
	{ "an ancient ACK: its FIN is taken",
	  { OPENED, SEG(B, "F.", 1, ANCIENT, FORGED, CW, EST), END },
	  "A " W "RFC5961-5.2-1: ESTABLISHED after ACK too old | "
	  "CLOSE-WAIT; " },
	{ "an ACK older than the windows that were received: anything",
	  { OPENED, SEG(B, ".", 1, -100000, FORGED, EST, EST), OVER },
	  "" },
	{ "TIME-WAIT: an ACK of the unsent: not challenged",
	  { BOTH_CLOSED, SEG(B, ".", 2, 9, FORGED, TW, CLD), OVER },
	  "A answer-missing " T "S5-5961: an ACK within 500 ms | nothing; " },

	/* Above a hole. */
	{ "data above a hole: not acknowledged again",
	  { OPENED, DATA(B, "P.", 11, 1, 10, FORGED, EST, EST), OVER },
	  "A answer-missing RFC5681-4.2-DUPACK: an ACK within 500 ms | "
	  "nothing; " },
	{ "a FIN above a hole: not acknowledged again",
	  { OPENED, SEG(B, "F.", 11, 1, FORGED, EST, EST), OVER },
	  "A answer-missing " T "SHLD31: an ACK within 500 ms | nothing; " },
	{ "data above a hole after close(): reset",
	  { A_CLOSED, DATA(B, "P.", 11, 2, 10, FORGED, CLD, CW),
	    SEG(A, "R", 2, 0, LOST, CLD, CW), OVER },
	  "" },

	/* RFC 5961 section 7 is about challenges. */
	{ "a second challenge may be throttled",
	  { OPENED, SEG(B, "R", 101, 0, FORGED, EST, EST),
	    SEG(A, ".", 1, 1, DELIVERED, EST, EST),
	    SEG(B, "R", 101, 0, FORGED, EST, EST), OVER },
	  "" },
	{ "the answer to old data may not, after a challenge",
	  { OPENED, SEG(B, "R", 101, 0, FORGED, EST, EST),
	    SEG(A, ".", 1, 1, DELIVERED, EST, EST),
	    SEG(B, ".", 0, 1, FORGED, EST, EST), OVER },
	  "A answer-missing " T "S1-OOW-EST: an ACK within 500 ms | "
	  "nothing; " },
	{ "nor a challenge after the answer to old data",
	  { OPENED, SEG(B, ".", 0, 1, FORGED, EST, EST),
	    SEG(A, ".", 1, 1, DELIVERED, EST, EST),
	    SEG(B, "R", 101, 0, FORGED, EST, EST), OVER },
	  "A answer-missing RFC5961-3.2-3: an ACK within 500 ms | nothing; " },
	{ "nor the answer to the FIN that comes again",
	  { BOTH_CLOSED, SEG(B, "F.", 1, 2, FORGED, TW, CLD),
	    SEG(A, ".", 2, 2, LOST, TW, CLD),
	    SEG(B, "F.", 1, 2, FORGED, TW, CLD), OVER },
	  "A answer-missing " T "S8-TW: an ACK within 500 ms | nothing; " },

	/* Without a connection. */
	{ "LISTEN: a FIN without ACK is dropped",
	  { BOTH_CLOSED, SEG(A, "F", 90000, 0, FORGED, TW, CLD), OVER },
	  "" },
	{ "CLOSED: a FIN without ACK is not reset",
	  { BOTH_CLOSED, ACT(B, "unlisten", "0"),
	    SEG(A, "F", 90000, 0, FORGED, TW, CLD), OVER },
	  "B answer-missing RFC9293-3.5.2-G1-NOACK: RST | nothing; " },
	{ "LISTEN: the SYN,ACK is a cookie, and its ACK opens",
	  { ACT(B, "listen", "0"), ACT(A, "connect", "blocks"),
	    SEG(A, "S", 0, 0, DELIVERED, SS, CLD),
	    SEG(B, "S.", 0, 1, DELIVERED, EST, CLD),
	    DATA(A, "P.", 1, 1, 10, DELIVERED, EST, EST),
	    SEG(B, ".", 1, 11, DELIVERED, EST, EST), OVER },
	  "" },
	{ "LISTEN: an ACK that is no cookie opens",
	  { ACT(B, "listen", "0"), ACT(A, "connect", "blocks"),
	    SEG(A, "S", 0, 0, DELIVERED, SS, CLD),
	    SEG(B, "S.", 0, 1, DELIVERED, EST, CLD),
	    SEG(A, ".", 1, 2, FORGED, EST, EST), END },
	  "B " W "RFC9293-3.5.2-G2-LISTEN: LISTEN after ACK | "
	  "ESTABLISHED; " },
	{ "LISTEN: a SYN is not answered",
	  { BOTH_CLOSED, SEG(A, "S", 90000, 0, FORGED, TW, CLD), OVER },
	  "B answer-missing RFC9293-3.10.7.2-SYN: an ACK within 500 ms | "
	  "nothing; " },
	{ .name = NULL },
};
