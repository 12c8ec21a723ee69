/*
 * The rows of RFC 9293 section 3.10: one for each event and each of the ten
 * states that an ending may meet, in the order of the section's checks. Where
 * the specifications leave it open, or speak against each other, a row allows
 * all of it and its comment says by which clause.
 */
#include "judge/rfc9293.h"

#include <stdbool.h>
#include <string.h>

#define S(x) STATE_BIT(TCP_STATE_##x)
#define SR   S(SYN_RECEIVED)
#define EST  S(ESTABLISHED)
#define FW1  S(FIN_WAIT_1)
#define FW2  S(FIN_WAIT_2)
#define CW   S(CLOSE_WAIT)
#define CLG  S(CLOSING)
#define LA   S(LAST_ACK)
#define TW   S(TIME_WAIT)
#define CLD  S(CLOSED)
#define LIS  S(LISTEN)
/* The issuer of an RST "should" enter TIME-WAIT: figure 5, note 3. */
#define GONE (CLD | TW)
/* The segment acknowledges the SYN; a CLOSE may have been queued. */
#define OPEN (EST | FW1)

#define ROW(s, e, t, a, i) \
	[TCP_STATE_##      \
		s][EVENT_##e] = { .to = (t), .answer = ANSWER_##a, .id = (i) }
#define NEVER(s, e, why) [TCP_STATE_##s][EVENT_##e] = { .impossible = (why) }

/* clang-format off */
/* The synchronized states in which the peer's FIN may still come. */
#define STAY_UNTIL_FIN(e, a, i) \
	ROW(ESTABLISHED, e, EST, a, i), \
	ROW(FIN_WAIT_1, e, FW1, a, i), \
	ROW(FIN_WAIT_2, e, FW2, a, i)

/* Those after it, but TIME-WAIT. */
#define STAY_AFTER_FIN(e, a, i) \
	ROW(CLOSE_WAIT, e, CW, a, i), \
	ROW(CLOSING, e, CLG, a, i), \
	ROW(LAST_ACK, e, LA, a, i)

/* Every synchronized state stays what it is. */
#define STAY(e, a, i) \
	STAY_BUT_TIME_WAIT(e, a, i), ROW(TIME_WAIT, e, TW, a, i)
#define STAY_BUT_TIME_WAIT(e, a, i) \
	STAY_UNTIL_FIN(e, a, i), STAY_AFTER_FIN(e, a, i)

/* The same, each with a requirement of its own. */
#define STAY_EACH(e, a, i) \
	ROW(ESTABLISHED, e, EST, a, i "-EST"), \
	ROW(FIN_WAIT_1, e, FW1, a, i "-FW1"), \
	ROW(FIN_WAIT_2, e, FW2, a, i "-FW2"), \
	ROW(CLOSE_WAIT, e, CW, a, i "-CW"), \
	ROW(CLOSING, e, CLG, a, i "-CLG"), \
	ROW(LAST_ACK, e, LA, a, i "-LA"), \
	ROW(TIME_WAIT, e, TW, a, i "-TW")

/* 3.10.7.1 and 3.10.7.2: without a connection only the flags count. */
#define NO_TCB(e, closed, i, listen, l) \
	ROW(CLOSED, e, CLD, closed, R i), ROW(LISTEN, e, LIS, listen, R l)
#define NO_TCB_ACK(e) NO_TCB(e, RST, "3.5.2-G1-ACK", RST, "3.5.2-G2-LISTEN")
#define NO_TCB_RST(e) NO_TCB(e, NONE, "3.5.2-G1-RST", NONE, "3.5.2-G2-LISTEN")
#define NO_TCB_SYN(e) \
	ROW(CLOSED, e, CLD, RST, R "3.5.2-G1-NOACK"), \
	ROW(LISTEN, e, LIS | SR, SYN_ACK, R "3.10.7.2-SYN")
/* clang-format on */

#define NO_FIN_SENT	"no FIN was sent"
#define NO_FIN_RECEIVED "no FIN was received"
#define NO_TEXT		"no text is delivered before ESTABLISHED"
#define NO_CLOSE	"close() leads to another state"
#define NO_MORE		"the peer's FIN has come: nothing is behind it"
#define NO_TIMER	"no timer runs"

#define R "RFC9293-"

/* A second row for a pair is an error of the compiler (-Woverride-init). */
static const struct rfc9293_row rows[TCP_STATE_COUNT][EVENT_COUNT] = {
	/*
	 * 3.10.4 CLOSE call. With SENDs outstanding SYN-RECEIVED queues it
	 * until ESTABLISHED, and CLOSE-WAIT until they are segmentized.
	 */
	ROW(LISTEN, CLOSE, CLD, NONE, R "3.10.4-CLOSE-LI"),
	ROW(SYN_RECEIVED, CLOSE, SR | FW1, MAY_FIN, R "3.10.4-CLOSE-SR"),
	ROW(ESTABLISHED, CLOSE, FW1, FIN, R "3.10.4-CLOSE-EST"),
	ROW(FIN_WAIT_1, CLOSE, FW1, NONE, R "3.10.4-CLOSE-FW1"),
	ROW(FIN_WAIT_2, CLOSE, FW2, NONE, R "3.10.4-CLOSE-FW2"),
	ROW(CLOSE_WAIT, CLOSE, CW | LA, FIN, R "3.10.4-CLOSE-CW"),
	ROW(CLOSING, CLOSE, CLG, NONE, R "3.10.4-CLOSE-CLG"),
	ROW(LAST_ACK, CLOSE, LA, NONE, R "3.10.4-CLOSE-LA"),
	ROW(TIME_WAIT, CLOSE, TW, NONE, R "3.10.4-CLOSE-TW"),
	ROW(CLOSED, CLOSE, CLD, NONE, R "3.10.4-CLOSE-CL"),

	/*
	 * 3.10.4 with 3.6.1 (SHLD-3). In CLOSING and LAST-ACK the call is an
	 * error that changes nothing, and SHLD-3 asks for an RST in any state:
	 * both are allowed. TIME-WAIT has nothing left to reset.
	 */
	ROW(LISTEN, CLOSE_UNREAD, CLD, NONE, R "3.10.4-CLOSE-LI"),
	NEVER(SYN_RECEIVED, CLOSE_UNREAD, NO_TEXT),
	ROW(ESTABLISHED, CLOSE_UNREAD, GONE, RST, R "3.6.1-SHLD3a"),
	ROW(FIN_WAIT_1, CLOSE_UNREAD, GONE, RST, R "3.6.1-SHLD3a"),
	ROW(FIN_WAIT_2, CLOSE_UNREAD, GONE, RST, R "3.6.1-SHLD3a"),
	ROW(CLOSE_WAIT, CLOSE_UNREAD, GONE, RST, R "3.6.1-SHLD3a"),
	ROW(CLOSING, CLOSE_UNREAD, CLG | GONE, MAY_RST, R "3.6.1-SHLD3a"),
	ROW(LAST_ACK, CLOSE_UNREAD, LA | GONE, MAY_RST, R "3.6.1-SHLD3a"),
	ROW(TIME_WAIT, CLOSE_UNREAD, TW, NONE, R "3.10.4-CLOSE-TW"),
	ROW(CLOSED, CLOSE_UNREAD, CLD, NONE, R "3.10.4-CLOSE-CL"),

	/*
	 * 3.10.5 ABORT call. What some call LAST-ACK with data that was not
	 * sent is CLOSE-WAIT by 3.10.4, which is aborted with an RST. TIME-WAIT
	 * is deleted by this clause, and lasts for 2 MSL by 3.6.1 (MUST-13).
	 */
	ROW(LISTEN, ABORT, CLD, NONE, R "3.10.5-ABORT-LI"),
	ROW(SYN_RECEIVED, ABORT, GONE, RST, R "3.10.5-ABORT-SR"),
	ROW(ESTABLISHED, ABORT, GONE, RST, R "3.10.5-ABORT-EST"),
	ROW(FIN_WAIT_1, ABORT, GONE, RST, R "3.10.5-ABORT-FW1"),
	ROW(FIN_WAIT_2, ABORT, GONE, RST, R "3.10.5-ABORT-FW2"),
	ROW(CLOSE_WAIT, ABORT, GONE, RST, R "3.10.5-ABORT-CW"),
	ROW(CLOSING, ABORT, CLD, NONE, R "3.10.5-ABORT-CLG"),
	ROW(LAST_ACK, ABORT, GONE, MAY_RST, R "3.10.5-ABORT-LA"),
	ROW(TIME_WAIT, ABORT, CLD | TW, NONE, R "3.10.5-ABORT-TW"),
	ROW(CLOSED, ABORT, CLD, NONE, R "3.10.5-ABORT-CL"),

	/*
	 * RFC 7323 section 5.3, before the first check: an old timestamp is
	 * answered with an ACK. A missing one is no reason to answer.
	 */
	ROW(SYN_RECEIVED, TS_OLD, SR, ACK, "RFC7323-5.3-R1"),
	STAY(TS_OLD, ACK, "RFC7323-5.3-R1"),
	NO_TCB_ACK(TS_OLD),

	ROW(SYN_RECEIVED, TS_MISSING, SR, NONE, "RFC7323-3.2-MISSING"),
	STAY(TS_MISSING, NONE, "RFC7323-3.2-MISSING"),
	NO_TCB_ACK(TS_MISSING),

	/*
	 * 3.10.7.4 first check: an unacceptable segment is answered with an
	 * ACK, whatever its flags but RST.
	 */
	ROW(SYN_RECEIVED, DATA_OLD, SR, ACK, R "3.10.7.4-S1-OOW-SR"),
	STAY_EACH(DATA_OLD, ACK, R "3.10.7.4-S1-OOW"),
	NO_TCB_ACK(DATA_OLD),

	ROW(SYN_RECEIVED, DATA_OUTSIDE, SR, ACK, R "3.10.7.4-S1-OOW-SR"),
	STAY_EACH(DATA_OUTSIDE, ACK, R "3.10.7.4-S1-OOW"),
	NO_TCB_ACK(DATA_OUTSIDE),

	/*
	 * A FIN received before is unacceptable too; the eighth check says
	 * where to stay.
	 */
	NEVER(SYN_RECEIVED, FIN_AGAIN, NO_FIN_RECEIVED),
	NEVER(ESTABLISHED, FIN_AGAIN, NO_FIN_RECEIVED),
	NEVER(FIN_WAIT_1, FIN_AGAIN, NO_FIN_RECEIVED),
	NEVER(FIN_WAIT_2, FIN_AGAIN, NO_FIN_RECEIVED),
	ROW(CLOSE_WAIT, FIN_AGAIN, CW, ACK, R "3.10.7.4-S8-CW"),
	ROW(CLOSING, FIN_AGAIN, CLG, ACK, R "3.10.7.4-S8-CLG"),
	ROW(LAST_ACK, FIN_AGAIN, LA, ACK, R "3.10.7.4-S8-LA"),
	ROW(TIME_WAIT, FIN_AGAIN, TW, ACK, R "3.10.7.4-S8-TW"),
	ROW(CLOSED, FIN_AGAIN, CLD, RST, R "3.5.2-G1-AFTERLASTACK"),
	ROW(LISTEN, FIN_AGAIN, LIS, RST, R "3.5.2-G2-LISTEN"),

	/*
	 * Second check; TIME-WAIT may ignore every RST (RFC 1337 F1). SYN-
	 * RECEIVED is LISTEN again when it began there, otherwise CLOSED.
	 */
	ROW(SYN_RECEIVED, RST_EXACT, LIS | CLD, NONE, R "3.10.7.4-S2-SR-P"),
	ROW(ESTABLISHED, RST_EXACT, CLD, NONE, R "3.10.7.4-S2-EST"),
	ROW(FIN_WAIT_1, RST_EXACT, CLD, NONE, R "3.10.7.4-S2-FW1"),
	ROW(FIN_WAIT_2, RST_EXACT, CLD, NONE, R "3.10.7.4-S2-FW2"),
	ROW(CLOSE_WAIT, RST_EXACT, CLD, NONE, R "3.10.7.4-S2-CW"),
	ROW(CLOSING, RST_EXACT, CLD, NONE, R "3.10.7.4-S2-CLG"),
	ROW(LAST_ACK, RST_EXACT, CLD, NONE, R "3.10.7.4-S2-LA"),
	ROW(TIME_WAIT, RST_EXACT, CLD | TW, NONE, R "3.10.7.4-S2-TW"),
	NO_TCB_RST(RST_EXACT),

	/*
	 * PAWS does not apply to an RST: no state but TIME-WAIT of a stack that
	 * ignores all of them may keep it, which its other answers show.
	 */
	ROW(SYN_RECEIVED, RST_TS_OLD, LIS | CLD, NONE, "RFC7323-5.2-NOPAWS"),
	ROW(ESTABLISHED, RST_TS_OLD, CLD, NONE, "RFC7323-5.2-NOPAWS"),
	ROW(FIN_WAIT_1, RST_TS_OLD, CLD, NONE, "RFC7323-5.2-NOPAWS"),
	ROW(FIN_WAIT_2, RST_TS_OLD, CLD, NONE, "RFC7323-5.2-NOPAWS"),
	ROW(CLOSE_WAIT, RST_TS_OLD, CLD, NONE, "RFC7323-5.2-NOPAWS"),
	ROW(CLOSING, RST_TS_OLD, CLD, NONE, "RFC7323-5.2-NOPAWS"),
	ROW(LAST_ACK, RST_TS_OLD, CLD, NONE, "RFC7323-5.2-NOPAWS"),
	ROW(TIME_WAIT, RST_TS_OLD, CLD, NONE, "RFC7323-5.2-NOPAWS"),
	NO_TCB_RST(RST_TS_OLD),

	/* RFC 5961 section 3.2: a challenge ACK, whatever the timestamp. */
	ROW(SYN_RECEIVED, RST_INSIDE, SR, ACK, "RFC5961-3.2-SR"),
	STAY(RST_INSIDE, ACK, "RFC5961-3.2-3"),
	NO_TCB_RST(RST_INSIDE),

	ROW(SYN_RECEIVED, RST_OUTSIDE, SR, NONE, "RFC5961-3.2-1"),
	STAY(RST_OUTSIDE, NONE, "RFC5961-3.2-1"),
	NO_TCB_RST(RST_OUTSIDE),

	/*
	 * Fourth check, or the first where the SYN is unacceptable. SYN-
	 * RECEIVED has it in the window: LISTEN again, unanswered, when it
	 * began there, otherwise a challenge ACK. Outside the window it may be
	 * the SYN,ACK of figure 9, whose ACK counts (A.2).
	 */
	ROW(SYN_RECEIVED, SYN, LIS | SR, MAY_ACK, R "3.10.7.4-S4-SR-P"),
	STAY_BUT_TIME_WAIT(SYN, ACK, "RFC5961-4.2-1"),
	/* RFC 6191 drops it, RFC 9293 challenges it. */
	ROW(TIME_WAIT, SYN, TW, MAY_ACK, R "3.10.7.4-S4-TW"),
	NO_TCB_SYN(SYN),

	ROW(SYN_RECEIVED, SYN_OUTSIDE, SR | OPEN, ACK, R "3.10.7.4-S1-OOW-SR"),
	STAY_BUT_TIME_WAIT(SYN_OUTSIDE, ACK, "RFC5961-4.2-1"),
	ROW(TIME_WAIT, SYN_OUTSIDE, TW, MAY_ACK, R "3.10.7.4-S4-TW"),
	NO_TCB_SYN(SYN_OUTSIDE),

	/*
	 * RFC 6191: TIME-WAIT may reopen. If it does not, it stays, and the
	 * fourth check asks for a challenge ACK; it is never just deleted.
	 */
	ROW(SYN_RECEIVED, SYN_NEW, LIS | SR, MAY_ACK, R "3.10.7.4-S4-SR-P"),
	STAY_BUT_TIME_WAIT(SYN_NEW, ACK, "RFC5961-4.2-1"),
	ROW(TIME_WAIT, SYN_NEW, TW | SR, SYN_ACK_OR_ACK, R "3.6.1-MAY2"),
	NO_TCB_SYN(SYN_NEW),

	/* Fifth check: no ACK flag, no processing. */
	ROW(SYN_RECEIVED, NO_ACK, SR, NONE, R "3.10.7.4-S5-NOACK"),
	STAY(NO_ACK, NONE, R "3.10.7.4-S5-NOACK"),
	NO_TCB(NO_ACK, RST, "3.5.2-G1-NOACK", NONE, "3.10.7.2-OTHER"),

	/* Which the fifth check says of ESTABLISHED, and 3.5.2 of all. */
	ROW(SYN_RECEIVED, ACK_UNSENT, SR, RST, R "3.5.2-G2-SYNRCVD"),
	ROW(ESTABLISHED, ACK_UNSENT, EST, ACK, R "3.10.7.4-S5-EST"),
	ROW(FIN_WAIT_1, ACK_UNSENT, FW1, ACK, R "3.10.7.4-S5-5961"),
	ROW(FIN_WAIT_2, ACK_UNSENT, FW2, ACK, R "3.10.7.4-S5-5961"),
	ROW(CLOSE_WAIT, ACK_UNSENT, CW, ACK, R "3.10.7.4-S5-5961"),
	ROW(CLOSING, ACK_UNSENT, CLG, ACK, R "3.10.7.4-S5-5961"),
	ROW(LAST_ACK, ACK_UNSENT, LA, ACK, R "3.10.7.4-S5-5961"),
	ROW(TIME_WAIT, ACK_UNSENT, TW, ACK, R "3.10.7.4-S5-5961"),
	NO_TCB_ACK(ACK_UNSENT),

	/*
	 * RFC 5961 section 5.2, as the check of the RST and of the SYN above.
	 * SYN-RECEIVED answers all that does not acknowledge its SYN so.
	 */
	ROW(SYN_RECEIVED, ACK_OLD, SR, RST, R "3.10.7.4-S5-SR"),
	STAY(ACK_OLD, ACK, "RFC5961-5.2-1"),
	NO_TCB_ACK(ACK_OLD),

	/*
	 * A segment without text that is in the window but not at RCV.NXT may
	 * draw an ACK (MAY-13), and TIME-WAIT acknowledges what can arrive.
	 */
	ROW(SYN_RECEIVED, ACK, OPEN, MAY_ACK, R "3.10.7.4-S5-SR"),
	ROW(ESTABLISHED, ACK, EST, MAY_ACK, R "3.10.7.4-S5-EST"),
	ROW(FIN_WAIT_1, ACK, FW1, MAY_ACK, R "3.10.7.4-S5-FW1-PARTIAL"),
	ROW(FIN_WAIT_2, ACK, FW2, MAY_ACK, R "3.10.7.4-S5-FW2"),
	ROW(CLOSE_WAIT, ACK, CW, MAY_ACK, R "3.10.7.4-S5-CW"),
	ROW(CLOSING, ACK, CLG, MAY_ACK, R "3.10.7.4-S5-CLG"),
	ROW(LAST_ACK, ACK, LA, MAY_ACK, R "3.10.7.4-S5-LA"),
	ROW(TIME_WAIT, ACK, TW, MAY_ACK, R "3.10.7.4-S5-TW"),
	NO_TCB_ACK(ACK),

	NEVER(SYN_RECEIVED, ACK_FIN, NO_FIN_SENT),
	NEVER(ESTABLISHED, ACK_FIN, NO_FIN_SENT),
	ROW(FIN_WAIT_1, ACK_FIN, FW2, NONE, R "3.10.7.4-S5-FW1"),
	ROW(FIN_WAIT_2, ACK_FIN, FW2, NONE, R "3.10.7.4-S5-FW2"),
	NEVER(CLOSE_WAIT, ACK_FIN, NO_FIN_SENT),
	ROW(CLOSING, ACK_FIN, TW, NONE, R "3.10.7.4-S5-CLG"),
	ROW(LAST_ACK, ACK_FIN, CLD, NONE, R "3.10.7.4-S5-LA"),
	ROW(TIME_WAIT, ACK_FIN, TW, NONE, R "3.10.7.4-S5-TW"),
	NO_TCB_ACK(ACK_FIN),

	/*
	 * Seventh check. Text behind the peer's FIN "should not occur" and is
	 * ignored: whether the segment is acknowledged is not said.
	 */
	ROW(SYN_RECEIVED, DATA, OPEN, ACK, R "3.10.7.4-S7-EST"),
	ROW(ESTABLISHED, DATA, EST, ACK, R "3.10.7.4-S7-EST"),
	ROW(FIN_WAIT_1, DATA, FW1, ACK, R "3.10.7.4-S7-FW1"),
	ROW(FIN_WAIT_2, DATA, FW2, ACK, R "3.10.7.4-S7-FW2"),
	ROW(CLOSE_WAIT, DATA, CW, MAY_ACK, R "3.10.7.4-S7-CW"),
	ROW(CLOSING, DATA, CLG, MAY_ACK, R "3.10.7.4-S7-CLG"),
	ROW(LAST_ACK, DATA, LA, MAY_ACK, R "3.10.7.4-S7-LA"),
	ROW(TIME_WAIT, DATA, TW, MAY_ACK, R "3.10.7.4-S7-TW"),
	NO_TCB_ACK(DATA),

	/*
	 * Out of order: RFC 5681 asks for a duplicate ACK at once (what
	 * RFC 9293 only allows, MAY-13).
	 */
	ROW(SYN_RECEIVED, DATA_EARLY, OPEN, ACK, "RFC5681-4.2-DUPACK"),
	STAY_UNTIL_FIN(DATA_EARLY, ACK, "RFC5681-4.2-DUPACK"),
	STAY_AFTER_FIN(DATA_EARLY, MAY_ACK, R "3.10.7.4-MAY13"),
	ROW(TIME_WAIT, DATA_EARLY, TW, MAY_ACK, R "3.10.7.4-MAY13"),
	NO_TCB_ACK(DATA_EARLY),

	/*
	 * SHLD-3: new data is received after CLOSE, and nobody can read it.
	 * Beyond a hole it is received and lost as well (RFC 2525 2.17).
	 */
	NEVER(SYN_RECEIVED, DATA_LATE, NO_CLOSE),
	NEVER(ESTABLISHED, DATA_LATE, NO_CLOSE),
	ROW(FIN_WAIT_1, DATA_LATE, GONE, RST, R "3.6.1-SHLD3b"),
	ROW(FIN_WAIT_2, DATA_LATE, GONE, RST, R "3.6.1-SHLD3b"),
	NEVER(CLOSE_WAIT, DATA_LATE, NO_CLOSE),
	NEVER(CLOSING, DATA_LATE, NO_MORE),
	NEVER(LAST_ACK, DATA_LATE, NO_MORE),
	NEVER(TIME_WAIT, DATA_LATE, NO_MORE),
	NO_TCB_ACK(DATA_LATE),

	/*
	 * Eighth check. A FIN above a hole is held or dropped (SHLD-31), its
	 * ACK counts, and as it is out of order it draws a duplicate ACK. After
	 * CLOSE too: it has brought no data that could be lost (SHLD-3).
	 */
	ROW(SYN_RECEIVED, FIN_EARLY, OPEN, ACK, R "3.10.7.4-SHLD31"),
	STAY_UNTIL_FIN(FIN_EARLY, ACK, R "3.10.7.4-SHLD31"),
	STAY_AFTER_FIN(FIN_EARLY, MAY_ACK, R "3.10.7.4-S8-BEYOND"),
	ROW(TIME_WAIT, FIN_EARLY, TW, MAY_ACK, R "3.10.7.4-S8-BEYOND"),
	NO_TCB_ACK(FIN_EARLY),

	/*
	 * A second FIN at RCV.NXT is not processed again; whether it is
	 * acknowledged is not said. SYN-RECEIVED may have queued a CLOSE.
	 */
	ROW(SYN_RECEIVED, FIN, CW | CLG, ACK, R "3.10.7.4-S8-SR"),
	ROW(ESTABLISHED, FIN, CW, ACK, R "3.10.7.4-S8-EST"),
	ROW(FIN_WAIT_1, FIN, CLG, ACK, R "3.10.7.4-S8-FW1-NOACK"),
	ROW(FIN_WAIT_2, FIN, TW, ACK, R "3.10.7.4-S8-FW2"),
	ROW(CLOSE_WAIT, FIN, CW, MAY_ACK, R "3.10.7.4-S8-CW"),
	ROW(CLOSING, FIN, CLG, MAY_ACK, R "3.10.7.4-S8-CLG"),
	ROW(LAST_ACK, FIN, LA, MAY_ACK, R "3.10.7.4-S8-LA"),
	ROW(TIME_WAIT, FIN, TW, MAY_ACK, R "3.10.7.4-S8-TW"),
	NO_TCB_ACK(FIN),

	/*
	 * Figure 5, note 2. The ACK of an old FIN (S5-LA-DUPFIN) may count or
	 * not: appendix A.2.
	 */
	NEVER(SYN_RECEIVED, FIN_ACK, NO_FIN_SENT),
	NEVER(ESTABLISHED, FIN_ACK, NO_FIN_SENT),
	ROW(FIN_WAIT_1, FIN_ACK, TW, ACK, R "3.3.2-N2"),
	ROW(FIN_WAIT_2, FIN_ACK, TW, ACK, R "3.10.7.4-S8-FW2"),
	NEVER(CLOSE_WAIT, FIN_ACK, NO_FIN_SENT),
	ROW(CLOSING, FIN_ACK, CLG | TW, MAY_ACK, R "3.10.7.4-S5-LA-DUPFIN"),
	ROW(LAST_ACK, FIN_ACK, LA | CLD, MAY_ACK, R "3.10.7.4-S5-LA-DUPFIN"),
	ROW(TIME_WAIT, FIN_ACK, TW, ACK, R "3.10.7.4-S8-TW"),
	NO_TCB_ACK(FIN_ACK),

	/*
	 * 3.10.8 timeouts, and FIN-WAIT-2's own timer, which no RFC asks for.
	 * What is sent again, or to probe, is not judged by the row.
	 */
	NEVER(LISTEN, TIMEOUT, NO_TIMER),
	ROW(SYN_RECEIVED, TIMEOUT, SR | CLD | LIS, ANY, R "3.10.8-UTO"),
	ROW(ESTABLISHED, TIMEOUT, EST | CLD, ANY, R "3.10.8-UTO"),
	ROW(FIN_WAIT_1, TIMEOUT, FW1 | CLD, ANY, R "3.10.8-UTO"),
	ROW(FIN_WAIT_2, TIMEOUT, FW2 | CLD, ANY, "LINUX-FINTIMEOUT"),
	ROW(CLOSE_WAIT, TIMEOUT, CW | CLD, ANY, R "3.10.8-UTO"),
	ROW(CLOSING, TIMEOUT, CLG | CLD, ANY, R "3.10.8-UTO"),
	ROW(LAST_ACK, TIMEOUT, LA | CLD, ANY, R "3.10.8-UTO"),
	ROW(TIME_WAIT, TIMEOUT, TW | CLD, NONE, R "3.10.8-TW"),
	NEVER(CLOSED, TIMEOUT, NO_TIMER),
};

static bool has_rows(enum tcp_state s)
{
	return s < TCP_STATE_COUNT && !(STATE_BIT(s) & STATES_WITHOUT_ROWS);
}

const struct rfc9293_row *rfc9293_row(enum tcp_state from,
				      enum rfc9293_event event)
{
	return &rows[has_rows(from) ? from : TCP_STATE_CLOSED][event];
}

uint32_t rfc9293_step(uint32_t states, enum rfc9293_event event)
{
	uint32_t to = 0;

	if (states & STATES_WITHOUT_ROWS)
		return STATES_ANY;
	for (uint32_t left = states; left; left &= left - 1)
		to |= rfc9293_row((enum tcp_state)__builtin_ctz(left), event)
			      ->to;
	return to;
}

static const char *const event_names[EVENT_COUNT] = {
	[EVENT_CLOSE] = "CLOSE",
	[EVENT_CLOSE_UNREAD] = "CLOSE with unread data",
	[EVENT_ABORT] = "ABORT",
	[EVENT_TS_OLD] = "old timestamp",
	[EVENT_TS_MISSING] = "segment without timestamp",
	[EVENT_DATA_OLD] = "old data",
	[EVENT_DATA_OUTSIDE] = "data outside the window",
	[EVENT_FIN_AGAIN] = "FIN again",
	[EVENT_RST_EXACT] = "exact RST",
	[EVENT_RST_TS_OLD] = "exact RST with an old timestamp",
	[EVENT_RST_INSIDE] = "RST in the window, not exact",
	[EVENT_RST_OUTSIDE] = "RST outside the window",
	[EVENT_SYN_OUTSIDE] = "SYN outside the window",
	[EVENT_SYN] = "SYN",
	[EVENT_SYN_NEW] = "SYN that may reopen",
	[EVENT_NO_ACK] = "segment without ACK",
	[EVENT_ACK_UNSENT] = "ACK of the unsent",
	[EVENT_ACK_OLD] = "ACK too old",
	[EVENT_ACK] = "ACK",
	[EVENT_ACK_FIN] = "ACK of FIN",
	[EVENT_DATA] = "data",
	[EVENT_DATA_EARLY] = "data above RCV.NXT",
	[EVENT_DATA_LATE] = "data after close()",
	[EVENT_FIN_EARLY] = "FIN above RCV.NXT",
	[EVENT_FIN] = "FIN",
	[EVENT_FIN_ACK] = "FIN with ACK of FIN",
	[EVENT_TIMEOUT] = "time",
};

static const char *const answer_names[ANSWER_COUNT] = {
	[ANSWER_NONE] = "none",
	[ANSWER_ACK] = "ACK",
	[ANSWER_RST] = "RST",
	[ANSWER_FIN] = "FIN",
	[ANSWER_MAY_ACK] = "ACK or none",
	[ANSWER_MAY_RST] = "RST or none",
	[ANSWER_MAY_FIN] = "FIN or none",
	[ANSWER_SYN_ACK] = "SYN,ACK",
	[ANSWER_SYN_ACK_OR_ACK] = "SYN,ACK or ACK",
	[ANSWER_ANY] = "any",
};

bool rfc9293_cites(const char *id)
{
	const struct rfc9293_row *row;
	bool cites = false;

	for (int i = 0; i < TCP_STATE_COUNT * EVENT_COUNT && !cites; i++) {
		row = rfc9293_row((enum tcp_state)(i / EVENT_COUNT),
				  (enum rfc9293_event)(i % EVENT_COUNT));
		cites = row->id && strcmp(row->id, id) == 0;
	}
	return cites;
}

const char *rfc9293_event_name(enum rfc9293_event event)
{
	return event < EVENT_COUNT ? event_names[event] : "-";
}

const char *rfc9293_answer_name(enum rfc9293_answer answer)
{
	return answer < ANSWER_COUNT ? answer_names[answer] : "-";
}

/* Where name is in a list of n, or n. */
static int find_name(const char *const *names, int n, const char *name)
{
	int i = 0;

	while (i < n && strcmp(names[i], name) != 0)
		i++;
	return i;
}

bool rfc9293_event_find(const char *name, enum rfc9293_event *event)
{
	*event = (enum rfc9293_event)find_name(event_names, EVENT_COUNT, name);
	return *event < EVENT_COUNT;
}

bool rfc9293_answer_find(const char *name, enum rfc9293_answer *answer)
{
	*answer = (enum rfc9293_answer)find_name(answer_names, ANSWER_COUNT,
						 name);
	return *answer < ANSWER_COUNT;
}
