/*
 * The parser, by what it says of heads and whole files that are wrong: one row
 * for each fault that they can have, with the exact message.
 */
#include "base/array.h"
#include "script/reference.h"
#include "test/test_parse.h"

const struct parse_fault_row parse_head_faults[] = {
	{ "!", 1, "nothing in the file, expected \"case TITLE\"" },
	{ "!# nothing\n", 1, "nothing in the file, expected \"case TITLE\"" },
	{ "!spec R-1\ncase t\nopen\n", 1,
	  "expected \"case TITLE\" as the first line" },
	{ "!cas t\nspec R-1\nopen\n", 1,
	  "expected \"case TITLE\" as the first line" },
	{ "!open\n", 1, "expected \"case TITLE\" as the first line" },
	{ "!repeat 2 {\n--> . -->\n}\n", 1,
	  "expected \"case TITLE\" as the first line" },
	{ "!\xef\xbb\xbf", 1, "nothing in the file, expected \"case TITLE\"" },
	{ "!\xef\xbb\xbf"
	  "cas t\nspec R-1\nopen\n",
	  1, "expected \"case TITLE\" as the first line" },
	{ "!case t\nopen\n", 2,
	  "expected \"spec REFERENCE\" before the first step" },
	{ "!case t\n", 1, "expected \"spec REFERENCE\" in the head" },
	{ "!case\nspec R-1\nopen\n", 1, "expected a title after \"case\"" },
	{ "!case t\nspec R-1\ncase u\nopen\n", 3,
	  "case: said before at line 1, expected one case per file" },
	{ "!case t\nspec\nopen\n", 2,
	  "expected a reference such as RFC9293-3.6-FIG12 after \"spec\"" },
	{ "!case t\nspec R-1\ndeviates\nopen\n", 3,
	  "expected a rule such as rst-obeyed, or a requirement after "
	  "\"deviates\"" },
	{ "!case t\nspec R-1, later\nopen\n", 2,
	  "later: no reference, expected " REFERENCE_EXPECTED },
	{ "!case t\nspec R-1,,R-2\nopen\n", 2,
	  "an empty reference, expected one on either side of a comma" },
	{ "needs\nopen", 3,
	  "expected wire, sysctl NAME, kernel >= X.Y, scapy, ipv4, ipv6, "
	  "virtual-time or no calls of B after \"needs\"" },
	{ "needs no calls\nopen", 3,
	  "needs no calls: expected \"needs no calls of B\"" },
	{ "needs no calls of C\nopen", 3,
	  "needs no calls of C: expected \"needs no calls of B\"" },
	{ "needs no calls of B\nopen\nB close", 5,
	  "the case needs no calls of B" },
	{ "needs wires\nopen", 3,
	  "needs wires: expected wire, sysctl NAME, kernel >= X.Y, "
	  "scapy, ipv4, ipv6, virtual-time or no calls of B" },
	{ "needs sysctl\nopen", 3,
	  "expected a name such as net.ipv4.tcp_fin_timeout after "
	  "\"needs sysctl\"" },
	{ "needs sysctl net/ipv4/x\nopen", 3,
	  "net/ipv4/x: no sysctl of a network namespace, expected a "
	  "name such as net.ipv4.tcp_fin_timeout" },
	{ "needs sysctl kernel.panic\nopen", 3,
	  "kernel.panic: no sysctl of a network namespace, expected "
	  "a name such as net.ipv4.tcp_fin_timeout" },
	{ "needs kernel 6.11\nopen", 3,
	  "needs kernel 6.11: expected \"needs kernel >= X.Y\"" },
	{ "needs kernel >= 6\nopen", 3,
	  "needs kernel >= 6: expected \"needs kernel >= X.Y\"" },
	{ "needs kernel > 6.1\nopen", 3,
	  "needs kernel > 6.1: expected \"needs kernel >= X.Y\"" },
	{ "needs ipv4\nneeds ipv6\nopen", 4,
	  "needs ipv6: line 3 says the other family, expected one of "
	  "them, or none for both" },
	{ "needs wire now\nopen", 3,
	  "now: nothing more expected after \"needs wire\"" },
	{ "set\nopen", 3,
	  "expected quickack, rto_min, timestamps, sack or weather after \"set\"" },
	{ "set mtu 5\nopen", 3,
	  "set mtu: expected quickack, rto_min, timestamps, sack or weather" },
	{ "set quickack yes\nopen", 3, "set quickack yes: expected on or off" },
	{ "set quickack on on\nopen", 3,
	  "on: nothing more expected after \"quickack on\"" },
	{ "sysctl C net.ipv4.x 1\nopen", 3, "C: no end, expected A or B" },
	{ "sysctl A net.ipv4.x\nopen", 3,
	  "expected a value after \"A net.ipv4.x\"" },
	{ "slow down\nopen", 3, "down: nothing more expected after \"slow\"" },
	{ "!case t\nspec R-1\n# no step\n", 3,
	  "no step in the case, expected at least one" },
	{ "case again", 3,
	  "case: said before at line 1, expected one case per file" },
};

const size_t parse_n_head_faults = ARRAY_SIZE(parse_head_faults);
