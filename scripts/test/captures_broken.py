"""Connections with one thing broken each, and what must be found then."""

from captures import Wire, broken

NEVER_ACKED = "fin-never-acked A note"


@broken("half-closed A", "data-after-fin A violation")
def data_after_fin(w: Wire) -> None:
    """Octets behind the FIN."""
    w.open().a("F.").b(".").a("P.", 10)


@broken("normal A", "data-after-fin B violation")
def data_after_second_fin(w: Wire) -> None:
    """Octets of B behind its FIN, in the middle of a whole ending."""
    w.open().close().b("P.", 10)


@broken("half-closed A", "data-after-fin A violation")
def fin_amid_data(w: Wire) -> None:
    """The FIN takes the number of an octet that was sent."""
    w.open().a("P.", 10).a("F.", seq=6).b("P.", 10, ack=1)


@broken("half-closed A", "fin-moved A violation")
def fin_moved_on(w: Wire) -> None:
    """The FIN comes again one higher."""
    w.open().a("F.").wait(200).a("F.", seq=2).b(".", ack=2)


@broken("half-closed A", "fin-moved A violation")
def fin_moved_back(w: Wire) -> None:
    """The FIN comes again one lower."""
    w.open().a("FP.", 9).wait(200).a("F.", seq=9).b(".", ack=11)


@broken("open none", "fin-without-ack A violation")
def fin_without_ack(w: Wire) -> None:
    """A FIN without the ACK flag is no FIN of an open connection."""
    w.open().a("F")


@broken("open none", "fin-without-ack B violation")
def data_without_ack(w: Wire) -> None:
    """Data without the ACK flag."""
    w.open().b("P", 5)


@broken("half-closed A", "seq-below-fin A suspicious")
def seq_below_fin(w: Wire) -> None:
    """A forgets its FIN when it acknowledges."""
    w.open().a("F.").b(".")
    for _ in range(4):
        w.wait(1000).b("P.", 10).a(".", seq=1)


@broken("half-closed B", "no-timestamp B violation")
def no_timestamp(w: Wire) -> None:
    """The FIN of a connection with timestamps has none."""
    w.stamps = True
    w.open().b("F.", options=[]).a(".", ack=1)


@broken("reset-suspected A", "after-rst A suspicious")
def after_rst(w: Wire) -> None:
    """A goes on, seconds after its RST."""
    w.open().a("R.").wait(2000).a("P.", 10)


@broken("aborted B", "rst-with-data B note")
def rst_with_data(w: Wire) -> None:
    """An RST with a reason in it."""
    w.open().b("R.", 20)


@broken("half-closed A", "ack-unsent B violation")
def fin_ack_high(w: Wire) -> None:
    """The FIN is acknowledged one too high."""
    w.open().a("F.").b(".", ack=3).wait(200).a("F.", seq=1)


@broken("open none", "ack-unsent B inconclusive")
def ack_of_unseen(w: Wire) -> None:
    """A FIN, or an octet, was acknowledged that was not captured."""
    w.open().b(".", ack=2)


@broken("half-closed A", "fin-ack-low B suspicious", NEVER_ACKED)
def fin_ack_low(w: Wire) -> None:
    """The FIN is answered with its own number, each time."""
    w.open().a("F.").b(".", ack=1).wait(200).a("F.", seq=1).b(".", ack=1)
    w.wait(400).a("F.", seq=1).b(".", ack=1)


@broken("half-closed A", "fin-outside A suspicious")
def fin_outside(w: Wire) -> None:
    """A FIN far behind the window."""
    w.open().a("P.", 1000).b(".").a("F.", seq=9001).b(".", ack=1001)


@broken("open none", "rst-outside A suspicious")
def rst_before_window(w: Wire) -> None:
    """An RST before the first number of all."""
    w.open().a("R", seq=-9).b("P.", 9).a(".")


@broken("reset-suspected A", "after-rst A suspicious",
        "rst-outside A suspicious")
def rst_behind_window(w: Wire) -> None:
    """An RST behind the window, and the connection goes on."""
    w.open().a("R", seq=9001).wait(1200).a("P.", 9)


@broken("normal A", "after-rst A suspicious", "rst-inexact A suspicious")
def rst_inexact(w: Wire) -> None:
    """An RST somewhere in the window changes nothing."""
    w.open().a("R", seq=301).b(".").wait(1200).close()


@broken("reset-suspected A", "after-rst A suspicious",
        "rst-inexact A suspicious", "rst-inexact-obeyed B suspicious")
def rst_inexact_obeyed(w: Wire) -> None:
    """An RST somewhere in the window, and B has forgotten all."""
    w.open().a("R", seq=301).wait(1200).a("P.", 10).b("R", seq=1)


@broken("aborted B", "rst-answers-rst B violation")
def rst_answers_rst(w: Wire) -> None:
    """An RST long after all else is answered."""
    w.open().b("R.").wait(2000).a("R.").b("R", seq=1)


@broken("aborted A", "rst-answers-rst B violation")
def bare_rst_answered(w: Wire) -> None:
    """An RST without ACK is answered, as if it were some other segment."""
    w.open().a("P.", 20).b(".").a("R").b("R.", seq=-700000)


@broken("aborted A", "rst-wrong-seq A suspicious")
def rst_wrong_seq(w: Wire) -> None:
    """The RST that answers data is not where it was acknowledged."""
    w.open().a("F.").b(".").b("P.", 100).a("R", seq=3)


@broken("reset-suspected A", "ack-after-rst A suspicious")
def ack_after_rst(w: Wire) -> None:
    """A acknowledges what came after its RST."""
    w.open().a("R.").b("P.", 10, ack=1).a(".")


@broken("vanished A", "fin-not-retransmitted A inconclusive")
def fin_once(w: Wire) -> None:
    """One FIN, and nothing more of anybody."""
    w.open().a("F.").idle(9000)


@broken("half-closed A", "fin-not-retransmitted A suspicious")
def fin_once_alive(w: Wire) -> None:
    """One FIN, unacknowledged, though both are alive."""
    w.open().a("F.").wait(7000).b("P.", 9, ack=1).a(".").idle(2000)


@broken("vanished A", NEVER_ACKED)
def fin_never_acked(w: Wire) -> None:
    """B is gone."""
    w.open().a("F.")
    for ms in (200, 400, 800, 1600):
        w.wait(ms).a("F.", seq=1)


@broken("closing A", "last-ack-missing A suspicious",
        "fin-ack-low A suspicious", "fin-never-acked B note")
def last_ack_missing(w: Wire) -> None:
    """A is alive and answers, but never acknowledges the second FIN."""
    w.open().a("F.").b("F.").a(".", ack=1)
    for ms in (200, 400, 800):
        w.wait(ms).b("F.", seq=1).a(".", ack=1)


@broken("closing A", "last-ack-missing A inconclusive",
        "fin-never-acked B note")
def last_ack_unseen(w: Wire) -> None:
    """The same, but perhaps A has not got the FIN."""
    w.open().a("F.").b("F.")
    for ms in (200, 400, 800):
        w.wait(ms).b("F.", seq=1)
    w.a(".", ack=1)


@broken("half-closed A", "fin-ack-late B suspicious")
def fin_ack_late(w: Wire) -> None:
    """The ACK of the FIN comes after more than a second."""
    w.open().a("F.").wait(1100).b(".", ack=1).wait(100).b(".", ack=1)
    w.wait(200).b(".")


@broken("vanished A", "no-backoff A inconclusive", NEVER_ACKED)
def no_backoff(w: Wire) -> None:
    """The FIN comes again and again, at one interval."""
    w.open().a("F.")
    for ms in (200, 205, 205, 200):
        w.wait(ms).a("F.", seq=1)


@broken("vanished A", "retransmitted-early A suspicious", NEVER_ACKED)
def early(w: Wire) -> None:
    """The round trip takes 80 ms, and the FIN comes again before."""
    w.a("S").wait(80).b("S.").a(".").a("F.")
    for ms in (4, 10, 26):
        w.wait(ms).a("F.", seq=1)


@broken("vanished A", "fin-storm A suspicious", NEVER_ACKED)
def fin_storm(w: Wire) -> None:
    """A hundred FINs in a second."""
    w.open().a("F.")
    for i in range(100):
        w.wait(8 + i % 2 * 6).a("F.", seq=1)


@broken("aborted A", "rst-storm A suspicious")
def rst_storm(w: Wire) -> None:
    """Many RSTs that nobody asked for."""
    w.open()
    for _ in range(30):
        w.wait(1).a("R.")


@broken("normal B, open none", "time-wait-reused B suspicious")
def time_wait_reused(w: Wire) -> None:
    """B, in TIME-WAIT, accepts a SYN with a lower number."""
    w.open().close("B").wait(1000).anew(930, 9000).open()


@broken("normal B, open none", "time-wait-reused B suspicious")
def time_wait_reused_stamp(w: Wire) -> None:
    """Its timestamp is not newer either."""
    w.stamps = True
    w.open().close("B").wait(1000).anew(930, 9000)
    w.a("S", options=[("Timestamp", (900, 0))]).b("S.").a(".")


@broken("normal A", "time-wait-assassinated B suspicious")
def assassinated(w: Wire) -> None:
    """Old data in TIME-WAIT is acknowledged, and that is reset."""
    w.open().b("P.", 10).close().wait(1000)
    w.b("P.", 10, seq=1).a(".").b("R")


@broken("normal A", "keepalive-no-timestamp A note")
def apple_keep_alive(w: Wire) -> None:
    """Keep-alives without the timestamps that all else has."""
    w.stamps = True
    w.open().wait(45000).a(".", seq=0, options=[]).b(".").close()


@broken("half-closed A", "fin-after-ack A violation")
def fin_after_ack(w: Wire) -> None:
    """The FIN comes again, and acknowledges what carried its ACK."""
    w.open().a("F.").b(".").b("P.", 500).a(".")
    for _ in range(5):
        w.wait(100).a("F.", seq=1).b(".")


@broken("aborted B", "no-timestamp B inconclusive")
def injected_page(w: Wire) -> None:
    """A box on the way answers for B, from fewer hops away."""
    w.stamps = True
    w.open(ttl=53).a("P.", 222)
    w.b("F.", 380, ttl=59, options=[]).a(".").wait(200).b("R", seq=381)


@broken("half-closed B", "data-after-fin B inconclusive")
def injected_fin(w: Wire) -> None:
    """The box closes for B, which goes on with what it had to say."""
    w.open(ttl=53).a("P.", 222).b("F.", 380, ttl=59).a(".")
    w.b(".", 1400, seq=1, ttl=53).a(".", ack=1401)


@broken("half-closed B", "fin-moved B inconclusive")
def injected_fin_six(w: Wire) -> None:
    """The same over IPv6; B closes, too, behind what it had to say."""
    w.six = True
    w.open(ttl=53).a("P.", 222).b("F.", 380, ttl=59).a(".")
    w.wait(300).b("F.", 1400, seq=1, ttl=53).a(".", ack=1402)


@broken("half-closed B", "fin-moved B violation")
def fin_moved_from_afar(w: Wire) -> None:
    """B moves its FIN, and the routers on the way are the same."""
    w.open(ttl=53).b("F.", 380, ttl=53).a(".")
    w.wait(300).b("F.", 1400, seq=1, ttl=53).a(".", ack=1402)


@broken("half-closed B", "data-after-fin B inconclusive")
def fin_amid_data_of_another(w: Wire) -> None:
    """A FIN amid B's octets, which a box may have sent."""
    w.open(ttl=53).b("P.", 500, ttl=53).b("F.", seq=101, ttl=59).a(".")


@broken("aborted A", "after-rst A suspicious")
def scanner(w: Wire) -> None:
    """A's kernel resets what a stack above it goes on with; B has closed."""
    w.a("S").b("S.").a("R").wait(15000).a(".", 100).b("R", seq=1)


@broken("aborted B", "ack-unsent A inconclusive")
def rst_after_handshake(w: Wire) -> None:
    """Of B only the handshake and its exact RST were captured."""
    w.open().a("P.", 40).b("P.", 83, seen=False).a(".").wait(6000).b("R")
