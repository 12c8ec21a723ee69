#!/usr/bin/python3
"""Build packets from scapy expressions, for the rungs that forge them.

Greets with "lastack-scapy 1". Each line of standard input is one request in
JSON; each is answered by one line: the IP packets in hex, separated by
spaces, or "!" and what was wrong with the expression.

An expression may use every name of scapy.layers.inet and inet6, and

    ip        a ready IP() or IPv6() from the forging side to the other
    tcp       a ready TCP(): ports, seq, ack, flags "A", window
    back      what the other side might have sent last, IP and TCP, to be
              quoted in ICMP errors
    src dst sport dport    addresses and ports, as the forging side sends
    seq ack   its next sequence number, its last acknowledgment number
    isn peer_isn peer_next    both initial numbers, the other side's next
    rel(n)    the absolute sequence number of the case's relative n

and makes a packet or a list of packets. It is evaluated, not contained: run
only cases you would run as a program.

With --compile nothing is built and scapy is not loaded: the answer is "!" and
what is wrong with the expression as Python, or empty.
"""

import functools
import json
import logging
import os
import signal
import sys
import traceback
from typing import Any, Dict, Iterable, List

GREETING = "lastack-scapy 1"
PACKETS_MAX = 8
OCTETS_MAX = 65536
ERROR_MAX = 500

# What an expression may call besides scapy. print and open are left out
# because they would surprise, not because the rest is safe.
BUILTINS = {
    f.__name__: f
    for f in (bool, bytearray, bytes, chr, dict, enumerate, int, len, list,
              max, min, ord, range, reversed, sorted, str, sum, tuple, zip)
}


def load_scapy() -> Dict[str, Any]:
    """Import the layers and return their names."""
    logging.getLogger("scapy").setLevel(logging.CRITICAL)
    from scapy.layers import inet, inet6

    names: Dict[str, Any] = {}
    for module in (inet, inet6):
        names.update((name, value) for name, value in vars(module).items()
                     if not name.startswith("_"))
    return names


def bind(scapy: Dict[str, Any], ask: Dict[str, Any]) -> Dict[str, Any]:
    """Return all the names an expression may use."""
    layer = scapy["IPv6"] if ask["family"] == 6 else scapy["IP"]
    tcp = scapy["TCP"]
    names = dict(scapy)
    for name in ("src", "dst", "sport", "dport", "seq", "ack", "isn",
                 "peer_isn", "peer_next"):
        names[name] = ask[name]
    names["ip"] = layer(src=ask["src"], dst=ask["dst"])
    names["tcp"] = tcp(sport=ask["sport"], dport=ask["dport"],
                       seq=ask["seq"], ack=ask["ack"], flags="A",
                       window=ask["win"])
    names["back"] = layer(src=ask["dst"], dst=ask["src"]) / tcp(
        sport=ask["dport"], dport=ask["sport"], seq=ask["back_seq"],
        ack=ask["back_ack"], flags="A")
    names["rel"] = lambda n: (ask["isn"] + n) % 2 ** 32
    names["__builtins__"] = BUILTINS
    return names


def packets_of(scapy: Dict[str, Any], made: Any) -> List[bytes]:
    """Return the octets of the packets an expression made."""
    # A packet is iterable itself, so it must be looked for first.
    ready: Iterable[Any] = made
    if isinstance(made, scapy["Packet"]):
        ready = [made]
    elif not isinstance(made, (list, tuple, scapy["PacketList"])):
        raise TypeError("expected a packet or a list of packets, the "
                        f"expression made {type(made).__name__}")
    octets = []
    for packet in ready:
        if not isinstance(packet, (scapy["IP"], scapy["IPv6"])):
            raise TypeError("expected packets that begin with IP or IPv6, "
                            f"the expression made {type(packet).__name__}")
        octets.append(bytes(packet))
    if not 1 <= len(octets) <= PACKETS_MAX:
        raise ValueError(f"expected 1 to {PACKETS_MAX} packets, the "
                         f"expression made {len(octets)}")
    if sum(map(len, octets)) > OCTETS_MAX:
        raise ValueError(f"expected at most {OCTETS_MAX} octets, the "
                         f"expression made {sum(map(len, octets))}")
    return octets


def wrong(e: BaseException) -> str:
    """Return the answer that tells of an exception, in one line."""
    text = "".join(traceback.format_exception_only(type(e), e))
    return "!" + text.strip().splitlines()[-1][:ERROR_MAX]


def answer(scapy: Dict[str, Any], line: str) -> str:
    """Return the answer to one request."""
    try:
        ask = json.loads(line)
        made = eval(ask["expr"].strip(), bind(scapy, ask))
        return " ".join(o.hex() for o in packets_of(scapy, made))
    except BaseException as e:  # SystemExit too: the answer is one line
        return wrong(e)


def compiled(line: str) -> str:
    """Return what is wrong with one request's expression as it is written."""
    try:
        compile(json.loads(line)["expr"].strip(), "<string>", "eval")
        return ""
    except (SyntaxError, ValueError, MemoryError, RecursionError) as e:
        return wrong(e)


def main() -> int:
    """Serve standard input until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whatever else prints must not be taken for an answer.
    out = os.fdopen(os.dup(1), "w", encoding="ascii",
                    errors="backslashreplace")
    os.dup2(2, 1)
    reply = compiled
    if "--compile" not in sys.argv[1:]:
        try:
            reply = functools.partial(answer, load_scapy())
        except ImportError as e:
            print(f"cannot import scapy: {e}", file=out, flush=True)
            return 1
    print(GREETING, file=out, flush=True)
    for line in sys.stdin:
        print(reply(line), file=out, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
