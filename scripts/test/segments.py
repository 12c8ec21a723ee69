"""Captured segments in a form that two plays of a connection have alike."""

import pathlib
from typing import Dict, Iterable, List, Tuple

from scapy.layers.inet import TCP
from scapy.packet import Packet
from scapy.utils import rdpcap
from tape import Tape, payload_length

Segment = Tuple[str, int, int, int]


def normal(packets: Iterable[Packet], port: int) -> Dict[str, List[Segment]]:
    """What each end sent: flags, octets, and the numbers from the SYN on.

    Numbers that no SYN says where to count from are drawn anew each time; how
    often something is sent again is a matter of time.
    """
    isn: Dict[str, int] = {}
    sent: Dict[str, List[Segment]] = {"A": [], "B": []}
    for packet in packets:
        if TCP not in packet:
            continue
        tcp = packet[TCP]
        side, other = ("A", "B") if tcp.sport == port else ("B", "A")
        if "S" in tcp.flags:
            isn[side] = tcp.seq

        def relative(number: int, of: str) -> int:
            number = (number - isn.get(of, 0)) % 2**32
            return number if number < 2**24 else -1

        # The reset of RFC 9293 3.10.7.1 is in nobody's sequence space.
        seq = 0 if tcp.flags == "RA" and tcp.seq == 0 else relative(tcp.seq, side)
        sent[side].append((str(tcp.flags), payload_length(packet), seq,
                           relative(tcp.ack, other) if tcp.flags.A else 0))
    return {side: list(dict.fromkeys(all_)) for side, all_ in sent.items()}


def turns(sent: Iterable[Segment]) -> List[Tuple[str, int]]:
    """Those that open and end, and where their octets end: how the data
    between is cut into segments when they all just pass is a matter of time.
    """
    return [("".join(sorted(set(flags) & set("SFR"))), seq + octets)
            for flags, octets, seq, _ in sent if set(flags) & set("SFR")]


def of_tape(path: pathlib.Path) -> List[Packet]:
    """The frames of a capture of ours."""
    tape = Tape(path)
    return [tape.frame(i) for i in range(len(tape.packets))]


def of_pcap(path: pathlib.Path) -> List[Packet]:
    """Those of any other."""
    return list(rdpcap(str(path)))
