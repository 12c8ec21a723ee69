/*
 * The parser, by what it says of acts and blocks that are wrong: one row for
 * each fault that they can have, with the exact message.
 */
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "test/expect.h"
#include "test/test_parse.h"

static const struct parse_fault_row step_faults[] = {
	{ "quiet 5ms#soon", 3,
	  "5ms#soon: no time, expected one such as 500us, 150ms, 2s or "
	  "1m, at most a day" },
	{ "open\nslow", 4,
	  "slow belongs to the head, expected it before the first "
	  "step at line 3" },
	{ "open\nopen", 4, "open: said before at line 3, expected it once" },
	{ "open 0", 3, "open 0: expected a number of connections, 1 to 10000" },
	{ "open 2 3", 3, "3: nothing more expected after \"open 2\"" },
	{ "open 300\n--> . -->", 4,
	  "a case with open 300 has no rungs; use pass and count" },
	{ "open 300\nA destroy", 4,
	  "a case with open 300 has no destroy; use pass and count" },
	{ "opne", 3, "opne: unknown word, did you mean open?" },
	{ "close", 3, "close: whose? expected \"A close\" or \"B close\"" },
	{ "returns 0", 3,
	  "returns: whose? expected \"A returns\" or \"B returns\"" },
	{ "hello world", 3,
	  "hello: unknown word, expected a rung, an act of A or B, "
	  "open, is, count, quiet, pass, repeat or either" },
	{ "a close", 3,
	  "a: unknown word, expected a rung, an act of A or B, open, "
	  "is, count, quiet, pass, repeat or either" },
	{ "A", 3, "expected a verb, is, count or returns after \"A\"" },
	{ "A clsoe", 3, "clsoe: unknown verb, did you mean close?" },
	{ "A retruns 0", 3, "retruns: unknown verb, did you mean returns?" },
	{ "A close now", 3,
	  "now: expected nothing more for close, or \"= RESULT\"" },
	{ "A close = eof", 3, "= eof: close gives 0 or an errno" },
	{ "A close =", 3, "expected a result after \"close =\"" },
	{ "A close = 1", 3, "= 1: close gives 0 or an errno" },
	{ "A close = any", 3, "= any: close gives 0 or an errno" },
	{ "A close == 0", 3,
	  "==: expected nothing more for close, or \"= RESULT\"" },
	{ "A close 0", 3,
	  "0: expected nothing more for close, or \"= RESULT\"" },
	{ "A close within", 3,
	  "expected a time such as 150ms after \"close within\"" },
	{ "A close within 2", 3,
	  "2: no time, expected one such as 500us, 150ms, 2s or 1m, "
	  "at most a day" },
	{ "A close after 2x", 3,
	  "2x: no time, expected one such as 500us, 150ms, 2s or 1m, "
	  "at most a day" },
	{ "A close within 2s within 3s", 3,
	  "within: the latest time is said twice, expected it once" },
	{ "A close within 3s after 1s", 3,
	  "after: expected it once, and before within" },
	{ "A close after 3s within 1s", 3,
	  "within a shorter time than after, expected a longer one" },
	{ "A close after 3s..1s", 3,
	  "3s..1s: a range that ends before it begins" },
	{ "A close after 1..3s", 3,
	  "1: no time, expected one such as 500us, 150ms, 2s or 1m, "
	  "at most a day" },
	{ "A send", 3,
	  "expected a number of octets, 1 to 16000000 after \"send\"" },
	{ "A send x", 3, "send x: expected a number of octets, 1 to 16000000" },
	{ "A send 0", 3, "send 0: expected a number of octets, 1 to 16000000" },
	{ "A send 16M", 3,
	  "send 16M: expected a number of octets, 1 to 16000000" },
	{ "A send 5 6", 3, "send 5 6: expected oob, dontwait or signal" },
	{ "A send 5 oob 6", 3,
	  "6: expected nothing more for send 5 oob, or \"= RESULT\"" },
	{ "A recv signal = 1", 3,
	  "recv signal: expected a number of octets, 1 to 16000000, "
	  "peek, dontwait or oob" },
	{ "A select = IN", 3,
	  "= IN: select gives sets of select such as READ,EXCEPT, none, "
	  "any or an errno" },
	{ "A info pmtu = 1", 3,
	  "info pmtu: expected retransmits, probes, backoff, unacked, "
	  "sacked, lost, retrans or total_retrans" },
	{ "A thread", 3, "expected a call such as recv after \"A thread\"" },
	{ "A thread poll", 3,
	  "thread poll: expected a call that may block: accept, send, "
	  "recv, drain or close" },
	{ "A thread join", 3,
	  "thread join: expected a call that may block: accept, send, "
	  "recv, drain or close" },
	{ "A thread recv 5 6", 3, "recv 5 6: expected peek or dontwait" },
	{ "A send 5 = eof", 3,
	  "= eof: send gives a number, any, SIGPIPE or an errno" },
	{ "A recv", 3,
	  "recv without a result, expected \"= RESULT\": a number "
	  "from 1, eof, any or an errno" },
	{ "A recv = 0", 3,
	  "= 0: recv gives a number from 1, eof, any or an errno" },
	{ "A recv = ECONRESET", 3,
	  "ECONRESET: unknown errno, did you mean ECONNRESET?" },
	{ "A recv = all", 3,
	  "= all: recv gives a number from 1, eof, any or an errno" },
	{ "A drain = eof", 3,
	  "= eof: drain gives all, a number, any or an errno" },
	{ "A shutdown both", 3, "shutdown both: expected rd, wr or rdwr" },
	{ "A shutdown", 3, "expected rd, wr or rdwr after \"shutdown\"" },
	{ "A linger 5", 3,
	  "linger 5: expected off, 0 or a time of whole seconds such "
	  "as 2s" },
	{ "A linger 1500ms", 3,
	  "linger 1500ms: expected off, 0 or a time of whole seconds "
	  "such as 2s" },
	{ "A linger2 off", 3,
	  "linger2 off: expected a time of whole seconds such as 2s" },
	{ "A user-timeout 1500us", 3,
	  "user-timeout 1500us: expected a time of whole "
	  "milliseconds such as 500ms" },
	{ "A keepalive 1s", 3,
	  "expected a time of whole seconds such as 2s after "
	  "\"keepalive 1s\"" },
	{ "A keepalive 1s 1s 200", 3,
	  "keepalive 1s 1s 200: expected a number of probes, 1 to 127" },
	{ "A keepalive off 1s", 3,
	  "1s: expected nothing more for keepalive off, or \"= "
	  "RESULT\"" },
	{ "A nodelay", 3, "expected on or off after \"nodelay\"" },
	{ "A poll", 3,
	  "poll without a result, expected \"= RESULT\": poll events "
	  "such as IN,RDHUP, none, any or an errno" },
	{ "A poll = INN", 3,
	  "= INN: poll gives poll events such as IN,RDHUP, none, any "
	  "or an errno" },
	{ "A poll = none,..", 3,
	  "= none,..: poll gives poll events such as IN,RDHUP, none, any or an errno" },
	{ "A recv = eof|", 3,
	  "= : recv gives a number from 1, eof, any or an errno" },
	{ "A poll = IN,IN", 3,
	  "= IN,IN: poll gives poll events such as IN,RDHUP, none, "
	  "any or an errno" },
	{ "A error", 3,
	  "error without a result, expected \"= RESULT\": 0 or an "
	  "errno" },
	{ "A error = eof", 3, "= eof: error gives 0 or an errno" },
	{ "A outq", 3,
	  "outq without a result, expected \"= RESULT\": a number, "
	  "any or an errno" },
	{ "A exit = 0", 3, "= 0: exit gives no result: its process is gone" },
	{ "A exit blocks", 3,
	  "exit cannot block, expected it only of accept, send, "
	  "recv, drain, close and join" },
	{ "A shutdown wr blocks", 3,
	  "shutdown cannot block, expected it only of accept, send, "
	  "recv, drain, close and join" },
	{ "A close blocks within 1s", 3,
	  "within: nothing more expected after \"close blocks\"" },
	{ "A close blocks\nA close", 4,
	  "A is still in the close of line 3, expected \"A returns\" "
	  "before" },
	{ "A returns 0", 3,
	  "no call of A is out, expected \"A VERB blocks\" before" },
	{ "A close blocks\nA returns 0\nA returns 0", 5,
	  "no call of A is out, expected \"A VERB blocks\" before" },
	{ "A recv blocks\nA returns", 4,
	  "recv without a result, expected \"= RESULT\": a number "
	  "from 1, eof, any or an errno" },
	{ "A close blocks\nA returns eof", 4,
	  "= eof: close gives 0 or an errno" },
	{ "A is", 3, "expected a state after \"A is\"" },
	{ "A is OPEN", 3,
	  "OPEN: unknown state, expected LISTEN, SYN-SENT, "
	  "SYN-RECEIVED, ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, "
	  "CLOSE-WAIT, CLOSING, LAST-ACK, TIME-WAIT or CLOSED" },
	{ "A is FIN-WAIT1", 3,
	  "FIN-WAIT1: unknown state, did you mean FIN-WAIT-1?" },
	{ "A is CLOSED|", 3,
	  ": unknown state, expected LISTEN, SYN-SENT, "
	  "SYN-RECEIVED, ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, CLOSE-WAIT, "
	  "CLOSING, LAST-ACK, TIME-WAIT or CLOSED" },
	{ "A is CLOSED|CLOSED", 3, "CLOSED: said twice, expected it once" },
	{ "A is CLOSED|TIME_WAIT", 3,
	  "TIME_WAIT: unknown state, did you mean TIME-WAIT?" },
	{ "A is closed", 3, "closed: unknown state, did you mean CLOSED?" },
	{ "A is FIN_WAIT_1", 3,
	  "FIN_WAIT_1: unknown state, did you mean FIN-WAIT-1?" },
	{ "A is CLOSED after 1s", 3,
	  "after: expected within TIME, or the end of the line" },
	{ "B count snmp", 3,
	  "expected a counter's name such as TCPAbortOnData after \"count "
	  "snmp\"" },
	{ "B count snmp Out-Rsts = 1", 3,
	  "Out-Rsts: expected a counter's name such as TCPAbortOnData" },
	{ "B count snmp OutRsts", 3,
	  "count without a number, expected \"= N\" after the counter" },
	{ "B count CLOSED = 1", 3,
	  "CLOSED: no socket is counted in it, expected another state" },
	{ "B count TIME-WAIT 5", 3,
	  "count without a number, expected \"= N\" after the state" },
	{ "B count TIME-WAIT = x", 3,
	  "count without a number, expected \"= N\" after the state" },
	{ "quiet", 3, "expected a time such as 150ms after \"quiet\"" },
	{ "quiet 0s", 3,
	  "0s: no time, expected one such as 500us, 150ms, 2s or 1m, "
	  "at most a day" },
	{ "quiet 25h", 3,
	  "25h: no time, expected one such as 500us, 150ms, 2s or "
	  "1m, at most a day" },
	{ "quiet 1s 2s", 3, "2s: nothing more expected after \"quiet 1s\"" },
	{ "pass until", 3, "expected A or B after \"pass until\"" },
	{ "pass until C is CLOSED", 3, "C: no end, expected A or B" },
	{ "pass until A was CLOSED", 3,
	  "was: expected \"is STATE\" or \"returns\"" },
	{ "pass until A is", 3, "expected a state after \"A is\"" },
	{ "pass until A returns", 3,
	  "no call of A is out, expected \"A VERB blocks\" before" },
	{ "pass after 1s", 3,
	  "after: expected within TIME, or the end of the line" },
	{ "repeat {\n--> . -->\n}", 3,
	  "repeat {: expected N or MIN..MAX, at most 1000" },
	{ "repeat 3..2 {\n--> . -->\n}", 3,
	  "repeat 3..2: a range that ends before it begins" },
	{ "repeat 0 {\n--> . -->\n}", 3,
	  "repeat 0: expected N or MIN..MAX, at most 1000" },
	{ "repeat 2..1001 {\n--> . -->\n}", 3,
	  "repeat 2..1001: expected N or MIN..MAX, at most 1000" },
	{ "repeat 2\n{\n--> . -->\n}", 3,
	  "expected \"{\" at the end of the line" },
	{ "repeat 2 x {\n--> . -->\n}", 3, "x: expected \"{\" instead" },
	{ "repeat 2 {\nA close\n}", 4, "a repeat must begin with a rung" },
	{ "repeat 2 {\n}", 4,
	  "the repeat of line 3 is empty, expected a rung" },
	{ "repeat 2 {\nhello\n}", 4,
	  "hello: unknown word, expected a rung, an act of A or B, "
	  "open, is, count, quiet, pass, repeat or either" },
	{ "repeat 2 {\n--> . -->", 4,
	  "end of file, expected \"}\" for the repeat of line 3" },
	{ "repeat 2 {\nopen\n}", 4, "a repeat must begin with a rung" },
	{ "repeat 2 {\n--> . -->\nopen\n}", 5,
	  "open in a block, expected it outside of all" },
	{ "repeat 2 {\n--> . -->\n} or {\n}", 5,
	  "\"} or {\" in the repeat of line 3, expected \"}\"" },
	{ "either {\n--> . -->\n}", 5,
	  "the either of line 3 has one branch, expected \"} or {\" "
	  "and another" },
	{ "either {\npass\n} or {\nquiet 1s\n}", 4,
	  "a branch of either must begin with a rung, quiet, is or a call" },
	{ "either {\nA close\n} or {\nquiet 1s\n}", 6,
	  "a branch of either begins with a call, expected all of them to "
	  "begin with the same call" },
	{ "either {\nquiet 1s\n} or {\nA close\n}", 6,
	  "a branch of either begins with a call, expected all of them to "
	  "begin with the same call" },
	{ "either {\nA recv 5\n} or {\nA recv 6\n}", 6,
	  "a branch of either begins with a call, expected all of them to "
	  "begin with the same call" },
	{ "either {\nA close blocks\n} or {\nA close\n}", 4,
	  "a branch of either begins with a call that blocks, expected a "
	  "result" },
	{ "either {\n--> . -->\n} or {\n}", 6,
	  "the branch of line 5 is empty, expected a rung" },
	{ "either\n--> . -->\n} or {\nquiet 1s\n}", 3,
	  "expected \"{\" at the end of the line" },
	{ "either {\n--> . -->\n} else {\nquiet 1s\n}", 5,
	  "} else {: expected \"} or {\", \"} or deviates ID {\", or "
	  "\"}\" alone" },
	{ "either {\n--> . -->\n} or deviates {\nquiet 1s\n}", 5,
	  "} or deviates: expected a rule such as rst-obeyed, or a "
	  "requirement behind it" },
	{ "either {\n--> . -->\n} or deviates R-1, {\nquiet 1s\n}", 5,
	  "an empty reference, expected one on either side of a comma" },
	{ "either {\n--> . -->\n} or deviates R-1\nquiet 1s\n}", 5,
	  "expected \"{\" at the end of the line" },
	{ "either deviates R-1\n--> . -->\n} or {\nquiet 1s\n}", 3,
	  "expected \"{\" at the end of the line" },
	{ "repeat 2 {\n--> . -->\n} or deviates R-1 {\n}", 5,
	  "\"} or {\" in the repeat of line 3, expected \"}\"" },
	{ "}", 3, "\"}\" closes nothing, expected a block before" },
	{ "} or {", 3, "\"} or {\" without an either before" },
	{ "open\001", 3, "octet 0x01 at column 5, expected UTF-8 text" },
	{ "open # \377", 3, "octet 0xff at column 8, expected UTF-8 text" },
	{ "open # \302\233", 3, "octet 0xc2 at column 8, expected UTF-8 text" },
	{ "A keepalive", 3,
	  "expected on, off or a time of whole seconds such as 2s after "
	  "\"keepalive\"" },
	{ "open "
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	  3,
	  "open xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...: "
	  "expected a number of connections, 1 to 10000" },
	{ "A close blocks\nA destroy\nA send 5", 5,
	  "A is still in the close of line 3, expected \"A returns\" "
	  "before" },
	{ "either {\n--> . -->\n} or {\nA is CLOSED\nB send 1 "
	  "blocks\n}\nA is CLOSED\nA returns",
	  10, "no call of A is out, expected \"A VERB blocks\" before" },
	{ "A close blocks\neither {\n--> . -->\nA returns\n} or "
	  "{\n--> . -->\n}\nA returns\nA returns",
	  11, "no call of A is out, expected \"A VERB blocks\" before" },
};

static void expect_faults(const struct parse_fault_row *row, size_t n)
{
	struct parse_faults faults;
	char text[1024], expected[1024];

	for (size_t i = 0; i < n; i++) {
		bool whole = row[i].text[0] == '!';

		expect_row(row[i].text);
		snprintf(text, sizeof(text), "%s%s%s", whole ? "" : PARSE_HEAD,
			 row[i].text + whole, whole ? "" : "\n");
		snprintf(expected, sizeof(expected), "t.fin:%d: %s\n",
			 row[i].line, row[i].message);
		EXPECT_TRUE(!parse_text(text, strlen(text), &faults));
		EXPECT_STR(faults.text, expected);
	}
	expect_row(NULL);
}

void parse_test_faults(void)
{
	expect_faults(step_faults, ARRAY_SIZE(step_faults));
	expect_faults(parse_rung_faults, parse_n_rung_faults);
	expect_faults(parse_head_faults, parse_n_head_faults);
}
