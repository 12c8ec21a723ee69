"""Two ends that go round and round, each loop beside what is only like it."""

from captures import Wire, broken, hard, healthy


@broken("open none", "ack-loop A suspicious")
def acks_answer_acks(w: Wire) -> None:
    """Two ends that answer every ACK with one of their own."""
    w.open().a("P.", 10).b(".")
    for _ in range(40):
        w.wait(5).a(".").wait(5).b(".")


@broken("open none", "ack-loop A suspicious", "ack-unsent A inconclusive",
        "ack-unsent B inconclusive")
def challenges_answer_challenges(w: Wire) -> None:
    """Each acknowledges what the other one has not sent, and says so."""
    w.open()
    for _ in range(40):
        w.wait(5).a(".", seq=1, ack=60).wait(5).b(".", seq=1, ack=90)


@broken("open none", "ack-loop A suspicious", "ack-unsent A inconclusive",
        "ack-unsent B inconclusive")
def challenges_from_afar(w: Wire) -> None:
    """The same, of ends that have nothing in common any more."""
    w.open()
    for _ in range(40):
        w.wait(5).a(".", seq=1, ack=1600000000)
        w.wait(5).b(".", seq=1, ack=1700000000)


@broken("aborted A", "ack-loop B suspicious")
def rsts_answer_rsts(w: Wire) -> None:
    """Both ends answer RSTs with RSTs, as nobody may."""
    w.open().wait(2000)
    for _ in range(20):
        w.wait(100).a("R", seq=1).wait(100).b("R", seq=1)


@broken("normal A", "ack-loop B suspicious", "fin-storm B suspicious")
def fin_answers_ack(w: Wire) -> None:
    """B sends its FIN again for every ACK of it."""
    w.open().a("F.").b(".").b("F.").a(".")
    for _ in range(15):
        w.wait(5).b("F.", seq=1).wait(5).a(".")


@broken("refused B", "rst-unheeded A suspicious")
def refusal_unheeded(w: Wire) -> None:
    """A was refused, and goes on acknowledging that."""
    w.a("S").b("R.", seq=-700000)
    for _ in range(12):
        w.wait(20).a(".", seq=1, ack=-700000).wait(20).b("R.", seq=-700000)


@broken("refused B", "refusal-unheeded A note")
def refusals_tried_again(w: Wire) -> None:
    """A asks twice more, half a second apart, as some stacks do."""
    w.a("S").b("R.", seq=-700000)
    for _ in range(2):
        w.wait(500).a("S", seq=0).b("R.", seq=-700000)


@broken("refused B", "refusal-unheeded A inconclusive")
def refusal_tried_again(w: Wire) -> None:
    """A asks once more: the RST may have been lost behind the capture."""
    w.a("S").b("R.", seq=-700000).wait(1000).a("S", seq=0)


@hard("refused B")
def refusal_crossed(w: Wire) -> None:
    """The SYN comes again while the RST is on its way."""
    w.a("S").wait(900).b("R.", seq=-700000).wait(100).a("S", seq=0)
    w.b("R.", seq=-700000)


@broken("aborted B", "ack-loop A suspicious")
def rst_beside(w: Wire) -> None:
    """B resets each ACK of A with a number that A does not expect."""
    w.open()
    for _ in range(12):
        w.wait(20).a(".", ack=1).wait(20).b("R.", seq=300)


@broken("refused B", "ack-loop A suspicious")
def syns_refused_without_end(w: Wire) -> None:
    """A asks again at once each time that it is refused."""
    w.a("S").b("R.", seq=-700000)
    for _ in range(20):
        w.wait(5).a("S", seq=0).wait(5).b("R.", seq=-700000)


@broken("normal A", "ack-loop B suspicious")
def syn_acks_without_end(w: Wire) -> None:
    """B opens again whenever A acknowledges that it has opened."""
    w.open()
    for _ in range(20):
        w.wait(5).b("S.", seq=0).wait(5).a(".")
    w.close()


@hard("normal A")
def syn_acks_sent_again(w: Wire) -> None:
    """The last ACK of the opening is lost, and lost again."""
    w.open()
    for ms in (1000, 2000, 4000, 8000):
        w.wait(ms).b("S.", seq=0).a(".")
    w.close()


@broken("normal A", "ack-loop A suspicious")
def data_again_without_end(w: Wire) -> None:
    """A sends what was acknowledged, again and again."""
    w.open()
    for _ in range(150):
        w.wait(5).a("P.", 100, seq=1).wait(5).b(".")
    w.close()


@hard("normal A")
def window_sent_again(w: Wire) -> None:
    """A whole window that only seemed lost, once."""
    w.open()
    for _ in range(60):
        w.wait(1).a(".", 1000)
    w.b(".").wait(300)
    for i in range(60):
        w.wait(1).a(".", 1000, seq=1 + 1000 * i).wait(1).b(".")
    w.close()


@broken("open none", "ack-loop A suspicious")
def keep_alives_without_end(w: Wire) -> None:
    """Fifty keep-alives a second."""
    w.open().a("P.", 10).b(".")
    for _ in range(60):
        w.wait(10).a(".", seq=10).wait(10).b(".")


@hard("open none")
def quick_keep_alives(w: Wire) -> None:
    """Keep-alives every second, or a little more often."""
    w.open().a("P.", 10).b(".")
    for _ in range(40):
        w.wait(500).a(".", seq=10).b(".")


@hard("open none")
def acks_both_ways(w: Wire) -> None:
    """Data flows both ways, with an ACK for each segment."""
    w.open()
    for _ in range(30):
        w.wait(2).a("P.", 10).b(".").b("P.", 10).a(".")


@healthy("open none")
def probes_of_a_window(w: Wire) -> None:
    """A closed window is asked for again and again."""
    w.open().a("P.", 1000).b(".", win=0)
    for _ in range(20):
        w.wait(300).a(".").b(".", win=0)
