/*
 * The table of rules: name, requirement, severity and sentence of each. Knows
 * nothing of how a rule is found broken.
 */
#include "judge/rule.h"

#include <string.h>

static const char *const severity_names[SEVERITY_COUNT] = {
	[SEVERITY_NOTE] = "note",
	[SEVERITY_INCONCLUSIVE] = "inconclusive",
	[SEVERITY_SUSPICIOUS] = "suspicious",
	[SEVERITY_VIOLATION] = "violation",
};

#define NOTE	   SEVERITY_NOTE
#define SUSPICIOUS SEVERITY_SUSPICIOUS
#define VIOLATION  SEVERITY_VIOLATION
#define WIRE	   JUDGE_WIRE
#define TAPE	   JUDGE_TAPE
#define BOTH	   (JUDGE_WIRE | JUDGE_TAPE)

/* clang-format off */
static const struct rule rules[RULE_COUNT] = {
	[RULE_DATA_AFTER_FIN] = {
		"data-after-fin", "RFC9293-3.6-C1-NOSEND", VIOLATION, WIRE,
		"after its FIN an end sends no octets beyond it" },
	[RULE_FIN_MOVED] = {
		"fin-moved", "RFC9293-3.6-C1-REXMIT", VIOLATION, WIRE,
		"a FIN sent again keeps its sequence number" },
	[RULE_FIN_WITHOUT_ACK] = {
		"fin-without-ack", "RFC9293-3.10.7.4-S5-NOACK", VIOLATION, WIRE,
		"a segment of a connection carries the ACK flag" },
	[RULE_SEQ_BELOW_FIN] = {
		"seq-below-fin", "RFC9293-3.6-FIG12", SUSPICIOUS, BOTH,
		"after its FIN an end acknowledges with the number behind it" },
	[RULE_NO_TIMESTAMP] = {
		"no-timestamp", "RFC7323-3.2-NONRST", VIOLATION, WIRE,
		"once negotiated, timestamps are in every segment but RST" },
	[RULE_AFTER_RST] = {
		"after-rst", "RFC9293-3.6-ABORTNOW", SUSPICIOUS, WIRE,
		"an end that has reset the connection does not go on with it" },
	[RULE_RST_WITH_DATA] = {
		"rst-with-data", "RFC9293-3.5.3-SHLD2", NOTE, WIRE,
		"an RST may carry data, which is rare" },
	[RULE_ACK_UNSENT] = {
		"ack-unsent", "RFC5961-5.2-1", VIOLATION, WIRE,
		"only what was sent can be acknowledged" },
	[RULE_FIN_ACK_LOW] = {
		"fin-ack-low", "RFC9293-3.10.7.4-S8-EST", SUSPICIOUS, WIRE,
		"a FIN is acknowledged with the number behind it" },
	[RULE_FIN_OUTSIDE] = {
		"fin-outside", "RFC9293-3.10.7.4-S1-OOW-EST", SUSPICIOUS, WIRE,
		"a FIN lies inside the receiver's window" },
	[RULE_RST_OUTSIDE] = {
		"rst-outside", "RFC5961-3.2-1", SUSPICIOUS, WIRE,
		"an RST outside the window is discarded: its sender does not "
		"know the connection" },
	[RULE_RST_INEXACT] = {
		"rst-inexact", "RFC5961-3.2-LEVEL", SUSPICIOUS, WIRE,
		"an RST that counts has exactly the number expected next" },
	[RULE_RST_INEXACT_OBEYED] = {
		"rst-inexact-obeyed", "RFC5961-3.2-3", SUSPICIOUS, WIRE,
		"an RST in the window but not exact is answered with an ACK "
		"and changes nothing" },
	[RULE_RST_ANSWERS_RST] = {
		"rst-answers-rst", "RFC9293-3.5.2-G1-RST", VIOLATION, BOTH,
		"an RST is never answered with an RST" },
	[RULE_RST_WRONG_SEQ] = {
		"rst-wrong-seq", "RFC9293-3.5.2-G1-ACK", SUSPICIOUS, WIRE,
		"an RST that answers an ACK has its acknowledgment number as "
		"sequence number" },
	[RULE_ACK_AFTER_RST] = {
		"ack-after-rst", "RFC9293-3.10.5-ABORT-EST", SUSPICIOUS, WIRE,
		"an end that has reset the connection acknowledges no data" },
	[RULE_FIN_NOT_RETRANSMITTED] = {
		"fin-not-retransmitted", "RFC9293-3.10.8-RTO", SUSPICIOUS, BOTH,
		"a FIN that is not acknowledged is sent again" },
	[RULE_FIN_NEVER_ACKED] = {
		"fin-never-acked", "RFC9293-3.6-C2-UTO", NOTE, WIRE,
		"a FIN is acknowledged before its sender gives up" },
	[RULE_LAST_ACK_MISSING] = {
		"last-ack-missing", "RFC9293-3.10.7.4-S8-TW", SUSPICIOUS, WIRE,
		"the FIN of the end that closes last is acknowledged too" },
	[RULE_FIN_ACK_LATE] = {
		"fin-ack-late", "RFC9293-3.8.6.3-MUST40", SUSPICIOUS, WIRE,
		"a FIN is acknowledged within half a second" },
	[RULE_NO_BACKOFF] = {
		"no-backoff", "RFC9293-3.8.2-MUST19", VIOLATION, WIRE,
		"the time between retransmissions grows exponentially" },
	[RULE_RETRANSMITTED_EARLY] = {
		"retransmitted-early", "RFC6298-5-NOEARLY", SUSPICIOUS, BOTH,
		"nothing is sent again before an answer could have come" },
	[RULE_FIN_STORM] = {
		"fin-storm", "RFC6298-5.5", SUSPICIOUS, WIRE,
		"a FIN is not sent again many times in a second" },
	[RULE_RST_STORM] = {
		"rst-storm", "RFC9293-3.5.2-NORST", SUSPICIOUS, WIRE,
		"an RST answers one segment, or aborts once" },
	[RULE_TIME_WAIT_REUSED] = {
		"time-wait-reused", "RFC6191-2-A4", SUSPICIOUS, WIRE,
		"in TIME-WAIT a SYN is accepted only if its number or its "
		"timestamp is newer" },
	[RULE_TIME_WAIT_ASSASSINATED] = {
		"time-wait-assassinated", "RFC1337-1-TWA", SUSPICIOUS, WIRE,
		"an old segment does not lead to an RST that ends TIME-WAIT" },
	[RULE_WRONG_TRANSITION] = {
		"wrong-transition", "RFC9293-3.3.2-N2", VIOLATION, TAPE,
		"an end goes only into the states its events lead to" },
	[RULE_ANSWER_MISSING] = {
		"answer-missing", "RFC9293-3.5.2-G3", VIOLATION, TAPE,
		"a segment that asks for an ACK or an RST is answered" },
	[RULE_ANSWER_WRONG] = {
		"answer-wrong", "RFC9293-3.5.2-G2-LISTEN", VIOLATION, TAPE,
		"a segment is answered with the answer it asks for" },
	[RULE_UNASKED_SEGMENT] = {
		"unasked-segment", "RFC9293-3.6-C1-NOEARLYFIN", VIOLATION, TAPE,
		"no FIN or RST is sent that nobody asked for" },
	[RULE_FIN_ON_UNREAD] = {
		"fin-on-unread", "RFC9293-3.6.1-SHLD3a", VIOLATION, TAPE,
		"closing with unread data sends RST, not FIN" },
	[RULE_DATA_AFTER_CLOSE] = {
		"data-after-close", "RFC9293-3.6.1-SHLD3b", VIOLATION, TAPE,
		"data that comes after close is answered with RST" },
	[RULE_FIN_MISSING] = {
		"fin-missing", "RFC9293-3.6-C1-FIN", VIOLATION, TAPE,
		"closing sends a FIN behind the data" },
	[RULE_RST_IGNORED] = {
		"rst-ignored", "RFC5961-3.2-2", VIOLATION, TAPE,
		"an exact RST resets the connection" },
	[RULE_RST_OBEYED] = {
		"rst-obeyed", "RFC1337-3-F1", VIOLATION, TAPE,
		"an RST that must not count changes nothing" },
	[RULE_WRONG_RESULT] = {
		"wrong-result", "RFC9293-3.6-MUST12", VIOLATION, TAPE,
		"calls tell how the connection ended" },
	[RULE_ACK_STORM] = {
		"ack-storm", "RFC5961-10-REFLECT", VIOLATION, TAPE,
		"a segment is answered with one ACK, not with many" },
	[RULE_WINDOW_SHRUNK] = {
		"window-shrunk", "RFC9293-3.8.6-SHLD14", VIOLATION, TAPE,
		"the right edge of an offered window does not go back" },
	[RULE_TIMESTAMP_BACK] = {
		"timestamp-back", "RFC7323-5.2-MONOTONE", VIOLATION, TAPE,
		"the timestamps an end sends do not go back" },
	[RULE_ECN_UNASKED] = {
		"ecn-unasked", "RFC3168-6.1.1-SETUP", VIOLATION, TAPE,
		"ECE and CWR are not set unless the SYNs have agreed on ECN" },
	[RULE_URGENT_UNASKED] = {
		"urgent-unasked", "RFC9293-3.10.2-SEND-URG", VIOLATION, TAPE,
		"URG is set only when urgent data was sent" },
	[RULE_BAD_CHECKSUM] = {
		"bad-checksum", "RFC9293-3.1-MUST2", VIOLATION, TAPE,
		"an end sends correct checksums" },
};
/* clang-format on */

static int is_text(const char *name, const char *text, size_t len)
{
	return strlen(name) == len && memcmp(name, text, len) == 0;
}

const char *severity_name(enum severity s)
{
	return (unsigned int)s < SEVERITY_COUNT ? severity_names[s] : "-";
}

enum severity severity_parse(const char *text, size_t len)
{
	int s = 0;

	while (s < SEVERITY_COUNT && !is_text(severity_names[s], text, len))
		s++;
	return (enum severity)s;
}

const struct rule *rule_of(enum rule_id id)
{
	return &rules[id];
}

const struct rule *rule_find(const char *name, size_t len)
{
	for (int i = 0; i < RULE_COUNT; i++)
		if (is_text(rules[i].name, name, len) ||
		    is_text(rules[i].id, name, len))
			return &rules[i];
	return NULL;
}

const char *rule_section(const struct rule *rule, size_t *len)
{
	const char *section = strchr(rule->id, '-') + 1;

	*len = strcspn(section, "-");
	return section;
}
