/*
 * The parser, by what it makes of texts: each step is printed back in a
 * terse form of the tests' own (test_parse_terse.c) and compared.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/array.h"
#include "base/clock.h"
#include "test/expect.h"
#include "test/test_parse.h"
#include "script/verb.h"

struct row {
	const char *text; /* behind PARSE_HEAD */
	const char *steps;
};

static void expect_rows(const struct row *row, size_t n)
{
	char text[1024];
	struct terse o;

	for (size_t i = 0; i < n; i++) {
		expect_row(row[i].text);
		snprintf(text, sizeof(text), PARSE_HEAD "%s\n", row[i].text);
		script_free(parse_good(text, &o));
		EXPECT_STR(o.text, row[i].steps);
	}
	expect_row(NULL);
}

static void test_arrows(void)
{
	static const struct row rows[] = {
		{ "--> . -->", "A deliver -/- ." },
		{ "--> . ==>", "A keep -/- ." },
		{ "--> . ...", "A hold -/- ." },
		{ "--> . ...\n... . -->", "A hold -/- .; A release -/- ." },
		{ "--> . ==>\n... . -->", "A keep -/- .; A release -/- ." },
		{ "--> . --x", "A lose -/- ." },
		{ "~~> . -->", "A forge -/- ." },
		{ "<-- . <--", "B deliver -/- ." },
		{ "<== . <--", "B keep -/- ." },
		{ "... . <--", "B hold -/- ." },
		{ "... . <--\n<-- . ...", "B hold -/- .; B release -/- ." },
		{ "x-- . <--", "B lose -/- ." },
		{ "<-- . <~~", "B forge -/- ." },
		{ "FIN-WAIT-1 --> F. seq 1 --> CLOSE-WAIT",
		  "A deliver FIN-WAIT-1/CLOSE-WAIT F. seq 1+0" },
		{ "CLOSED|TIME-WAIT --> R -->",
		  "A deliver TIME-WAIT|CLOSED/- R" },
		{ "--> R.|R seq 1 ack 2 -->",
		  "A deliver -/- R.|R seq 1+0 ack 2" },
		{ "--> . --> CLOSED after 150ms within 2s",
		  "A deliver -/CLOSED . >150000us <2000000us" },
		{ "CLOSED --> . --> after 1s..3s",
		  "A deliver CLOSED/- . >1000000us <3000000us" },
		{ "--> . --x after 1.5x within 1m",
		  "A lose -/- . <60000000us *1.50" },
		{ "--> . --> within 500us", "A deliver -/- . <500us" },
	};

	expect_rows(rows, ARRAY_SIZE(rows));
}

static void test_segments(void)
{
	static const struct row rows[] = {
		{ "--> S seq 0 -->", "A deliver -/- S seq 0+0" },
		{ "--> .P seq 1:1001 ack 7 -->",
		  "A deliver -/- P. seq 1+1000 ack 7" },
		{ "--> . ack -1 seq -3:-1 -->",
		  "A deliver -/- . seq -3+2 ack -1" },
		{ "--> none win 0 no ts -->", "A deliver -/- none win 0 ts 0" },
		{ "--> . ts win 65535 --> # no ts",
		  "A deliver -/- . win 65535 ts 1" },
		{ "~~> R seq 101 tsval -5 -->",
		  "A forge -/- R seq 101+0 tsval -5..-5" },
		{ "--> . tsval +0..+100 tsecr -3 -->",
		  "A deliver -/- . tsval 0..100 tsecr -3" },
		{ "--> S mss 1460 wscale 7 sackok ts -->",
		  "A deliver -/- S ts 1 mss 1460 wscale 7 sackok 1" },
		{ "<-- S. no mss no wscale no sackok no sack <~~",
		  "B forge -/- S. mss -1 wscale -1 sackok 0 sack" },
		{ "~~> . ack 1 sack 101:201,-5:7 -->",
		  "A forge -/- . ack 1 sack 101:201 -5:7" },
		{ "<-- S. isn > old ack 1 <--", "B deliver -/- S. ack 1 isn" },
		{ "~~> R seq edge -->", "A forge -/- R seq edge+0+0" },
		{ "~~> P. seq edge-1:edge+99 -->",
		  "A forge -/- P. seq edge-1+100" },
		{ "<-- F. tsval +7 ts <~~", "B forge -/- F. ts 1 tsval 7..7" },
		{ "<-- icmp host-unreachable <~~",
		  "B forge -/- icmp host-unreachable mtu 0 port 0" },
		{ "~~> icmp frag-needed seq -5 mtu 1280 port +3 --> CLOSED",
		  "A forge -/CLOSED icmp frag-needed mtu 1280 port 3 seq -5" },
		{ "~~> icmp port-unreachable port -65535 -->",
		  "A forge -/- icmp port-unreachable mtu 0 port -65535" },
		{ "~~> scapy: IP(src=a)/ICMP() -->",
		  "A forge -/- scapy <IP(src=a)/ICMP()>" },
		{ "CLOSED <-- scapy:Raw(\"a # b --> \\\" #\")  <~~ CLOSED "
		  "within 1s # \"",
		  "B forge CLOSED/CLOSED scapy <Raw(\"a # b --> \\\" #\")> "
		  "<1000000us" },
	};

	expect_rows(rows, ARRAY_SIZE(rows));
}

static void test_default_wants(void)
{
	static const struct row rows[] = {
		{ "B listen", "B listen() 0" },
		{ "B unlisten", "B unlisten() 0" },
		{ "A connect", "A connect() 0" },
		{ "A connect unspec", "A connect(unspec) 0" },
		{ "A connect unbound = EADDRNOTAVAIL",
		  "A connect(unbound) EADDRNOTAVAIL" },
		{ "B accept", "B accept() 0" },
		{ "A send 1000", "A send(1000) 1000" },
		{ "A fill", "A fill() any" },
		{ "A recv 12", "A recv(12) 12" },
		{ "A recv = eof", "A recv() eof" },
		{ "A drain", "A drain() all" },
		{ "A shutdown wr", "A shutdown(wr) 0" },
		{ "A close", "A close() 0" },
		{ "A linger off", "A linger(off) 0" },
		{ "A linger2 1s", "A linger2(1000ms) 0" },
		{ "A user-timeout 1s", "A user-timeout(1000ms) 0" },
		{ "A keepalive off", "A keepalive(off) 0" },
		{ "A nodelay on", "A nodelay(on) 0" },
		{ "A cork off", "A cork(off) 0" },
		{ "A nonblock on", "A nonblock(on) 0" },
		{ "A rcvbuf 1", "A rcvbuf(1) 0" },
		{ "A sndbuf 1", "A sndbuf(1) 0" },
		{ "A reuseaddr off", "A reuseaddr(off) 0" },
		{ "A oobinline on", "A oobinline(on) 0" },
		{ "A poll = none", "A poll() none" },
		{ "A select = EXCEPT,READ", "A select() READ,EXCEPT" },
		{ "A epoll = none", "A epoll() none" },
		{ "A error = 0", "A error() 0" },
		{ "A outq = 0", "A outq() 0" },
		{ "A inq = 0", "A inq() 0" },
		{ "A info probes = 2", "A info(probes) 2" },
		{ "A dup", "A dup() 0" },
		{ "A fork", "A fork() 0" },
		{ "A child kill", "A child(kill) 0" },
		{ "A thread recv 8", "A thread(recv 8) 0" },
		{ "A join = any", "A join() any" },
		{ "A interrupt", "A interrupt() 0" },
		{ "A forget", "A forget() 0" },
		{ "A exit", "A exit() any" },
		{ "A kill", "A kill() any" },
		{ "A destroy", "A destroy() 0" },
		{ "B vanish", "B vanish() 0" },
		{ "B return", "B return() 0" },
	};

	/* One for each, and in the order of the table. */
	EXPECT_INT(ARRAY_SIZE(rows),
		   VERB_COUNT + 3); /* connect, recv have two */
	expect_rows(rows, ARRAY_SIZE(rows));
}

static void test_canonical(void)
{
	static const struct row rows[] = {
		{ "A\tsend   007", "A send(7) 7" },
		{ "A send 010 oob", "A send(10 oob) 10" },
		{ "A send 5 signal = SIGPIPE", "A send(5 signal) SIGPIPE" },
		{ "A recv 5 peek", "A recv(5 peek) 5" },
		{ "A recv oob = 1", "A recv(oob) 1" },
		{ "A thread recv 01K dontwait",
		  "A thread(recv 1024 dontwait) 0" },
		{ "A thread close", "A thread(close) 0" },
		{ "A epoll edge = IN", "A epoll(edge) IN" },
		{ "A send 64K = 0065536", "A send(65536) 65536" },
		{ "A rcvbuf 2M", "A rcvbuf(2097152) 0" },
		{ "A listen 0", "A listen(0) 0" },
		{ "A listen 0128", "A listen(128) 0" },
		{ "A linger 0", "A linger(0) 0" },
		{ "A linger 2s", "A linger(2000ms) 0" },
		{ "A linger2 1m", "A linger2(60000ms) 0" },
		{ "A user-timeout 3000us", "A user-timeout(3ms) 0" },
		{ "A keepalive 1s 2000ms 03",
		  "A keepalive(1000ms 2000ms 3) 0" },
		{ "A shutdown rdwr = ENOTCONN", "A shutdown(rdwr) ENOTCONN" },
		{ "A recv = EWOULDBLOCK", "A recv() EAGAIN" },
		{ "A recv 10 = eof", "A recv(10) eof" },
		{ "A recv = any", "A recv() any" },
		{ "A recv = 1K", "A recv() 1024" },
		{ "A drain = all", "A drain() all" },
		{ "A drain = 00", "A drain() 0" },
		{ "A fill = 5", "A fill() 5" },
		{ "A send 5 = EPIPE", "A send(5) EPIPE" },
		{ "A poll = HUP,RDHUP,IN", "A poll() IN,RDHUP,HUP" },
		{ "A poll = EBADF", "A poll() EBADF" },
		{ "A poll = ERR,IN,..|none", "A poll() IN,ERR,..|none" },
		{ "A error = 0|ECONNRESET", "A error() 0|ECONNRESET" },
		{ "A recv = eof|EPIPE|2K", "A recv() eof|EPIPE|2048" },
		{ "A poll = ERR", "A poll() ERR" },
		{ "A error = ECONNRESET", "A error() ECONNRESET" },
		{ "A close = 0 within 2s", "A close() 0 <2000000us" },
		{ "A close after 1s..2s", "A close() 0 >1000000us "
					  "<2000000us" },
	};

	expect_rows(rows, ARRAY_SIZE(rows));
}

static void test_calls(void)
{
	static const struct row rows[] = {
		{ "A close blocks\nA returns",
		  "A close() blocks; ~A close() 0" },
		{ "A close blocks\nA returns 0 after 2s..3s",
		  "A close() blocks; ~A close() 0 >2000000us <3000000us" },
		{ "A send 9 blocks\nA returns within 1s",
		  "A send(9) blocks; ~A send(9) 9 <1000000us" },
		{ "A recv blocks\nA returns = eof",
		  "A recv() blocks; ~A recv() eof" },
		{ "A drain blocks\nA vanish\nA destroy\nA returns ETIMEDOUT",
		  "A drain() blocks; A vanish() 0; A destroy() 0; "
		  "~A drain() ETIMEDOUT" },
		{ "A recv blocks\nA kill\nA close",
		  "A recv() blocks; A kill() any; A close() 0" },
		{ "A accept blocks\npass until A returns\nA close\nA returns",
		  "A accept() blocks; pass A returns; A close() 0; "
		  "~A accept() 0" },
		{ "A close blocks\neither {\n--> . -->\nA returns\n} or {\n"
		  "--> R -->\nA returns\n}\nA dup",
		  "A close() blocks; 4{A deliver -/- .; ~A close() 0} or "
		  "7{A deliver -/- R; ~A close() 0}; A dup() 0" },
		{ "either {\n--> . -->\nA close blocks\n} or {\n--> R -->\n}\n"
		  "A dup\nA returns",
		  "3{A deliver -/- .; A close() blocks} or "
		  "6{A deliver -/- R}; A dup() 0; ~A close() 0" },
		{ "repeat 0..1 {\n--> . -->\nA close blocks\n}\nA dup",
		  "0..1 {A deliver -/- .; A close() blocks}; A dup() 0" },
	};

	expect_rows(rows, ARRAY_SIZE(rows));
}

static void test_steps(void)
{
	static const struct row rows[] = {
		{ "open", "open 1" },
		{ "A count snmp OutRsts = 1 within 1s",
		  "A count OutRsts 1 <1000000us" },
		{ "open 300\npass\nB count TIME-WAIT = 300 within 1s",
		  "open 300; pass; B count TIME-WAIT 300 <1000000us" },
		{ "quiet 150ms", "quiet 150000" },
		{ "B is LISTEN|CLOSED", "B is LISTEN|CLOSED" },
		{ "A is CLOSED within 10s", "A is CLOSED <10000000us" },
		{ "B is LISTEN", "B is LISTEN" },
		{ "pass within 2s", "pass <2000000us" },
		{ "pass until B is TIME-WAIT within 2s",
		  "pass B TIME-WAIT <2000000us" },
		{ "repeat 3 {\n--> . -->\nA close\n}\r",
		  "3..3 {A deliver -/- .; A close() 0}" },
		{ "repeat 0..1000 {\n\n# none\n--> . -->\n}",
		  "0..1000 {A deliver -/- .}" },
		{ "either {\nquiet 1s\n} or {\nA is CLOSED\n} or {\n"
		  "--> . -->\n}",
		  "3{quiet 1000000} or 5{A is CLOSED} or 7{A deliver -/- .}" },
		{ "either deviates R-1 {\nquiet 1s\n} or deviates R-2, "
		  "rst-obeyed {\nA is CLOSED\n} or {\n--> . -->\n}",
		  "3 R-1{quiet 1000000} or 5 R-2 rst-obeyed{A is CLOSED} or "
		  "7{A deliver -/- .}" },
	};

	expect_rows(rows, ARRAY_SIZE(rows));
}

static void test_examples(void)
{
	static const char *const steps[] = {
		"open 1; A close() 0; "
		"A deliver FIN-WAIT-1/CLOSE-WAIT F. seq 1+0 ack 1; "
		"B deliver FIN-WAIT-2/CLOSE-WAIT . ack 2; "
		"B recv() eof; B close() 0; "
		"B deliver TIME-WAIT/LAST-ACK F. seq 1+0 ack 2; "
		"A deliver TIME-WAIT/CLOSED . ack 2",
		"open 1; A close() 0; A hold FIN-WAIT-1/- F. seq 1+0 ack 1; "
		"B close() 0; B deliver CLOSING/FIN-WAIT-1 F. seq 1+0 ack 1; "
		"A hold CLOSING/- . ack 2; "
		"A release -/CLOSING F. seq 1+0 ack 1; "
		"B deliver TIME-WAIT/- . ack 2; "
		"A release -/TIME-WAIT . ack 2",
		"open 1; B send(1000) 1000; "
		"B deliver -/- P. seq 1+1000 ack 1; "
		"A deliver -/- . ack 1001; A close() 0; "
		"A deliver CLOSED/CLOSED R. seq 1+0 ack 1001; "
		"B recv() ECONNRESET",
		"open 1; B forge ESTABLISHED/- R seq 101+0; "
		"A deliver -/- . seq 1+0 ack 1; A is ESTABLISHED",
		"open 1; B vanish() 0; A close() 0; "
		"A lose FIN-WAIT-1/- F. seq 1+0 ack 1; "
		"A lose -/- F. seq 1+0 ack 1 >150000us <500000us; "
		"2..4 {A lose -/- F. seq 1+0 ack 1 *2.00}; "
		"A is CLOSED <10000000us; quiet 1000000",
	};
	struct terse o;

	for (size_t i = 0; parse_examples[i]; i++) {
		expect_row(parse_examples[i]);
		script_free(parse_good(parse_examples[i], &o));
		EXPECT_STR(o.text, steps[i]);
	}
	expect_row(NULL);
}

static void test_head(void)
{
	struct terse o;
	struct script *s = parse_good(
		"# a comment first\n\ncase  a  title, of # one\r\n"
		"spec RFC9293 3.6  figure 12 ,a/b#4 # one\nspec X-1\n"
		"deviates rst-obeyed, RFC5961-3.2-3\n"
		"needs sysctl net.ipv4.tcp_fin_timeout\n"
		"needs kernel >= 6.11\nneeds ipv6\nslow\n"
		"set quickack off\nset rto_min 200ms\n"
		"sysctl B net.ipv4.tcp_rmem 4096  8192 16384\nopen",
		&o);

	if (!s)
		return;
	EXPECT_STR(s->path, "t.fin");
	EXPECT_STR(s->title, "a title, of");
	if (EXPECT_INT(s->n_spec, 3)) {
		EXPECT_STR(s->spec[0], "RFC9293 3.6 figure 12");
		EXPECT_STR(s->spec[1], "a/b#4");
		EXPECT_INT(s->spec_line[1], 4);
		EXPECT_INT(s->spec_line[2], 5);
	}
	if (EXPECT_INT(s->n_deviates, 2)) {
		EXPECT_STR(s->deviates[0], "rst-obeyed");
		EXPECT_STR(s->deviates[1], "RFC5961-3.2-3");
	}
	EXPECT_TRUE(script_deviates(s, "-", "RFC5961-3.2-3"));
	EXPECT_TRUE(!script_deviates(s, "-", "RFC5961-3.2"));
	if (EXPECT_INT(s->n_need, 3)) {
		EXPECT_STR(s->need[0].name, "net.ipv4.tcp_fin_timeout");
		EXPECT_INT(s->need[1].major, 6);
		EXPECT_INT(s->need[1].minor, 11);
		EXPECT_STR(s->need[1].why, "needs kernel >= 6.11");
		EXPECT_INT(s->need[2].family, AF_INET6);
	}
	if (EXPECT_INT(s->n_sysctl, 1)) {
		EXPECT_INT(s->sysctl[0].side, SIDE_B);
		EXPECT_INT(s->sysctl[0].line, 13);
		EXPECT_STR(s->sysctl[0].name, "net.ipv4.tcp_rmem");
		EXPECT_STR(s->sysctl[0].value, "4096 8192 16384");
	}
	EXPECT_TRUE(s->slow);
	EXPECT_TRUE(!s->link.quickack);
	EXPECT_INT(s->link.rto_min_ns, 200 * NS_PER_MS);
	script_free(s);
}

/* A byte order mark is no part of the text, as it is shown again. */
static void test_mark(void)
{
	static const char text[] = "\xef\xbb\xbf" PARSE_HEAD "open\n";
	struct script *s;
	struct terse o;

	s = parse_good(text, &o);
	EXPECT_STR(o.text, "open 1");
	if (s)
		EXPECT_MEM(s->text, s->text_len, text + 3, sizeof(text) - 4);
	script_free(s);
}

static const struct test tests[] = {
	{ "arrows", test_arrows },
	{ "segments", test_segments },
	{ "default wants", test_default_wants },
	{ "canonical spellings", test_canonical },
	{ "calls that block", test_calls },
	{ "steps and blocks", test_steps },
	{ "the language's examples", test_examples },
	{ "head", test_head },
	{ "faults", parse_test_faults },
	{ "all faults of a text", parse_test_all_faults },
	{ "at most so many faults", parse_test_fault_limit },
	{ "octets that are no text", parse_test_octets },
	{ "depth of blocks", parse_test_depth },
	{ "every prefix", parse_test_prefixes },
	{ "flipped octets", parse_test_flips },
	{ "a byte order mark", test_mark },
	{ NULL, NULL },
};

const struct suite suite_parse = { "parse", tests };
