/*
 * The same tapes broken in one way each, by an end that does not follow the
 * table of states and events, and what the tape judge must find.
 */
#include "test/test_tape_judge.h"

#define W(id) "wrong-transition " id
#define T     "RFC9293-3.10.7.4-"

const struct tape_row tapes_broken[] = {
	{ "the FIN changes nothing",
	  { OPENED, ACT(A, "close", "0"),
	    SEG(A, "F.", 1, 1, DELIVERED, FW1, EST),
	    SEG(B, ".", 1, 2, DELIVERED, FW2, EST), END },
	  "B " W(T "S8-EST") ": CLOSE-WAIT after FIN | ESTABLISHED; " },
	{ "the ACK of the FIN changes nothing",
	  { OPENED, ACT(A, "close", "0"),
	    SEG(A, "F.", 1, 1, DELIVERED, FW1, CW),
	    SEG(B, ".", 1, 2, DELIVERED, FW1, CW), END },
	  "A " W(T "S5-FW1") ": FIN-WAIT-2 after ACK of FIN | FIN-WAIT-1; " },
	{ "close changes nothing",
	  { OPENED, ACT(A, "close", "0"),
	    SEG(A, "F.", 1, 1, DELIVERED, EST, CW), END },
	  "A " W("RFC9293-3.10.4-CLOSE-EST") ": FIN-WAIT-1 after CLOSE | ESTABLISHED; " },
	{ "close changes nothing, and a thread that waits is no excuse behind it",
	  { OPENED, ACT(A, "thread recv", "0"), ACT(A, "join", "eof"),
	    ACT(A, "close", "0"), SEG(A, "F.", 1, 1, DELIVERED, EST, CW), END },
	  "A wrong-result POSIX-RECV-EOF: no end of file: no FIN was delivered "
	  "| recv = eof; "
	  "A " W("RFC9293-3.10.4-CLOSE-EST") ": FIN-WAIT-1 after CLOSE | ESTABLISHED; " },
	{ "more octets are peeked at than came",
	  { UNREAD, ACT(A, "recv peek", "101"), END },
	  "A wrong-result POSIX-RECV-DATAFIRST: only what was delivered in "
	  "order | recv = 101; " },
	{ "URG on data behind the urgent octet",
	  { OPENED, ACT(A, "send 10 oob", "10"),
	    DATA(A, "P.U", 1, 1, 10, DELIVERED, EST, EST),
	    SEG(B, ".", 1, 11, DELIVERED, EST, EST), ACT(A, "send 5", "5"),
	    DATA(A, "P.U", 11, 1, 5, DELIVERED, EST, EST), END },
	  "A urgent-unasked RFC9293-3.10.2-SEND-URG: no URG: nothing urgent "
	  "was sent | P.U; " },
	{ "no TIME-WAIT",
	  { A_CLOSED, ACT(B, "close", "0"),
	    SEG(B, "F.", 1, 2, DELIVERED, CLD, LA),
	    SEG(A, ".", 2, 2, DELIVERED, CLD, CLD), END },
	  "A " W(T "S8-FW2") ": TIME-WAIT after FIN | CLOSED; " },
	{ "TIME-WAIT reopened below the old numbers",
	  { BOTH_CLOSED, ACT(A, "listen", "0"),
	    SEG(B, "S", 1000, 0, FORGED, SR, CLD),
	    SEG(A, "S.", 1, 1001, LOST, SR, CLD), END },
	  "A iss-low RFC9293-3.6.1-MAY2-cond1: an ISS that is SND.NXT or "
	  "above | SND.NXT-1; " },
	{ "TIME-WAIT reopened far below the old numbers",
	  { BOTH_CLOSED, ACT(A, "listen", "0"),
	    SEG(B, "S", 1000, 0, FORGED, SR, CLD),
	    SEG(A, "S.", -1000, 1001, LOST, SR, CLD), END },
	  "A iss-low RFC9293-3.6.1-MAY2-cond1: an ISS that is SND.NXT or "
	  "above | SND.NXT-1002; " },
	{ "TIME-WAIT too short",
	  { BOTH_CLOSED, IS(CLD, CLD, 1000), END },
	  "A wrong-transition RFC9293-3.10.8-TW: TIME-WAIT after time | "
	  "CLOSED; " },
	{ "gone without a cause",
	  { OPENED, IS(CLD, EST, 0), END },
	  "A wrong-transition RFC9293-3.10.8-UTO: ESTABLISHED after time | "
	  "CLOSED; " },
	{ "FIN not acknowledged",
	  { OPENED, ACT(A, "close", "0"),
	    SEG(A, "F.", 1, 1, DELIVERED, FW1, CW), LATER(600), END },
	  "B answer-missing " T "S8-EST: an ACK within 500 ms | nothing; " },
	{ "FIN acknowledged late",
	  { OPENED, ACT(A, "close", "0"),
	    SEG(A, "F.", 1, 1, DELIVERED, FW1, CW),
	    LATE(B, ".", 1, 2, DELIVERED, FW2, CW, 699), END },
	  "B answer-missing RFC9293-3.8.6.3-MUST40: an ACK within 500 ms | "
	  "after 0.700 s; " },
	{ "TIME-WAIT does not answer",
	  { BOTH_CLOSED, SEG(B, "F.", 1, 2, FORGED, TW, CLD), LATER(600), END },
	  "A answer-missing " T "S8-TW: an ACK within 500 ms | nothing; " },
	{ "no challenge",
	  { OPENED, SEG(B, "R", 101, 0, FORGED, EST, EST), LATER(600), END },
	  "A answer-missing RFC5961-3.2-3: an ACK within 500 ms | nothing; " },
	{ "no reset at an abort",
	  { OPENED, ACT(A, "linger 0", "0"), ACT(A, "close", "0"), LATER(600),
	    IS(CLD, EST, 0), END },
	  "A answer-missing RFC9293-3.10.5-ABORT-EST: RST | nothing; " },
	{ "FIN acknowledged one too low",
	  { OPENED, ACT(A, "close", "0"),
	    SEG(A, "F.", 1, 1, DELIVERED, FW1, CW),
	    SEG(B, ".", 1, 1, DELIVERED, FW1, CW), END },
	  "B answer-wrong " T "S8-EST: the acknowledgment of all that was "
	  "delivered | ack 1; " },
	{ "FIN acknowledged with another number of its own",
	  { OPENED, ACT(A, "close", "0"),
	    SEG(A, "F.", 1, 1, DELIVERED, FW1, CW),
	    SEG(B, ".", 9, 2, DELIVERED, FW2, CW), END },
	  "B answer-wrong " T "S8-EST: SEQ=SND.NXT | SEQ 9; " },
	{ "less acknowledged than before",
	  { UNREAD, ACT(B, "send 10", "10"),
	    DATA(B, "P.", 101, 1, 10, DELIVERED, EST, EST),
	    ACT(A, "recv 5", "5"), SEG(A, ".", 1, 51, DELIVERED, EST, EST),
	    END },
	  "A answer-wrong RFC9293-3.5.2-G3: no less than it has acknowledged "
	  "before | ack 51; " },
	{ "FIN at an abort",
	  { OPENED, ACT(A, "linger 0", "0"), ACT(A, "close", "0"),
	    SEG(A, "F.", 1, 1, LOST, CLD, EST), END },
	  "A answer-wrong RFC9293-3.10.5-ABORT-EST: RST | FIN; " },
	{ "a reset where a FIN is due",
	  { OPENED, ACT(A, "close", "0"), SEG(A, "R.", 1, 1, LOST, FW1, EST),
	    END },
	  "A unasked-segment RFC9293-3.5.2-NORST: no RST: nothing was "
	  "aborted | RST; " },
	{ "a reset before the linger time is over",
	  { OPENED, ACT(A, "linger 1000ms", "0"), ACT(A, "close", "blocks"),
	    SEG(A, "F.", 1, 1, LOST, FW1, EST), LATER(900),
	    SEG(A, "R.", 2, 1, LOST, FW1, EST), END },
	  "A unasked-segment RFC9293-3.5.2-NORST: no RST: nothing was "
	  "aborted | RST; " },
	{ "a reset when there is nothing to linger for",
	  { OPENED, ACT(A, "linger 1000ms", "0"), ACT(A, "close", "blocks"),
	    SEG(A, "F.", 1, 1, DELIVERED, FW1, CW),
	    SEG(B, ".", 1, 2, DELIVERED, FW2, CW), LATER(1000),
	    SEG(A, "R.", 2, 1, LOST, FW2, CW), END },
	  "A unasked-segment RFC9293-3.5.2-NORST: no RST: nothing was "
	  "aborted | RST; " },
	{ "a reset of a close without a linger time",
	  { OPENED, ACT(A, "linger 1000ms", "0"), ACT(A, "linger off", "0"),
	    ACT(A, "close", "0"), SEG(A, "F.", 1, 1, LOST, FW1, EST),
	    LATER(1000), SEG(A, "R.", 2, 1, LOST, FW1, EST), END },
	  "A unasked-segment RFC9293-3.5.2-NORST: no RST: nothing was "
	  "aborted | RST; " },
	{ "a reset outside the window is answered",
	  { OPENED, SEG(B, "R", 5000, 0, FORGED, EST, EST),
	    SEG(A, ".", 1, 1, DELIVERED, EST, EST), END },
	  "A answer-wrong RFC5961-3.2-1: no answer | ACK; " },
	{ "acknowledged though it was lost",
	  { OPENED, ACT(A, "close", "0"), SEG(A, "F.", 1, 1, LOST, FW1, EST),
	    SEG(B, ".", 1, 2, LOST, FW1, EST), END },
	  "B answer-wrong " T "S5-5961: no acknowledgment of what was not "
	  "delivered | ack 2; " },
	{ "a reset with a number of its own",
	  { OPENED, ACT(A, "linger 0", "0"), ACT(A, "close", "0"),
	    SEG(A, "R.", 77, 1, DELIVERED, CLD, EST), END },
	  "A answer-wrong RFC9293-3.5.2-G1-ACK: SEQ=SND.NXT, or the SEG.ACK "
	  "it answers | SEQ 77; " },
	{ "a FIN nobody asked for",
	  { OPENED, SEG(A, "F.", 1, 1, LOST, EST, EST), END },
	  "A unasked-segment RFC9293-3.6-C1-NOEARLYFIN: no FIN: neither "
	  "close() nor shutdown() | FIN; " },
	{ "a reset nobody asked for",
	  { OPENED, SEG(A, "R.", 1, 1, LOST, EST, EST), END },
	  "A unasked-segment RFC9293-3.5.2-NORST: no RST: nothing was "
	  "aborted | RST; " },
	{ "a reset answers a reset",
	  { OPENED, SEG(B, "R", 5000, 0, FORGED, EST, EST),
	    SEG(A, "R", 0, 0, LOST, EST, EST), END },
	  "A rst-answers-rst RFC5961-3.2-1: no RST: nothing was aborted | "
	  "RST; " },
	{ "FIN on unread data",
	  { UNREAD, ACT(A, "close", "0"), SEG(A, "F.", 1, 101, LOST, CLD, EST),
	    END },
	  "A fin-on-unread RFC9293-3.6.1-SHLD3a: RST: data was left unread | "
	  "FIN; " },
	{ "FIN-WAIT-1 on unread data",
	  { UNREAD, ACT(A, "close", "0"), IS(FW1, EST, 0), END },
	  "A fin-on-unread RFC9293-3.6.1-SHLD3a: TIME-WAIT or CLOSED after "
	  "CLOSE with unread data | FIN-WAIT-1; " },
	{ "data accepted after close",
	  { A_CLOSED, ACT(B, "send 10", "10"),
	    DATA(B, "P.", 1, 2, 10, DELIVERED, CLD, CW),
	    SEG(A, ".", 2, 11, DELIVERED, CLD, CW), END },
	  "A data-after-close RFC9293-3.6.1-SHLD3b: RST | ACK; " },
	{ "still there after data after close",
	  { A_CLOSED, ACT(B, "send 10", "10"),
	    DATA(B, "P.", 1, 2, 10, DELIVERED, FW2, CW), END },
	  "A data-after-close RFC9293-3.6.1-SHLD3b: TIME-WAIT or CLOSED "
	  "after data after close() | "
	  "FIN-WAIT-2; " },
	{ "a FIN above a hole resets who has closed",
	  { A_CLOSED, ACT(B, "send 10", "10"),
	    DATA(B, "P.", 1, 2, 10, LOST, FW2, CW), ACT(B, "close", "0"),
	    SEG(B, "F.", 11, 2, DELIVERED, CLD, LA),
	    SEG(A, "R", 2, 0, DELIVERED, CLD, CLD), LATER(1000), END },
	  "A wrong-transition " T "SHLD31: FIN-WAIT-2 after FIN above RCV.NXT "
	  "| CLOSED; " },
	{ "close sends no FIN",
	  { OPENED, ACT(A, "close", "0"), IS(FW1, EST, 1100), END },
	  "A fin-missing RFC9293-3.6-C1-FIN: FIN | none to the end of the "
	  "tape; " },
	{ "an exact reset is ignored",
	  { OPENED, SEG(B, "R", 1, 0, FORGED, EST, EST), END },
	  "A rst-ignored " T "S2-EST: CLOSED after exact RST | "
	  "ESTABLISHED; " },
	{ "an inexact reset is obeyed",
	  { OPENED, SEG(B, "R", 101, 0, FORGED, CLD, EST), END },
	  "A rst-obeyed RFC5961-3.2-3: ESTABLISHED after RST in the window, "
	  "not exact | CLOSED; " },
	{ "a reset outside the window is obeyed",
	  { OPENED, SEG(B, "R", 5000, 0, FORGED, CLD, EST), END },
	  "A rst-obeyed RFC5961-3.2-1: ESTABLISHED after RST outside the "
	  "window | CLOSED; " },
	{ "end of file without a FIN",
	  { OPENED, ACT(A, "recv", "eof"), END },
	  "A wrong-result POSIX-RECV-EOF: no end of file: no FIN was "
	  "delivered | recv = eof; " },
	{ "end of file before the data",
	  { UNREAD, ACT(A, "recv", "eof"), END },
	  "A wrong-result POSIX-RECV-DATAFIRST: the data first | "
	  "recv = eof; " },
	{ "more than was delivered",
	  { UNREAD, ACT(A, "recv", "101"), END },
	  "A wrong-result POSIX-RECV-DATAFIRST: only what was delivered in "
	  "order | recv = 101; " },
	{ "a reset without RST",
	  { OPENED, ACT(A, "recv", "ECONNRESET"), END },
	  "A wrong-result POSIX-RECV-ECONNRESET: no reset: no RST was "
	  "delivered | recv = ECONNRESET; " },
	{ "sent after shutdown",
	  { OPENED, ACT(A, "shutdown wr", "0"),
	    SEG(A, "F.", 1, 1, DELIVERED, FW1, CW),
	    SEG(B, ".", 1, 2, DELIVERED, FW2, CW), ACT(A, "send 5", "5"), END },
	  "A wrong-result RFC9293-3.6-C1-NOSEND: an error: it has closed | "
	  "send = 5; " },
	{ .name = NULL },
};
