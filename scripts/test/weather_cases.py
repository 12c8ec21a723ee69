"""Random connections that end well, as cases: what is true of each is known.

A case is drawn from a seed: who closes first and how, what is sent when, who
reads it. It is so made that whatever the cable loses, doubles or delays, the
states in the end and the results of the calls are these and no others; where
a lost RST leaves two ends open, the case allows both. Every wait is for a
condition ("pass until"), so that a case takes as long as its losses.
"""

from __future__ import annotations

import dataclasses
import random
from typing import Callable, Dict, FrozenSet, List, Sequence, Tuple

OTHER = {"A": "B", "B": "A"}
PATIENCE = "within 60s"
HEAD = """case  {title}
spec  RFC9293 3.6
needs {family}

# Connection {number} of seed {seed}.
set weather {weather}
set rto_min 20ms
"""


@dataclasses.dataclass(frozen=True)
class Truth:
    """What lastack check must say of the capture."""

    endings: FrozenSet[str]
    closed_first: FrozenSet[str]
    states: Dict[str, FrozenSet[str]]

    def denied(self, flow: Dict[str, object]) -> List[str]:
        """Return what in a verdict is not true."""
        said = {"ending": self.endings, "closed_first": self.closed_first,
                "state_a": self.states["A"], "state_b": self.states["B"]}
        return [f"{key} {flow[key]}, not {' or '.join(sorted(true))}"
                for key, true in said.items() if flow[key] not in true]


@dataclasses.dataclass(frozen=True)
class Weather:
    """A case: its name, its text, and what is true of it."""

    name: str
    text: str
    truth: Truth


def either(*states: str) -> FrozenSet[str]:
    """States or endings of which any may be."""
    return frozenset(states)


class Talk:
    """A connection being written down."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.lines: List[str] = []
        self.small = {"A": False, "B": False}  # receive buffers
        self.scarce = {"A": False, "B": False}  # send buffers
        self.unread = {"A": 0, "B": 0}  # octets sent to that end, not read
        self.talked = False  # what was sent may still be unacknowledged
        self.opens_fair = True  # the handshake has no weather

    def add(self, *lines: str) -> None:
        """Write lines."""
        self.lines += lines

    def chance(self, of_a_hundred: int) -> bool:
        """Draw a lot."""
        return self.rng.randrange(100) < of_a_hundred

    def shuffled(self, items: Sequence[str]) -> List[str]:
        """Return the items in any order."""
        return self.rng.sample(items, len(items))

    def until(self, *conditions: str) -> None:
        """Let segments pass until all of these have come, in any order."""
        for condition in self.shuffled(conditions):
            self.add(f"pass until {condition} {PATIENCE}")

    # Data

    def pieces(self, side: str, most: int = 3) -> List[int]:
        """Draw what an end sends: sizes its buffer has room for."""
        limit = 1000 if self.scarce[side] else 6000
        kinds = [(1, 1), (2, 100), (500, 1500), (1440, 1470), (2000, 6000)]
        return [min(limit, self.rng.randint(*self.rng.choice(kinds)))
                for _ in range(self.rng.randint(1, most))]

    def send(self, *sides: str) -> None:
        """Send from these ends, the pieces of both mixed."""
        lots = [(side, size) for side in sides for size in self.pieces(side)]
        self.rng.shuffle(lots)
        for side, size in lots:
            self.add(f"{side} send {size}")
            self.unread[OTHER[side]] += size
        self.talked = True

    def little(self, side: str) -> int:
        """Draw what an end sends in one segment, into an open window."""
        return self.rng.randint(2, 200 if self.small[OTHER[side]] else 1200)

    def read(self, *sides: str) -> None:
        """Read all that was sent and cannot have come yet."""
        waiting = [side for side in self.shuffled(sides) if self.unread[side]]
        for side in waiting:
            self.add(f"{side} recv {self.unread[side]} blocks")
        self.until(*(f"{side} returns" for side in waiting))
        for side in waiting:
            self.add(f"{side} returns = {self.unread[side]}")
            self.unread[side] = 0

    def read_here(self, side: str) -> None:
        """Read what has come, and the FIN behind it."""
        while self.unread[side]:
            size = self.rng.randint(1, self.unread[side])
            size = size if self.chance(50) else self.unread[side]
            self.add(f"{side} recv {size} = {size}")
            self.unread[side] -= size
        self.add(f"{side} recv = eof")

    def exchange(self, rounds: int) -> None:
        """Talk to and fro; nothing is left unread."""
        for _ in range(rounds):
            sides = self.rng.choice(["A", "B", "AB"])
            self.send(*sides)
            self.read(*(OTHER[side] for side in sides))

    # Ends

    def leave(self, side: str) -> None:
        """Close in one of the ways that do not wait."""
        self.add(*self.rng.choice([
            [f"{side} close"], [f"{side} close"], [f"{side} close"],
            [f"{side} shutdown wr", f"{side} close"],
            [f"{side} shutdown rdwr", f"{side} close"],
            [f"{side} shutdown rd", f"{side} close"],
            [f"{side} linger 0", f"{side} linger off", f"{side} close"],
            [f"{side} dup", f"{side} close", f"{side} close"],
            [f"{side} exit"], [f"{side} kill"]]))

    def part(self, side: str) -> bool:
        """Close, perhaps so that close waits. Returns whether it does."""
        if self.chance(85):
            self.leave(side)
            return False
        self.add(f"{side} linger 50s", f"{side} close blocks")
        return True

    def drained(self, side: str, *others: str) -> None:
        """Let a drain that is out return, beside other conditions."""
        self.until(f"{side} returns", *others)
        self.add(f"{side} returns = all")
        self.unread[side] = 0

    def settle(self, may: Dict[str, FrozenSet[str]]) -> None:
        """Wait for silence, then say how both ends are."""
        self.add("pass")
        for side in self.shuffled("AB"):
            states = self.shuffled(sorted(may[side]))
            if len(states) == 1:
                self.add(f"{side} is {states[0]}")
            else:
                body = "\n} or {\n".join(f"{side} is {s}" for s in states)
                self.add("either {", body, "}")


def settings(talk: Talk) -> bool:
    """Draw buffers and the like. Returns whether TIME-WAIT is safe."""
    protected = talk.chance(50)
    talk.opens_fair = talk.chance(97)
    if not talk.opens_fair:
        # Or a SYN that was lost counts as a round trip, and sets the RTO.
        talk.add("sysctl A net.ipv4.tcp_timestamps 0")
    if talk.chance(20):
        talk.add("set quickack off")
    for side in "AB":
        if protected:
            talk.add(f"sysctl {side} net.ipv4.tcp_rfc1337 1")
        if talk.chance(5):
            talk.add(f"sysctl {side} net.ipv4.tcp_sack 0")
        if talk.chance(10):
            talk.add(f"sysctl {side} net.ipv4.tcp_timestamps 0")
    for side in "AB":
        talk.small[side] = talk.chance(20)
        talk.scarce[side] = talk.chance(20)
        if talk.small[side]:
            talk.add(f"{side} rcvbuf {talk.rng.choice([2304, 4096, 6000])}")
        if talk.scarce[side]:
            talk.add(f"{side} sndbuf 8192")
    return protected


def begin(talk: Talk) -> None:
    """Open; at times in the weather too, which costs a second a loss."""
    if talk.opens_fair:
        talk.add("open")
    else:
        talk.add("B listen", "A connect", "B accept blocks")
        talk.until("B returns", "A is ESTABLISHED")
        talk.add("B returns = 0")
    for side in "AB":
        if talk.chance(30):
            talk.add(f"{side} nodelay on")
    talk.exchange(talk.rng.choice([0, 0, 1, 1, 2, 3]))


def final(first: str, protected: bool) -> Dict[str, FrozenSet[str]]:
    """The states after a normal close; TIME-WAIT may be assassinated."""
    waits = either("TIME-WAIT") if protected else either("TIME-WAIT", "CLOSED")
    return {first: waits, OTHER[first]: either("CLOSED")}


def normal(talk: Talk, protected: bool) -> Truth:
    """One end closes, all is read, the other closes."""
    first = talk.rng.choice("AB")
    last = OTHER[first]
    if talk.chance(60):
        talk.send(first)
    early = talk.chance(40) or talk.small[last]
    if early:
        talk.add(f"{last} drain blocks")
    lingers = talk.part(first)
    wait = [f"{first} returns"] if lingers else []
    if early:
        talk.drained(last, *wait)
    else:
        talk.until(f"{last} is CLOSE-WAIT", *wait)
        talk.read_here(last)
    if lingers:
        talk.add(f"{first} returns = 0")
    finish(talk, first)
    may = final(first, protected)
    talk.settle(may)
    return Truth(either("normal"), either(first), may)


def half_closed(talk: Talk, protected: bool) -> Truth:
    """One end has no more to say, and hears the other out."""
    first = talk.rng.choice("AB")
    last = OTHER[first]
    if talk.chance(60):
        talk.send(first)
    talk.add(f"{first} shutdown wr")
    if talk.small[last] or talk.chance(50):
        talk.add(f"{last} drain blocks")
        talk.drained(last)
    else:
        talk.until(f"{last} is CLOSE-WAIT")
        talk.read_here(last)
    for _ in range(talk.rng.choice([0, 1, 1, 2])):
        talk.send(last)
        talk.read(first)
    if talk.chance(20):
        talk.leave(first)
        finish(talk, first)
    else:
        talk.add(f"{first} drain blocks")
        if talk.chance(60):
            talk.send(last)
        finish(talk, first, f"{first} returns")
        talk.add(f"{first} returns = all")
        go(talk, first)
    may = final(first, protected)
    talk.settle(may)
    return Truth(either("normal"), either(first), may)


def finish(talk: Talk, first: str, *wait: str) -> None:
    """The other end closes too, and has its ACK."""
    last = OTHER[first]
    lingers = talk.part(last)
    if lingers:
        wait = (*wait, f"{last} returns")
    talk.until(*wait)
    if lingers:
        talk.add(f"{last} returns = 0")
    talk.until(f"{last} is CLOSED")


def crossed(talk: Talk, with_data: bool) -> Truth:
    """Both FINs are on their way before either arrives."""
    if with_data:
        talk.send("A", "B")
    if not with_data and talk.chance(50):
        for side in talk.shuffled("AB"):
            talk.leave(side)
    else:
        for side in talk.shuffled("AB"):
            talk.add(f"{side} shutdown wr")
        for side in "AB":
            talk.add(f"{side} drain blocks")
        talk.until("A returns", "B returns")
        for side in talk.shuffled("AB"):
            talk.add(f"{side} returns = all")
            go(talk, side)
    talk.until("A is TIME-WAIT", "B is TIME-WAIT")
    may = {side: either("TIME-WAIT") for side in "AB"}
    talk.settle(may)
    if not talk.talked:
        return Truth(either("simultaneous"), either("both"), may)
    # A FIN behind unacknowledged data is at times sent after the other's has
    # come, and then the segments are those of a normal close.
    seen = {side: either("TIME-WAIT", "CLOSED") for side in "AB"}
    return Truth(either("simultaneous", "normal"), either("both", "A", "B"),
                 seen)


def simultaneous(talk: Talk, protected: bool) -> Truth:
    """Both close with nothing to say."""
    del protected  # two ends in TIME-WAIT send no RST
    return crossed(talk, False)


def both_at_once(talk: Talk, protected: bool) -> Truth:
    """Both have last words, and then shut down."""
    del protected
    return crossed(talk, True)


def go(talk: Talk, side: str) -> None:
    """Close at once, by a call or by the end of the process."""
    talk.add(f"{side} {talk.rng.choice(['close', 'close', 'exit', 'kill'])}")


def provoke(talk: Talk, side: str) -> None:
    """Send what the other end's RST must come of."""
    kind = talk.rng.choice(["send", "close", "send and close", "shutdown"])
    if "send" in kind:
        talk.add(f"{side} send {talk.little(side)}")
    if "close" in kind:
        talk.leave(side)
    if kind == "shutdown":
        talk.add(f"{side} shutdown wr")


def aborted(talk: Talk, by: str) -> Truth:
    """Both are closed for good, because one end has aborted."""
    may = {side: either("CLOSED") for side in "AB"}
    talk.settle(may)
    return Truth(either("aborted"), either(by), may)


def reset(talk: Talk, by: str) -> Truth:
    """After an abort of the one end: the other speaks, and is reset too."""
    other = OTHER[by]
    provoke(talk, other)
    talk.until(f"{other} is CLOSED")
    return aborted(talk, by)


def unread(talk: Talk, protected: bool) -> Truth:
    """One end closes with data unread."""
    del protected
    by = talk.rng.choice("AB")
    size = talk.little(OTHER[by])
    part = talk.rng.randint(1, size - 1)
    talk.add(f"{OTHER[by]} send {size}", f"{by} recv {part} blocks")
    talk.until(f"{by} returns")
    talk.add(f"{by} returns = {part}")
    if talk.chance(20):
        talk.send(by)
    go(talk, by)
    return reset(talk, by)


def linger_zero(talk: Talk, protected: bool) -> Truth:
    """One end aborts, whatever is unsent or unread."""
    del protected
    by = talk.rng.choice("AB")
    for side in "AB":
        if talk.chance(40):
            talk.send(side)
    talk.add(f"{by} linger 0")
    go(talk, by)
    return reset(talk, by)


def hears_reset(talk: Talk, protected: bool) -> Truth:
    """The other end waits in recv, and is told of the reset."""
    del protected
    by = talk.rng.choice("AB")
    other = OTHER[by]
    talk.add(f"{other} send {talk.little(other)}",
             f"{other} recv blocks", f"{by} linger 0")
    go(talk, by)
    talk.until(f"{other} returns")
    talk.add(f"{other} returns = ECONNRESET", f"{other} error = 0")
    go(talk, other)
    return aborted(talk, by)


def late_data(talk: Talk, protected: bool) -> Truth:
    """One end closes while the other still sends: that data is refused."""
    del protected
    by = talk.rng.choice("AB")
    other = OTHER[by]
    first = either(by)
    if talk.chance(50):
        talk.leave(by)
        if talk.chance(50):
            talk.until(f"{other} is CLOSE-WAIT")
        talk.add(f"{other} send {talk.little(other)}")
    else:
        talk.add(f"{other} send {talk.little(other)}")
        talk.leave(by)
    if talk.chance(40):
        talk.leave(other)
        first = either("A", "B", "both") if talk.talked else either(by, "both")
    talk.until(f"{other} is CLOSED")
    may = {side: either("CLOSED") for side in "AB"}
    talk.settle(may)
    return Truth(either("aborted"), first, may)


def half_closed_reset(talk: Talk, protected: bool) -> Truth:
    """One end has shut down; the other has its data and FIN, and aborts."""
    del protected
    first = talk.rng.choice("AB")
    by = OTHER[first]
    talk.add(f"{first} send {talk.little(first)}",
             f"{first} shutdown wr")
    talk.until(f"{by} is CLOSE-WAIT")
    if talk.chance(50):
        talk.add(f"{by} recv 1 = 1")
    if talk.chance(30):
        talk.add(f"{by} linger 0")
    go(talk, by)
    talk.add("pass")
    # Its one RST may be lost, and the ACK of the FIN before it.
    may = {by: either("CLOSED"),
           first: either("CLOSED", "FIN-WAIT-1", "FIN-WAIT-2")}
    talk.settle(may)
    return Truth(either("aborted"), either(first),
                 {side: either("CLOSED") for side in "AB"})


Kind = Callable[[Talk, bool], Truth]
KINDS: List[Tuple[int, Kind]] = [
    (30, normal), (20, half_closed), (8, simultaneous), (8, both_at_once),
    (8, unread), (8, linger_zero), (6, hears_reset), (8, late_data),
    (4, half_closed_reset)]


def draw(seed: int, number: int) -> Weather:
    """Return connection number of a seed."""
    rng = random.Random(f"{seed}/{number}")
    (kind,) = rng.choices([k for _, k in KINDS], [w for w, _ in KINDS])
    talk = Talk(rng)
    protected = settings(talk)
    begin(talk)
    truth = kind(talk, protected)
    name = kind.__name__.replace("_", "-")
    head = HEAD.format(title=f"weather, {name.replace('-', ' ')}",
                       family=rng.choice(["ipv4", "ipv6"]), number=number,
                       seed=seed, weather=rng.randint(1, 2**31 - 1))
    return Weather(f"{number:05}-{name}", head + "\n".join(talk.lines) + "\n",
                   truth)
