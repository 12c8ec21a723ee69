"""Healthy connections, plain ones and hard ones: nothing is to be found."""

import random

from captures import Wire, hard, healthy
from scapy.layers.inet6 import (IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                                IPv6ExtHdrHopByHop)
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether
from scapy.packet import Packet
from wild import MACS

SYN_SCALED = {"options": [("MSS", 1460), ("WScale", 7)]}


@healthy("normal A")
def figure_12(w: Wire) -> None:
    """RFC 9293, figure 12."""
    w.open().close()


@healthy("simultaneous both")
def figure_13(w: Wire) -> None:
    """RFC 9293, figure 13."""
    w.open().a("F.").b("F.", ack=1).a(".").b(".")


@healthy("normal B")
def b_first(w: Wire) -> None:
    """A request, an answer, and the end that answered closes."""
    w.open().a("P.", 40).b("P.", 60).close("B")


@healthy("normal B")
def three_segments(w: Wire) -> None:
    """Data with the FIN, and a FIN with its ACK."""
    w.open().b("FP.", 700).a("F.").b(".")


@healthy("normal A")
def delayed_ack(w: Wire) -> None:
    """The FIN is acknowledged after 200 ms."""
    w.open().a("F.").wait(200).b(".").b("F.").a(".")


@healthy("normal A")
def in_time_wait(w: Wire) -> None:
    """The last ACK was lost: the FIN comes again, and is answered again."""
    w.open().close().wait(210).b("F.", seq=1).a(".").wait(420).b(
        "F.", seq=1).a(".")


@healthy("normal A")
def urgent(w: Wire) -> None:
    """Urgent data before the FIN."""
    w.open().a("PU.", 5, urgptr=5).b(".").close()


@healthy("normal A")
def congestion_bits(w: Wire) -> None:
    """ECE and CWR are nobody's business here."""
    w.a("SEW").b("S.E").a(".").a("P.W", 9).b(".E").a("F.").b(".E").b(
        "F.E").a(".")


@healthy("normal A")
def dup_acks(w: Wire) -> None:
    """Duplicate ACKs, a fast retransmission, a window update."""
    w.open()
    w.a(".", 100).a(".", 100).a(".", 100).a("P.", 100)
    w.b(".", ack=101).b(".", ack=101).b(".", ack=101)
    w.a(".", 100, seq=101).b(".").b(".", win=2000).close()


@healthy("aborted A")
def abort(w: Wire) -> None:
    """close() with data unread."""
    w.open().b("P.", 100).a("R.", ack=1)


@healthy("aborted A")
def abort_half_closed(w: Wire) -> None:
    """An RST in CLOSE-WAIT, with data behind what was acknowledged."""
    w.open().a("F.").b(".").b("P.", 50).b("R.")


@healthy("refused B")
def refused(w: Wire) -> None:
    """Nobody listens."""
    w.a("S").b("R.", seq=-700000)


@healthy("unanswered none")
def rst_without_ack_in_syn_sent(w: Wire) -> None:
    """An RST that does not acknowledge the SYN is discarded."""
    w.a("S").b("R").wait(1000).a("S", seq=0)


@healthy("unanswered none")
def rst_with_older_ack_in_syn_sent(w: Wire) -> None:
    """So is one that acknowledges what was before it."""
    w.a("S").b("R.", ack=0)


@healthy("aborted B")
def rst_with_newer_ack(w: Wire) -> None:
    """Behind the SYN nothing was captured but the RST."""
    w.a("S").a("P.", 40, seen=False).b("R.")


@healthy("unanswered none, normal A")
def opened_after_rst_without_ack(w: Wire) -> None:
    """A gives up, and tries again with another number."""
    w.a("S").b("R").wait(1000).anew(9000, 800000).open().close()


@healthy("normal A")
def syn_again(w: Wire) -> None:
    """SYN and its answer are lost once each."""
    w.a("S").wait(1000).a("S", seq=0).b("S.").wait(2000).a("S", seq=0)
    w.b("S.", seq=0).a(".").close()


@healthy("normal A")
def data_in_syn(w: Wire) -> None:
    """TCP fast open."""
    w.a("S", 100).b("S.").a("P.", 50).b(".").close()


@healthy("open none")
def never_closed(w: Wire) -> None:
    """The capture ends first."""
    w.open().a("P.", 10).b(".").idle(60000)


@healthy("unknown none")
def one_segment(w: Wire) -> None:
    """All that is known is that there was one."""
    w.a(".", seq=50, ack=70).idle(9000)


@hard("normal A")
def half_closed_long(w: Wire) -> None:
    """B goes on sending for hours; A acknowledges with the number behind."""
    w.open().a("F.").b(".")
    for _ in range(4):
        w.wait(1800000).b("P.", 500).a(".")
    w.b("F.").a(".")


@hard("half-closed A")
def keep_alives(w: Wire) -> None:
    """Bare, and with an octet, before and after the FIN."""
    w.open().wait(1000).a(".", seq=0).b(".").wait(1000).a("F.").b(".")
    w.wait(2000).a(".", seq=1).b(".").wait(2000).a(".", 1, seq=1).b(".")


@hard("normal A")
def zero_window(w: Wire) -> None:
    """The window closes and is probed; a FIN waits behind it."""
    w.open().a("P.", 1000).b(".", win=0).wait(200).a(".", seq=1000)
    w.b(".", win=0).wait(400).a(".", seq=1000).b(".")
    w.a("FP.", 100).b("F.").a(".")


@hard("normal A")
def fin_at_zero_window(w: Wire) -> None:
    """A FIN at a closed window is refused, with one too low; later not."""
    w.open().a("P.", 1000).b(".", win=0)
    w.a("F.").b(".", ack=1001, win=0)
    for ms in (200, 400, 800, 1600):
        w.wait(ms).a("F.", seq=1001).b(".", ack=1001, win=0)
    w.wait(100).b(".", ack=1001).wait(1500).a("F.", seq=1001)
    w.b("F.").a(".")


@hard("normal A")
def merged(w: Wire) -> None:
    """Data and FIN, sent apart and lost, come again in one segment."""
    w.open().a(".", 300).a("P.", 300).a("F.")
    w.wait(200).a("FP.", 600, seq=1).wait(400).a("FP.", 600, seq=1)
    w.b("F.").a(".")


@hard("normal A")
def cut_anew(w: Wire) -> None:
    """Data with FIN, lost, comes again in smaller pieces."""
    w.open().a("FP.", 600).wait(200).a(".", 200, seq=1)
    w.a("P.", 200, seq=201).a("FP.", 200, seq=401).b("F.").a(".")


@hard("normal A")
def reordered(w: Wire) -> None:
    """The FIN overtakes its data, an ACK another."""
    w.open().a("F.", seq=501).a("P.", 500, seq=1)
    w.b(".", ack=1).b(".").a(".", seq=1).b("F.").b(".", seq=1).a(".")


@hard("normal A")
def reordered_answer(w: Wire) -> None:
    """The answer to the FIN was captured before the FIN."""
    w.open().b("F.", ack=2).a("F.", ack=1).a(".").b(".", ack=2)


@hard("simultaneous both")
def crossed_with_data(w: Wire) -> None:
    """Both close with data in flight; one FIN is lost and comes again."""
    w.open().a("FP.", 100).b("FP.", 200, ack=1).b(".")
    w.wait(200).b("FP.", 200, seq=1).a(".").a(".")


@hard("normal A")
def in_the_middle(w: Wire) -> None:
    """The capture begins while data flows."""
    w.next = {"A": 5000, "B": 9000}
    w.a(".", 100, ack=8900).b(".", 100, ack=5000).a(".").b(".").close()


@hard("normal A")
def at_the_end(w: Wire) -> None:
    """The capture begins with the FIN."""
    w.next = {"A": 5000, "B": 9000}
    w.close()


@hard("normal A")
def wrapped(w: Wire) -> None:
    """The numbers of both ends wrap around, one of them at its FIN."""
    w.isn = {"A": 2**32 - 500, "B": 2**32 - 202}
    w.open()
    for _ in range(5):
        w.a("P.", 150).b(".", 40)
    w.close()


@hard("normal A")
def wrapped_loss(w: Wire) -> None:
    """Where the numbers wrap around, segments are lost and come again."""
    w.isn = {"A": 2**32 - 101, "B": 2**31 - 1}
    w.open().a("P.", 100).a("F.").wait(200).a("FP.", 100, seq=1)
    w.b(".").b("F.").wait(200).b("F.", seq=1).a(".")


def insist(w: Wire, rng: random.Random, side: str, flags: str,
           octets: int = 0) -> None:
    """Send until the answer has come; a quarter is lost on each half way."""
    peer = "BA"["AB".index(side)]
    seq, gap = w.next[side], 200
    while True:
        seen = rng.random() < 0.75
        w.send(side, flags, octets, seq=seq, seen=seen)
        if seen and rng.random() < 0.75:
            back = rng.random() < 0.75
            w.send(peer, ".", seen=back)
            if back and rng.random() < 0.75:
                return
        w.wait(gap)
        gap *= 2


@hard("normal A")
def lossy(w: Wire) -> None:
    """Every other segment is lost, FINs too."""
    rng = random.Random(5)
    w.open()
    for _ in range(20):
        insist(w, rng, "A", "P.", 200)
        insist(w, rng, "B", "P.", 100)
    insist(w, rng, "A", "F.")
    insist(w, rng, "B", "F.")


@hard("normal A")
def lossy_stamps(w: Wire) -> None:
    """The same luck with timestamps, other segments."""
    rng = random.Random(11)
    w.stamps = True
    w.open()
    for _ in range(10):
        insist(w, rng, "B", "P.", 300)
    insist(w, rng, "A", "FP.", 10)
    insist(w, rng, "B", "FP.", 10)


@hard("normal A")
def backoff(w: Wire) -> None:
    """A FIN lost many times, with a probe soon after it."""
    w.open().a("F.")
    for ms in (30, 200, 400, 800, 1600, 3200):
        w.wait(ms).a("F.", seq=1)
    w.b("F.").a(".")


@hard("normal A, normal A")
def port_reuse(w: Wire) -> None:
    """The same ports again, with a later number."""
    w.open().close().wait(1000).anew(90000, 5).open().close()


@hard("normal A, normal A")
def port_reuse_by_stamp(w: Wire) -> None:
    """The same ports with a lower number and a newer timestamp, RFC 6191."""
    w.stamps = True
    w.open().a("P.", 500).b(".").close("A")
    w.wait(1000).anew(600, 5).open().close()


@hard("normal A")
def stamps(w: Wire) -> None:
    """Timestamps in all segments."""
    w.stamps = True
    w.open().a("P.", 100).b(".").close()


@hard("aborted B")
def stamps_and_rst(w: Wire) -> None:
    """The RST has no timestamp, as is allowed."""
    w.stamps = True
    w.open().a("P.", 100).b("R", seq=1)


@hard("normal A")
def stamps_refused(w: Wire) -> None:
    """A offers timestamps, B does not."""
    w.stamps = True
    w.a("S")
    w.stamps = False
    w.b("S.").a(".").close()


@hard("normal A")
def super_segments(w: Wire) -> None:
    """Larger than any MTU, checksums left to the card."""
    w.open(**SYN_SCALED)
    for _ in range(4):
        w.a("P.", 60000, chksum=0, win=500).b(".", chksum=0, win=2000)
    w.a("FP.", 30000, chksum=0, win=500).b("F.", chksum=0).a(".", chksum=0)


@hard("normal A")
def seen_twice(w: Wire) -> None:
    """Every frame was captured twice."""
    w.open().a("P.", 100).b(".").close()
    w.frames = [frame for frame in w.frames for _ in range(2)]


@hard("normal A")
def capture_loss(w: Wire) -> None:
    """Segments that arrived were not captured, data and ACKs."""
    w.open().a("P.", 100).a("P.", 100, seen=False).b(".", seen=False)
    w.b("P.", 300, seen=False).a(".").a("P.", 100).b(".").close()


@hard("normal A")
def fin_not_captured(w: Wire) -> None:
    """The FIN was lost before the capture, its sender's ACK was not."""
    w.open().a("F.").b(".").b("F.", seen=False).b(".")
    w.wait(200).b("F.", seq=1).a(".")


@hard("aborted A")
def rst_to_late_data(w: Wire) -> None:
    """A has closed for good; what B still sends is reset."""
    w.open().a("F.").b(".").b("P.", 100).a("R", seq=2).b(
        "P.", 100, ack=2).a("R", seq=2)


@hard("aborted A")
def rst_for_each(w: Wire) -> None:
    """One RST for each segment that was in flight."""
    w.open().b(".", 100).a("P.", 50, ack=1)
    w.b(".", 100).b(".", 100).a("R.", ack=101).a("R", seq=51).a("R", seq=51)


@hard("aborted A")
def crossing_rsts(w: Wire) -> None:
    """Both abort at once."""
    w.open().wait(3000).a("R.").b("R.")


@hard("aborted A")
def challenged(w: Wire) -> None:
    """An inexact RST is challenged, and an exact one follows."""
    w.open().a("R.", seq=301).b(".", ack=1).a("R", seq=1)


@hard("normal A")
def old_syn(w: Wire) -> None:
    """An old SYN amid the connection is challenged, and forgotten."""
    w.open().a("S", seq=700)
    w.next["A"] = 1
    w.b(".").close()


@hard("normal A")
def extension_headers(w: Wire) -> None:
    """IPv6, with headers before TCP's; the fragment is a whole one."""
    def envelope(packet: Packet) -> Packet:
        head = IPv6(src=packet.src, dst=packet.dst)
        return (Ether(**MACS) / head / IPv6ExtHdrHopByHop() /
                IPv6ExtHdrDestOpt() / IPv6ExtHdrFragment(m=0, offset=0) /
                packet.payload)
    w.six, w.envelope = True, envelope
    w.open().a("P.", 100).b(".").close()


@hard("normal B")
def vlan(w: Wire) -> None:
    """Tagged, twice."""
    w.envelope = lambda packet: (
        Ether(**MACS) / Dot1AD(vlan=7) / Dot1Q(vlan=10) / packet)
    w.open().a("P.", 100).b(".").close("B")


@hard("normal A")
def keep_alive_stamps(w: Wire) -> None:
    """Keep-alives as RFC 7323 has them."""
    w.stamps = True
    w.open().wait(45000).a(".", seq=0).b(".").close()


@hard("half-closed A")
def fin_again_in_flight(w: Wire) -> None:
    """The ACK of the FIN is on its way when the FIN comes again, twice."""
    w.open().a("F.").b(".").wait(200).a("F.", seq=1).b(".")
    w.b("P.", 500).wait(400).a("F.", seq=1, ack=1).b(".")


@hard("one-direction none")
def one_direction(w: Wire) -> None:
    """Nothing of B was captured, whose FIN A acknowledges."""
    w.a("S").b("S.", seen=False).a(".").a("P.", 100)
    w.b("P.", 500, seen=False).a(".").a("F.").b("F.", seen=False)
    w.a("F.", seq=101).a(".").idle(9000)


@hard("one-direction none")
def one_direction_open(w: Wire) -> None:
    """Nor does an end that goes on sending show what the other has done."""
    w.a("S").b("S.", seen=False).a(".").a("P.", 100).idle(9000)


@hard("vanished A")
def fins_alone(w: Wire) -> None:
    """Two FINs: what answered them, if anything, has not reached A."""
    w.a("F.").wait(200).a("F.", seq=0)


@healthy("unanswered none")
def unanswered(w: Wire) -> None:
    """A host that is not there."""
    w.a("S").wait(1000).a("S", seq=0).wait(2000).a("S", seq=0).idle(9000)


@healthy("unknown none")
def lone_rst(w: Wire) -> None:
    """An RST alone tells nothing of a connection."""
    w.a("R.")


@healthy("aborted A")
def data_and_rst(w: Wire) -> None:
    """Data and an RST tell that there was one."""
    w.a("P.", 10).b(".").a("R.")


@hard("simultaneous both")
def figure_13_reordered(w: Wire) -> None:
    """Both FINs sent again, in a capture that saw B's first."""
    w.open().b("F.").b("F.", seq=1, ack=2).a("F.", ack=1).a("F.", seq=1)
    w.b(".").a(".")


@hard("open none")
def fin_before_syn(w: Wire) -> None:
    """An injected FIN without a place, before B's answer."""
    w.a("S").b("F.", seq=-700000)
    w.next["B"] = 0
    w.a("R", seq=1).b("S.").a(".").b("P.", 79).a(".")
