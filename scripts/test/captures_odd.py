"""What is odd in real traffic, each kind beside what is only like it.

Whatever passes in silence here is healthy; the rest has its finding.
"""

from captures import Wire, broken, hard, healthy


@broken("aborted A", "rst-unheeded B suspicious")
def rst_unheeded(w: Wire) -> None:
    """B goes on for seconds, and each of its segments is reset again."""
    w.open().a("R.").b("P.", 10, ack=1).a("R", seq=1)
    for _ in range(5):
        w.wait(1000).b("P.", 10, seq=1, ack=1).a("R", seq=1)


@broken("aborted A", "rst-unheeded B suspicious")
def rst_answered_with_acks(w: Wire) -> None:
    """B answers each RST with an ACK, two hundred times in a second."""
    w.open().b("P.", 100).a("F.").b(".", ack=1)
    for _ in range(200):
        w.wait(2).a("R", seq=1).wait(2).b(".", ack=1)


@broken("aborted A", "rst-unheeded B inconclusive")
def rst_unheeded_once(w: Wire) -> None:
    """Perhaps the first RST was lost."""
    w.open().a("R.").wait(1500).b("P.", 10, ack=1).a("R", seq=1)


@broken("aborted A", "rst-unheeded B suspicious")
def rst_unheeded_opening(w: Wire) -> None:
    """A scanner's RSTs do not come to B, which goes on opening."""
    w.a("S").b("S.").a("R")
    for ms in (1000, 2000, 4000, 8000):
        w.wait(ms).b("S.", seq=0).a("R", seq=1)


@hard("aborted A")
def scanned(w: Wire) -> None:
    """A scanner is content with a SYN,ACK; another was on its way."""
    w.a("S").b("S.").b("S.", seq=0).a("R", seq=1).a("R", seq=1)


@hard("aborted A")
def in_flight_when_reset(w: Wire) -> None:
    """A hundred segments were on their way to an end that has gone."""
    w.open().b("P.", 500).a("R.", ack=1)
    for _ in range(100):
        w.wait(1).b(".", 1000).wait(1).a("R", seq=1)


@hard("aborted A")
def acks_in_flight_when_reset(w: Wire) -> None:
    """So were the ACKs of twenty segments, of which the first was lost."""
    w.open()
    for i in range(20):
        w.wait(1).a(".", 1000, seen=i > 0)
    w.a("R.")
    for _ in range(19):
        w.wait(1).b(".", ack=1)
    w.a("R", seq=1)


@broken("aborted B", "rst-with-fin B note")
def rst_with_fin(w: Wire) -> None:
    """A FIN in the segment that resets."""
    w.open().a("P.", 10).b("FR.")


@broken("unanswered none", "syn-with-fin A suspicious")
def syn_with_fin(w: Wire) -> None:
    """Opened and closed in one, with nothing said."""
    w.a("SF").idle(3000)


@hard("normal A")
def request_in_syn(w: Wire) -> None:
    """A SYN that carries all there is to say, of which the SYN is taken."""
    w.a("SFP", 100).b("S.", ack=1).a("FP.", 100, seq=1)
    w.next["A"] = 102
    w.b("F.").a(".")


@broken("aborted A", "lone-fin A note")
def fin_unopened(w: Wire) -> None:
    """A FIN where there is no connection, and what a closed port says."""
    w.a("F.", seq=5, ack=9).b("R", seq=9)


@broken("unknown none", "lone-fin A note")
def fin_unopened_unanswered(w: Wire) -> None:
    """The same, and silence."""
    w.a("F.", seq=5, ack=9).idle(20000)


@broken("unknown none", "lone-fin A inconclusive")
def fin_unopened_at_the_end(w: Wire) -> None:
    """The same, and the capture ends before there can be an answer."""
    w.a("F.", seq=5, ack=9).idle(200)


@broken("unknown none", "lone-fin A inconclusive")
def fin_unopened_and_nothing(w: Wire) -> None:
    """All that was captured is one FIN."""
    w.a("F.", seq=5, ack=9)


@hard("unknown none")
def last_octets_alone(w: Wire) -> None:
    """All that a filter has let into the capture is a server's last word."""
    w.b("FP.", 500, seq=5, ack=9).idle(20000)


@hard("normal A")
def fin_unopened_but_known(w: Wire) -> None:
    """The capture began just before the end."""
    w.a("F.", seq=5, ack=9).b(".", seq=9).b("F.", seq=9).a(".")


@broken("open none", "fin-bad-ack B suspicious")
def fin_injected(w: Wire) -> None:
    """A FIN with a number that fits, and an ACK of nothing."""
    w.open().a("P.", 100).b("F.", ack=-5000)
    w.next["B"] = 1
    w.b(".").b("P.", 20).a(".")


@broken("closing both", "ack-unsent B inconclusive")
def fin_acked_from_afar(w: Wire) -> None:
    """The ACK of A's FIN acknowledges what is nowhere near it."""
    w.open().a("F.").b(".", ack=500000000).b("F.", ack=1).a(".")


@hard("normal A")
def old_ack_at_first(w: Wire) -> None:
    """An ACK of a connection before, which B resets, opening."""
    w.a("S").b("S.").a(".", ack=-500000000).b("R", seq=-500000000)
    w.next = {"A": 1, "B": 1}
    w.a(".").close()


@healthy("normal B")
def fin_acks_less(w: Wire) -> None:
    """A FIN that was sent before A's last octets came."""
    w.open().a("P.", 100).a("P.", 100).b("F.", ack=101).a("F.").b(".")


@broken("aborted A", "rst-storm A inconclusive")
def dozen_rsts(w: Wire) -> None:
    """Fewer than a storm, and more than anybody asked for."""
    w.open().b("P.", 10)
    for _ in range(15):
        w.wait(20).a("R.", ack=1)


@hard("aborted A")
def dozen_answers(w: Wire) -> None:
    """As many, one for each segment that came."""
    w.open().a("F.")
    for _ in range(15):
        w.wait(5).b("P.", 10, ack=1)
    for _ in range(15):
        w.wait(5).a("R", seq=1)


@broken("normal A", "rst-to-last-ack B note")
def rst_to_last_ack(w: Wire) -> None:
    """B has left LAST-ACK before the ACK of its FIN comes."""
    w.open().close().b("R")


@hard("normal A")
def rst_to_second_ack(w: Wire) -> None:
    """B has closed by the first ACK, and resets the second."""
    w.open().close().a(".").b("R")


@hard("normal B")
def rst_to_ack_after_rst(w: Wire) -> None:
    """A closes, resets, and is asked again by what was under way."""
    w.open().a("P.", 10).b("F.", ack=1).a("F.").a("R.").b(".").a("R")


@broken("normal A", "rst-in-time-wait A note")
def rst_in_time_wait(w: Wire) -> None:
    """B has not had the last ACK; A should still know."""
    w.open().close().wait(300).b("F.", seq=1).a("R", seq=2)


@hard("normal A")
def rst_after_time_wait(w: Wire) -> None:
    """The same after minutes, when A may have forgotten."""
    w.open().close().wait(130000).b("F.", seq=1).a("R", seq=2)


@broken("aborted A", "after-rst A inconclusive")
def data_soon_after_rst(w: Wire) -> None:
    """New octets, so soon that the RST may have overtaken them."""
    w.open().b("P.", 100).a("R", seq=1).a("P.", 50).b("R", seq=101)
    w.wait(40).a("P.", 50).b("R", seq=101)


@hard("aborted A")
def data_overtaken_by_rst(w: Wire) -> None:
    """An RST that is numbered behind the octets it has overtaken."""
    w.open().b("P.", 100).a("R.", seq=51).a("P.", 50, seq=1).b("R", seq=101)


@broken("aborted A", "rst-inexact-obeyed B inconclusive")
def rst_inexact_silence(w: Wire) -> None:
    """An RST in the window, and B says nothing any more."""
    w.open().b("P.", 100).a(".").a("R", seq=301).idle(9000)


@hard("aborted A")
def rst_exact_silence(w: Wire) -> None:
    """The same with the number that B expects."""
    w.open().b("P.", 100).a(".").a("R", seq=1).idle(9000)


@broken("aborted A", "rst-answers-rst B inconclusive")
def rst_soon_after_rst(w: Wire) -> None:
    """An answer to the RST, or an abort of B's own."""
    w.open().a("P.", 10).b(".").a("R.").b("R")


@hard("aborted A")
def rst_answers_data(w: Wire) -> None:
    """B has gone, and A's data was on its way."""
    w.open().a("P.", 10).a("R.").b("R", seq=1)


@hard("normal A")
def last_ack_again(w: Wire) -> None:
    """A FIN that comes again because its ACK was lost."""
    w.open().close().wait(1200).b("F.", seq=1).a(".")


@broken("normal B, unanswered none", "syn-in-time-wait A note")
def syn_unanswered_in_time_wait(w: Wire) -> None:
    """B, in TIME-WAIT, does not answer a SYN with a newer number."""
    w.open().close("B").wait(4000).anew(90000, 9000)
    w.a("S").wait(1000).a("S", seq=0).wait(2000).a("S", seq=0)


@broken("normal B, open none", "syn-in-time-wait A note")
def older_syn_in_time_wait(w: Wire) -> None:
    """B answers a SYN with a lower number with an ACK of the old one."""
    w.open().close("B").wait(4000).anew(930, 700000).a("S")
    w.b(".", seq=2, ack=72).a("R", seq=72).wait(1000).a("S", seq=0)


@hard("normal B, normal A")
def newer_syn_in_time_wait(w: Wire) -> None:
    """B takes a SYN with a newer number."""
    w.open().close("B").wait(4000).anew(90000, 9000).open().close()


@broken("normal A", "padding A note", "padding B note")
def padding_counted(w: Wire) -> None:
    """Octets of padding, in lengths of packets that are too long."""
    w.open()
    for _ in range(3):
        w.a(".", 2, seq=1, ack=1).b(".", 6, seq=1, ack=1)
    w.a("P.", 100, seq=1, ack=1).b(".", 6, seq=1, ack=101)
    w.b("P.", 200, seq=1, ack=101).a(".", 2, seq=101, ack=201)
    w.a("F.", 2, seq=101, ack=201).b("F.", 6, seq=201, ack=102)
    w.a(".", 2, seq=102, ack=202)


@hard("normal A")
def few_octets(w: Wire) -> None:
    """Data of a few octets, without PSH, some of it with the FIN."""
    w.open().a(".", 4).a(".", 3).b(".").b(".", 5).a(".").a(".", 2)
    w.a("F.", 6).b(".", 2).b("F.", 3).a(".")


@broken("open none", "icmp-answered B note")
def port_unreachable(w: Wire) -> None:
    """A's host has forgotten the port: five times an ICMP error says so."""
    w.open().a("P.", 10).b("P.", 50).icmp("B", 3, 3)
    for ms in (200, 400, 800, 1600):
        w.wait(ms).b("P.", 50, seq=1).icmp("B", 3, 3)


@broken("unanswered none", "icmp-answered A note")
def host_unreachable(w: Wire) -> None:
    """A SYN to a host that is not there, by IPv6."""
    w.six = True
    w.a("S").icmp("A", 1, 3).wait(1000).a("S", seq=0).icmp("A", 1, 3)


@hard("normal A")
def packet_too_big(w: Wire) -> None:
    """A path of a smaller MTU, found by an ICMP error."""
    w.open().a("P.", 1400).icmp("A", 3, 4).a(".", 700, seq=1)
    w.a("P.", 700, seq=701).b(".").close()


@hard("normal A")
def unreachable_for_a_while(w: Wire) -> None:
    """A route was missing, and came back; no timeout grew (RFC 6069)."""
    w.open().a("F.")
    for _ in range(5):
        w.icmp("A", 3, 0).wait(200).a("F.", seq=1)
    w.b("F.").a(".")


@hard("open none")
def unreachable_of_another(w: Wire) -> None:
    """An error about a number that this connection has never had."""
    w.open().a(".", seq=900000000).icmp("A", 3, 3)
    w.frames.pop(3)
    w.next["A"] = 1
    w.a("P.", 10).idle(3000)


@hard("normal A")
def syn_overtaken(w: Wire) -> None:
    """Queues of a network card: A's SYN is captured behind its ACK."""
    w.a("S", seen=False).b("S.").a(".").a("S", seq=0)
    w.a("P.", 10).b(".").close()


@hard("normal A")
def opening_overtaken(w: Wire) -> None:
    """Both SYNs are captured behind the ACK and octets of A."""
    w.a("S", seen=False).b("S.", seen=False).a(".").a("P.", 10)
    w.a("S", seq=0).b("S.", seq=0, ack=1).b(".").close()


@hard("unknown none, normal A")
def syn_behind_another_connection(w: Wire) -> None:
    """An ACK of the connection before is no later one of this."""
    w.anew(900000, 5000000).a(".", seq=100, ack=1)
    w.anew(1000, 700000).open().a("P.", 10).b(".").close()


@hard("aborted A")
def rst_overtakes_octets(w: Wire) -> None:
    """A's RST is captured before the octets and the ACK that led to it."""
    w.open().a("P.", 10).b(".").b("P.", 50, seen=False)
    w.a("R.").b("P.", 50, seq=1).a(".", seq=11)


@broken("reset-suspected A", "ack-after-rst A suspicious")
def rst_before_octets(w: Wire) -> None:
    """The RST acknowledges less: A had not got them by then."""
    w.open().a("P.", 10).b(".").a("R.").b("P.", 50, ack=11).a(".", seq=11)


@hard("normal A, normal A")
def port_reuse_syn_unseen(w: Wire) -> None:
    """The port again, with lower numbers of B, and the SYN not captured."""
    w.open().close().wait(1000).anew(90000, 5).a("S", seen=False)
    w.b("S.").a(".").close()


@hard("normal A")
def syn_ack_again_after_close(w: Wire) -> None:
    """An old answer to the SYN, which comes late, begins nothing."""
    w.open().close().b("S.", seq=0, ack=1)


@broken("normal A", "fin-moved A inconclusive")
def port_reuse_unseen(w: Wire) -> None:
    """A's second connection looks like the first one going on."""
    w.open().a("P.", 10).b(".").b("F.", seen=False).a("F.").b(".")
    w.wait(2000).anew(500000, 9000000).a("S", seen=False).b("S.").a(".")
    w.a("P.", 10).b(".").b("F.").a(".").a("F.").b(".")


@hard("normal A")
def syn_behind_all(w: Wire) -> None:
    """The capture has A's SYN last: B's answer told its number before."""
    w.a("S", seen=False).b("S.").a("P.", 10, seq=11).b(".", ack=11)
    w.close().wait(300).a("S", seq=0)


@hard("normal A")
def syn_behind_all_unanswered(w: Wire) -> None:
    """Nor has it the answer: the SYN is just before A's first octet."""
    w.open(seen=False).a("P.", 10).b(".").close().wait(300).a("S", seq=0)


@hard("normal A, unanswered none")
def syn_behind_all_of_another(w: Wire) -> None:
    """It is not: the connection that it begins was captured no further."""
    w.open(seen=False).a("P.", 10).b(".").close().wait(300).a("S")


@hard("aborted B")
def syn_behind_reset(w: Wire) -> None:
    """The same SYN behind an RST."""
    w.a("S", seen=False).b("S.").a(".").b("R.").wait(300).a("S", seq=0)


def split(w: Wire) -> Wire:
    """B answers the SYN in two segments, the first with any number."""
    w.a("S").b(".", seq=5000000, ack=1)
    w.next["B"] = 0
    return w.b("S")


@hard("normal A")
def split_handshake(w: Wire) -> None:
    """B's SYN comes alone, and A answers that with its own once more."""
    split(w).a("S.", seq=0).b(".").a("P.", 10).b(".").close()


@hard("normal A")
def split_handshake_simultaneous(w: Wire) -> None:
    """B goes on as if both SYNs had crossed."""
    split(w).a("S.", seq=0).b("S.", seq=0).a("P.", 10).b(".").close()


@hard("open none, normal A")
def split_handshake_of_another(w: Wire) -> None:
    """B opens another one to the same port, and A's number is another."""
    split(w).isn["A"] += 90000
    w.a("S.", seq=0).b(".").a("P.", 10).b(".").close("B")
