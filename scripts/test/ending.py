"""How a connection ended, worked out from its segments alone.

This is no second harness: it looks at what was sent and what was delivered,
and says in which states (RFC 9293, section 3.3.2) each side may be then. It
says nothing of a side once it cannot know: a segment was forged, a new
connection began, or the socket went away without a segment.
"""

import dataclasses
from typing import List, Optional, Set, Tuple

from scapy.layers.inet import TCP
from tape import Event, Tape, payload_length

HALF_SPACE = 1 << 31
ENDING_CALLS = ("close", "shutdown", "exit", "kill")
SILENT_CALLS = ("forget", "destroy", "exit", "kill", "close")
TIMER_NS = 100_000_000


def relative(number: int, isn: int) -> int:
    """A sequence number counted from isn, which is 0."""
    return (number - isn + HALF_SPACE) % (1 << 32) - HALF_SPACE


@dataclasses.dataclass
class WireEnd:
    """One side, as the wire shows it."""

    isn: Optional[int] = None
    sent: int = 0  # behind all it has sent
    data: int = 1  # behind all its data
    fin: Optional[int] = None  # the number of its FIN
    late: bool = False  # its FIN said that it had the other's
    asked: bool = False  # its process wanted an end
    acked: int = 0
    got: int = 0  # the next it expects
    got_fin: bool = False
    said: int = 0  # the last it acknowledged
    full: bool = False  # it closes its window somewhere, and drops what comes
    early: List[Tuple[int, int]] = dataclasses.field(default_factory=list)
    gone: bool = False
    may_go: bool = False
    unknown: bool = False

    def take(self, begin: int, end: int) -> None:
        """Deliver these numbers, which may be ahead of a gap."""
        self.early.append((begin, end))
        for first, last in sorted(self.early):
            if first <= self.got < last:
                self.got = last

    def states(self) -> Set[str]:
        """The states it may be in."""
        if self.gone:
            return {"CLOSED"}
        if self.full and self.said < self.got:
            return self.by_fins(False) | self.by_fins(self.got_fin)
        return self.by_fins(self.got_fin)

    def by_fins(self, got_fin: bool) -> Set[str]:
        """The same, with or without the other's FIN."""
        if self.fin is None:
            return self.before_fin(got_fin)
        acked = self.acked > self.fin
        if not got_fin:
            return {"FIN-WAIT-2" if acked else "FIN-WAIT-1"}
        first = {"TIME-WAIT" if acked else "CLOSING"}
        if not self.late:
            return first
        last = {"CLOSED" if acked else "LAST-ACK"}
        return first | last if self.asked else last

    def before_fin(self, got_fin: bool) -> Set[str]:
        """The same while its own FIN has not been seen."""
        if not got_fin:
            ahead = {"FIN-WAIT-1"} if self.asked else set()
            return {"ESTABLISHED"} | ahead
        return {"CLOSE-WAIT"} | ({"LAST-ACK", "CLOSING"} if self.asked
                                 else set())


class Ending:
    """Follows a tape; complaints are what does not agree with it."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self.ends = {"A": WireEnd(), "B": WireEnd()}
        self.complaints: List[str] = []
        self.compared = 0
        self.last_at = tape.events[0].at if tape.events else 0
        self.lockstep = any(e.state("A") for e in tape.events
                            if e.kind == "segment")
        for event in tape.events if self.lockstep else []:
            tcp = tape.segment(event.frame) if event.frame >= 0 else None
            if tcp is not None and tcp.window == 0 and not tcp.flags.R:
                self.ends[event.side].full = True

    def other(self, side: str) -> WireEnd:
        """The end on the other side."""
        return self.ends["B" if side == "A" else "A"]

    def complain(self, event: Event, text: str) -> None:
        """Take note of a disagreement."""
        self.complaints.append(f"{self.tape.path}: event {event.number} "
                               f"of line {event.said.get('line')}: {text}")

    def follow(self) -> List[str]:
        """Go through all events. Returns what does not agree.

        Without states behind its segments there are many connections, or
        none, and nothing to compare.
        """
        for event in self.tape.events if self.lockstep else []:
            late = event.at - self.last_at >= TIMER_NS
            for wire_end in self.ends.values():
                wire_end.may_go = wire_end.may_go or late
            self.last_at = event.at
            self.step(event)
            for side in "AB":
                self.compare(event, side)
        return self.complaints

    def step(self, event: Event) -> None:
        """Let one event do its work."""
        if event.kind == "act":
            self.act(event)
        tcp = self.tape.segment(event.frame) if event.frame >= 0 else None
        if event.kind not in ("segment", "release"):
            return
        if event.how == "forged" or tcp is None:
            for wire_end in self.ends.values():
                wire_end.unknown = True
            return
        if event.kind == "segment":
            self.send(event, tcp)
        if event.kind == "release" or event.how in ("delivered", "kept"):
            self.deliver(event, tcp)

    def act(self, event: Event) -> None:
        """A call may be the reason for what is seen later, or never."""
        wire_end, call = self.ends[event.side], event.said["text"].split()[0]
        wire_end.asked = wire_end.asked or call in ENDING_CALLS
        wire_end.may_go = wire_end.may_go or call in SILENT_CALLS

    def send(self, event: Event, tcp: TCP) -> None:
        """A side has really sent this."""
        me, peer = self.ends[event.side], self.other(event.side)
        if tcp.flags.S and me.isn != tcp.seq:
            self.begin(me, peer, tcp)
        if me.isn is None:
            me.unknown = True
            return
        begin = relative(tcp.seq, me.isn)
        length = payload_length(self.tape.frame(event.frame))
        end = begin + length
        if length:
            me.data = max(me.data, end)
        if tcp.flags.F:
            self.send_fin(event, tcp, end)
        me.sent = max(me.sent, end + bool(tcp.flags.S) + bool(tcp.flags.F))
        if tcp.flags.A and peer.isn is not None and not me.unknown:
            self.check_ack(event, relative(tcp.ack, peer.isn))
        me.gone = me.gone or bool(tcp.flags.R)

    @staticmethod
    def begin(me: WireEnd, peer: WireEnd, tcp: TCP) -> None:
        """A SYN with a new number; only the first one is followed."""
        if me.isn is not None:
            me.unknown = peer.unknown = True
        me.isn = tcp.seq

    def send_fin(self, event: Event, tcp: TCP, number: int) -> None:
        """A FIN stays where it is, and it is behind all data."""
        me, peer = self.ends[event.side], self.other(event.side)
        if me.unknown:
            return
        if me.fin is None and peer.fin is not None and peer.isn is not None:
            me.late = relative(tcp.ack, peer.isn) > peer.fin
        me.fin = number if me.fin is None else me.fin
        if number != me.fin:
            self.complain(event, f"FIN {number} was {me.fin} before")
        if number != me.data:
            self.complain(event, f"FIN {number} but data to {me.data}")

    def check_ack(self, event: Event, ack: int) -> None:
        """Nobody may acknowledge what it did not get."""
        me, peer = self.ends[event.side], self.other(event.side)
        me.said = max(me.said, ack)
        if ack > peer.sent:
            self.complain(event, f"ack {ack}, sent {peer.sent}")
        elif ack > me.got:
            self.complain(event, f"ack {ack}, delivered {me.got}")

    def deliver(self, event: Event, tcp: TCP) -> None:
        """The other side has got this."""
        sender, me = self.ends[event.side], self.other(event.side)
        if sender.isn is None:
            me.unknown = True
            return
        begin = relative(tcp.seq, sender.isn)
        if tcp.flags.R:
            self.deliver_reset(me, begin)
            return
        end = begin + payload_length(self.tape.frame(event.frame))
        end += bool(tcp.flags.S) + bool(tcp.flags.F)
        me.take(begin, end)
        me.got_fin = sender.fin is not None and me.got > sender.fin
        if tcp.flags.A and me.isn is not None:
            me.acked = max(me.acked, relative(tcp.ack, me.isn))

    @staticmethod
    def deliver_reset(me: WireEnd, number: int) -> None:
        """RFC 5961: exact, or it is not taken; Linux takes it before a FIN."""
        exact = number == me.got or (me.got_fin and number == me.got - 1)
        if me.isn is None or me.acked == 0:
            me.unknown = True
        elif me.states() & {"TIME-WAIT", "FIN-WAIT-2"}:
            me.may_go = True
        else:
            me.gone = me.gone or exact

    def resets_later(self, event: Event, side: str) -> bool:
        """Tell whether a reset of that side is on its way."""
        later = (e for e in self.tape.events[event.number + 1:]
                 if e.kind == "segment" and e.side == side
                 and e.how != "forged")
        segments = (self.tape.segment(e.frame) for e in later)
        return any(tcp is not None and tcp.flags.R for tcp in segments)

    def compare(self, event: Event, side: str) -> None:
        """Hold the recorded state against what was worked out."""
        wire_end, state = self.ends[side], event.state(side)
        opened = wire_end.isn is not None and wire_end.got and wire_end.acked
        if wire_end.unknown or not opened or state is None:
            return
        self.compared += 1
        if state in wire_end.states():
            return
        if state == "CLOSED" and (wire_end.may_go or
                                  self.resets_later(event, side)):
            wire_end.gone = True
            return
        self.complain(event, f"{side} is {state}, but by its segments "
                             f"{' or '.join(sorted(wire_end.states()))}")
