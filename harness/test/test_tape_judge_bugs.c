/*
 * Tapes broken by an end whose segments are wrong by themselves or are sent
 * again for nothing: it is named, and the other one, which has to answer, is
 * not.
 */
#include "test/test_tape_judge.h"

#define T "RFC9293-3.10.7.4-"
#define EARLY(id) \
	"A " id ": the FIN again only after a timeout | the FIN again, after "
/* B's answer to A's FIN, sixteen times and once more. */
#define AGAIN  SEG(B, ".", 1, 2, DELIVERED, FW2, CW)
#define AGAIN4 AGAIN, AGAIN, AGAIN, AGAIN

const struct tape_row tapes_bugs[] = {
	{ "the FIN at once again",
	  { OPENED, ACT(A, "close", "0"), SEG(A, "F.", 1, 1, LOST, FW1, EST),
	    SEG(A, "F.", 1, 1, LOST, FW1, EST), END },
	  EARLY("retransmitted-early RFC6298-5-NOEARLY") "0.001 s; " },
	{ "the FIN again before the timeout",
	  { OPENED, ACT(A, "close", "0"), SEG(A, "F.", 1, 1, LOST, FW1, EST),
	    LATE(A, "F.", 1, 1, LOST, FW1, EST, 149), END },
	  EARLY("retransmitted-early RFC6298-5-NOEARLY") "0.150 s; " },
	{ "the FIN again for an ACK",
	  { OPENED, ACT(A, "close", "0"), SEG(A, "F.", 1, 1, LOST, FW1, EST),
	    ACT(B, "close", "0"), SEG(B, "F.", 1, 1, DELIVERED, CLG, FW1),
	    SEG(A, "F.", 1, 2, LOST, CLG, FW1), END },
	  "A answer-wrong " T "S8-FW1-NOACK: an ACK with SEQ=SND.NXT | the "
	  "FIN again, after 0.003 s; " },
	{ "the FIN again though it was acknowledged",
	  { A_CLOSED, SEG(A, "F.", 1, 1, LOST, FW2, CW), END },
	  "A unasked-segment " T "S5-LA: no FIN again: it was acknowledged | "
	  "the FIN again, after 0.002 s; " },
	{ "the FIN is lost and never sent again",
	  { OPENED, ACT(A, "close", "0"), SEG(A, "F.", 1, 1, LOST, FW1, EST),
	    LATER(2000), END },
	  "A fin-not-retransmitted RFC9293-3.10.8-RTO: the FIN again after a "
	  "timeout | once, and not again in 2.001 s; " },
	{ "an ACK at the FIN's place",
	  { OPENED, ACT(A, "close", "0"), SEG(A, "F.", 1, 1, LOST, FW1, EST),
	    ACT(B, "close", "0"), SEG(B, "F.", 1, 1, DELIVERED, CLG, FW1),
	    SEG(A, ".", 2, 2, LOST, CLG, FW1),
	    LATE(A, ".", 1, 2, LOST, CLG, FW1, 200), END },
	  "A seq-below-fin RFC9293-3.6-FIG12: the number behind its FIN, or "
	  "the FIN again | an ACK with the FIN's number; " },
	{ "an ACK again and again",
	  { A_CLOSED, AGAIN4, AGAIN4, AGAIN4, AGAIN, AGAIN, AGAIN, END },
	  "B ack-storm RFC5961-10-REFLECT: one ACK of what was delivered | "
	  "the same again and again; " },
	{ "the reset acknowledges less than before",
	  { UNREAD, ACT(A, "close", "0"),
	    SEG(A, "R.", 1, 1, DELIVERED, CLD, CLD), END },
	  "A answer-wrong RFC9293-3.5.2-G3: no less than it has acknowledged "
	  "before | ack 1; " },
	{ "ECN bits nobody has asked for",
	  { OPENED, ACT(A, "close", "0"), SEG(A, "F.EW", 1, 1, LOST, FW1, EST),
	    END },
	  "A ecn-unasked RFC3168-6.1.1-SETUP: neither ECE nor CWR: no SYN "
	  "has asked for it | F.EW; " },
	{ "URG with nothing urgent",
	  { OPENED, ACT(A, "close", "0"), SEG(A, "F.U", 1, 1, LOST, FW1, EST),
	    END },
	  "A urgent-unasked RFC9293-3.10.2-SEND-URG: no URG: nothing urgent "
	  "was sent | F.U; " },
	{ "SYN with the FIN: B may do what it likes",
	  { OPENED, ACT(B, "close", "0"),
	    SEG(B, "F.", 1, 1, DELIVERED, CW, FW1),
	    SEG(A, ".", 1, 2, DELIVERED, CW, FW2), ACT(A, "close", "0"),
	    SEG(A, "FS.", 1, 2, DELIVERED, LA, CLD),
	    SEG(B, "R", 2, 0, LOST, LA, CLD), LATER(600), END },
	  "A unasked-segment " T "S4-EST: no SYN: the connection is open | "
	  "FS.; " },
	{ "SYN with the FIN is challenged",
	  { OPENED, ACT(A, "close", "0"),
	    SEG(A, "FS.", 1, 1, DELIVERED, FW1, EST),
	    SEG(B, ".", 1, 1, DELIVERED, FW1, EST), LATER(600), END },
	  "A unasked-segment " T "S4-EST: no SYN: the connection is open | "
	  "FS.; " },
	{ "the FIN acknowledges what was not sent, and is taken",
	  { OPENED, ACT(B, "close", "0"),
	    SEG(B, "F.", 1, 1, DELIVERED, CW, FW1),
	    SEG(A, ".", 1, 2, DELIVERED, CW, FW2), ACT(A, "close", "0"),
	    SEG(A, "F.", 1, 5002, DELIVERED, LA, TW),
	    SEG(B, ".", 2, 2, DELIVERED, CLD, TW), LATER(600), END },
	  "A answer-wrong " T "S5-5961: no acknowledgment of what was not "
	  "delivered | ack 5002; " },
	{ "the same wrong answer again and again",
	  { OPENED, SEG(B, "R", 5000, 0, FORGED, EST, EST),
	    SEG(A, ".", 1, 1, DELIVERED, EST, EST),
	    SEG(B, "R", 5000, 0, FORGED, EST, EST),
	    SEG(A, ".", 1, 1, DELIVERED, EST, EST),
	    SEG(B, "R", 5000, 0, FORGED, EST, EST),
	    SEG(A, ".", 1, 1, DELIVERED, EST, EST), END },
	  "A answer-wrong RFC5961-3.2-1: no answer | ACK; " },
	{ .name = NULL },
};
