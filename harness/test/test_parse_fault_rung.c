/*
 * The parser, by what it says of rungs that are wrong: one row for each fault
 * that they can have, with the exact message.
 */
#include "base/array.h"
#include "test/test_parse.h"

const struct parse_fault_row parse_rung_faults[] = {
	{ "--> . -->\nopen 2", 4,
	  "open 2 after the rung of line 3, expected no rungs in "
	  "such a case" },
	{ "F. --> ...", 3,
	  "F.: unknown state, expected LISTEN, SYN-SENT, "
	  "SYN-RECEIVED, ESTABLISHED, FIN-WAIT-1, FIN-WAIT-2, "
	  "CLOSE-WAIT, CLOSING, LAST-ACK, TIME-WAIT or CLOSED" },
	{ "CLOSED F. -->", 3,
	  "F.: no arrow at A's plug, expected -->, ..., ~~>, <--, "
	  "<== or x--" },
	{ "FIN-WAIT1 --> F. -->", 3,
	  "FIN-WAIT1: unknown state, did you mean FIN-WAIT-1?" },
	{ "--> . --> ESTABLISH", 3,
	  "ESTABLISH: unknown state, did you mean ESTABLISHED?" },
	{ "--> . <--", 3,
	  "<--: no arrow at B's plug after --> at A's, expected -->, "
	  "==>, ... or --x" },
	{ "... . ...", 3,
	  "...: no arrow at B's plug after ... at A's, expected --> "
	  "or <--" },
	{ "~~> . --x", 3,
	  "--x: no arrow at B's plug after ~~> at A's, expected -->" },
	{ "<-- . -->", 3,
	  "-->: no arrow at B's plug after <-- at A's, expected <--, "
	  "... or <~~" },
	{ "<== . ...", 3,
	  "...: no arrow at B's plug after <== at A's, expected <--" },
	{ "==> . -->", 3,
	  "==>: no arrow at A's plug, expected -->, ..., ~~>, <--, "
	  "<== or x--" },
	{ "--x . -->", 3,
	  "--x: no arrow at A's plug, expected -->, ..., ~~>, <--, "
	  "<== or x--" },
	{ "-> . -->", 3,
	  "->: no arrow at A's plug, expected -->, ..., ~~>, <--, "
	  "<== or x--" },
	{ "--> . ->", 3,
	  "->: no arrow at B's plug after --> at A's, expected -->, "
	  "==>, ... or --x" },
	{ "--> .", 3,
	  "no arrow at B's plug behind the segment, expected one "
	  "such as --> or <--" },
	{ "-->  -->", 3,
	  "no segment between the arrows, expected flags such as F." },
	{ "--> FA -->", 3,
	  "FA: unknown flags, expected tcpdump's letters F S R P . U "
	  "E W (. is ACK), or none" },
	{ "--> seq 1 -->", 3,
	  "seq: unknown flags, expected tcpdump's letters F S R P . "
	  "U E W (. is ACK), or none" },
	{ "--> R.| -->", 3,
	  "R.|: unknown flags, expected tcpdump's letters F S R P . "
	  "U E W (. is ACK), or none" },
	{ "~~> R.|R -->", 3,
	  "R.|R: unknown flags, expected tcpdump's letters F S R P . "
	  "U E W (. is ACK), or none" },
	{ "--> F. seq -->", 3,
	  "seq without a value, expected a relative number N, or N:M, or edge, edge+N or edge-N" },
	{ "--> F. seq x -->", 3,
	  "seq x: expected a relative number N, or N:M, or edge, edge+N or edge-N" },
	{ "--> F. seq 5:1 -->", 3,
	  "seq 5:1: expected a range of 0 to 65535 octets" },
	{ "--> F. seq 0:70000 -->", 3,
	  "seq 0:70000: expected a range of 0 to 65535 octets" },
	{ "--> F. seq 5000000000 -->", 3,
	  "seq 5000000000: expected a relative number N, or N:M, or edge, edge+N or edge-N" },
	{ "--> F. seq 1 seq 2 -->", 3, "seq: said twice, expected it once" },
	{ "--> F. ack . -->", 3, "ack .: expected a relative number" },
	{ "--> F. win 65536 -->", 3,
	  "win 65536: expected a number from 0 to 65535, as on the "
	  "wire" },
	{ "--> F. win 1 -1 -->", 3,
	  "-1: unknown field, expected seq, ack, win, isn, ts, tsval, tsecr, "
	  "mss, wscale, sackok, sack or no" },
	{ "--> F. no ack -->", 3,
	  "no ack: expected ts, mss, wscale, sackok or sack" },
	{ "--> F. no mss mss 5 -->", 3, "mss: said twice, expected it once" },
	{ "--> F. mss 65536 -->", 3,
	  "mss 65536: expected a number from 0 to 65535" },
	{ "--> F. wscale 256 -->", 3,
	  "wscale 256: expected a shift from 0 to 255" },
	{ "--> F. sack 1 -->", 3,
	  "sack 1: expected one to four ranges N:M with commas between them" },
	{ "--> F. sack 1:2,3:4,5:6,7:8,9:10 -->", 3,
	  "sack 1:2,3:4,5:6,7:8,9:10: expected one to four ranges N:M with "
	  "commas between them" },
	{ "--> S isn > -->", 3,
	  "isn: expected \"isn > old\", of a segment that is not forged" },
	{ "~~> S isn > old -->", 3,
	  "isn: expected \"isn > old\", of a segment that is not forged" },
	{ "--> F. tsecr 1 -->", 3,
	  "tsecr 1: expected +N or -N, from the last TSval that the other end "
	  "sent" },
	{ "~~> R seq edge1 -->", 3,
	  "seq edge1: expected a relative number N, or N:M, or edge, "
	  "edge+N or edge-N" },
	{ "~~> R seq edge+ -->", 3,
	  "seq edge+: expected a relative number N, or N:M, or edge, "
	  "edge+N or edge-N" },
	{ "~~> P. seq edge:5 -->", 3,
	  "seq edge:5: expected a relative number N, or N:M, or edge, "
	  "edge+N or edge-N" },
	{ "~~> P. seq edge+1:edge -->", 3,
	  "seq edge+1:edge: expected a range of 0 to 65535 octets" },
	{ "--> F. tsval 1 -->", 3,
	  "tsval 1: expected +N or -N, or a range such as +0..+100, from the "
	  "last sent" },
	{ "--> F. tsval +2..+1 -->", 3,
	  "tsval +2..+1: expected +N or -N, or a range such as +0..+100, from "
	  "the last sent" },
	{ "~~> F. tsval +1..+2 -->", 3,
	  "tsval +1..+2: expected +N or -N, from the last sent" },
	{ "--> F. no ts tsecr +1 -->", 3,
	  "tsecr with \"no ts\", expected one of them" },
	{ "~~> F. tsval 1 -->", 3,
	  "tsval 1: expected +N or -N, from the last sent" },
	{ "~~> F. tsval +-1 -->", 3,
	  "tsval +-1: expected +N or -N, from the last sent" },
	{ "~~> F. no ts tsval +1 -->", 3,
	  "tsval with \"no ts\", expected one of them" },
	{ "--> icmp host-unreachable -->", 3,
	  "icmp: expected only in a forged rung, ~~> or <~~" },
	{ "~~> icmp -->", 3,
	  "icmp without a kind, expected one such as host-unreachable" },
	{ "~~> icmp host-unreachabel -->", 3,
	  "host-unreachabel: unknown ICMP error, did you mean "
	  "host-unreachable?" },
	{ "~~> icmp net-unreachable ack 1 -->", 3,
	  "ack: unknown field of an ICMP error, expected seq, port or mtu" },
	{ "~~> icmp net-unreachable seq 1 seq 2 -->", 3,
	  "seq: said twice, expected it once" },
	{ "~~> icmp net-unreachable seq -->", 3,
	  "seq without a value, expected a relative number" },
	{ "~~> icmp net-unreachable seq edge -->", 3,
	  "seq edge: expected a relative number" },
	{ "~~> icmp net-unreachable port 7 -->", 3,
	  "port 7: expected +N or -N, from the port it was sent from" },
	{ "~~> icmp net-unreachable port +0 -->", 3,
	  "port +0: expected +N or -N, from the port it was sent from" },
	{ "~~> icmp net-unreachable port -65536 -->", 3,
	  "port -65536: expected +N or -N, from the port it was sent from" },
	{ "~~> icmp net-unreachable mtu 1280 -->", 3,
	  "mtu 1280: expected a number from 1 to 65535, and only of "
	  "frag-needed" },
	{ "~~> icmp frag-needed mtu 0 -->", 3,
	  "mtu 0: expected a number from 1 to 65535, and only of "
	  "frag-needed" },
	{ "~~> icmp frag-needed -->", 3,
	  "frag-needed without an MTU, expected one such as \"mtu 1280\"" },
	{ "~~> icmp source-quench -->", 3,
	  "icmp source-quench: ICMPv6 has none, expected \"needs ipv4\" in "
	  "the head" },
	{ "--> scapy: IP() -->", 3,
	  "scapy: expected only in a forged rung, ~~> or <~~" },
	{ "~~> scapy: -->", 3,
	  "scapy: without an expression, expected one such as "
	  "IP(dst=dst)/TCP()" },
	{ "~~> scapy: IP()", 3,
	  "no arrow at B's plug behind the segment, expected one "
	  "such as --> or <--" },
	{ "--> . --> after", 3,
	  "expected a time such as 150ms after \"--> after\"" },
	{ "--> . --> after 0x", 3,
	  "0x: no ratio, expected one such as 2x or 1.5x, at most "
	  "100x" },
	{ "--> . --> after 1s after 2s", 3,
	  "after: expected it once, and before within" },
	{ "--> . --> CLOSED CLOSED", 3,
	  "CLOSED: expected after TIME or within TIME, or the end of "
	  "the line" },
	{ "... . -->", 3,
	  "nothing of A's is held, expected a rung before that holds "
	  "it" },
	{ "--> . ...\n<-- . ...", 4,
	  "nothing of B's is held, expected a rung before that holds "
	  "it" },
	{ "--> . --> after 2", 3,
	  "2: no time, expected one such as 500us, 150ms, 2s or 1m, "
	  "at most a day" },
};

const size_t parse_n_rung_faults = ARRAY_SIZE(parse_rung_faults);
