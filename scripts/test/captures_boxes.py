"""Captures on both sides of a box that rewrites addresses, numbers, or both."""

from captures import Wire, broken, hard
from wild import A4

NAT = "203.0.113.9"
BOX = {"A": 12345678, "B": 2**32 - 77}
SHIFT = {"a": 12345678, "b": 2**32 - 77}


@broken("vanished A, open none as 1", "fin-never-acked A note",
        "not-passed A suspicious")
def half_close_not_passed(w: Wire) -> None:
    """A's FIN, sent again and again, does not pass the box."""
    w.nat = NAT
    w.open().a("P.", 10).b(".").a("F.", passes=False)
    for ms in (200, 400, 800, 1600):
        w.wait(ms).a("F.", seq=11, passes=False)


@broken("aborted A, open none as 1", "not-passed A inconclusive")
def reset_not_passed(w: Wire) -> None:
    """A's RST is not seen beyond the box, where B goes on."""
    w.nat = NAT
    w.open().a("P.", 10).b(".").a("R.", passes=False)
    w.nat = ""
    w.idle(9000)


@broken("vanished A, open none as 1", "fin-never-acked A note",
        "not-passed A suspicious")
def half_close_not_passed_renumbered(w: Wire) -> None:
    """The same of a box that makes up numbers of its own."""
    w.nat, w.box = NAT, BOX
    w.open().a("P.", 10).b(".").b("P.", 70).a(".").a("F.", passes=False)
    for ms in (200, 400, 800, 1600):
        w.wait(ms).a("F.", seq=11, passes=False)


@broken("open none, aborted B as 1", "not-passed B inconclusive")
def reset_not_passed_renumbered(w: Wire) -> None:
    """B's RST, which A never gets."""
    w.nat, w.box = NAT, BOX
    w.open().a("P.", 10).b(".").b("P.", 70).a(".")
    w.b("R.", passes=False).idle(9000)


@hard("normal A, normal A as 1")
def both_sides_of_a_box(w: Wire) -> None:
    """All of it is seen twice."""
    w.nat = NAT
    w.open().a("P.", 10).b(".").close().idle(9000)


@hard("normal A, normal A as 1")
def both_sides_of_a_box_renumbered(w: Wire) -> None:
    """The same, with numbers that the box has made up."""
    w.nat, w.box = NAT, BOX
    w.open().a("P.", 10).b(".").close().idle(9000)


@hard("half-closed A, open none as 1")
def fin_within_a_box(w: Wire) -> None:
    """The capture ends while the FIN may still be in the box."""
    w.nat = NAT
    w.open().a("P.", 10).b(".").a("F.", passes=False)


@hard("normal A, normal A")
def same_numbers_twice(w: Wire) -> None:
    """A generator's numbers: the same each time, but so is A's address."""
    w.open().close().wait(300000).open().close()


def renumber(w: Wire, a: int, b: int) -> Wire:
    """A firewall with the same addresses on both sides, and other numbers."""
    w.nat, w.box = A4, {"A": a, "B": b}
    return w


@hard("normal A, normal A as 1")
def numbers_only(w: Wire) -> None:
    """A firewall makes up the numbers of both ends."""
    renumber(w, **SHIFT).open().a("P.", 10).b(".").close().idle(9000)


@hard("normal B, normal B as 1")
def numbers_of_a_only(w: Wire) -> None:
    """It makes up A's only, as of a connection from within."""
    renumber(w, 3000000000, 0).open().a("P.", 10).b("P.", 20).a(".")
    w.close("B").idle(9000)


@hard("normal A, normal A as 1")
def numbers_of_b_only(w: Wire) -> None:
    """It makes up B's only, as of one from without: the SYNs are the same."""
    renumber(w, 0, 3000000000).open().a("P.", 10).b("P.", 20).a(".").close()


@hard("normal A, normal A as 1")
def numbers_without_octets(w: Wire) -> None:
    """Nothing is sent in it."""
    renumber(w, **SHIFT).open().close()


@hard("normal A, normal A as 1")
def numbers_of_a_only_opened_before(w: Wire) -> None:
    """The same firewall, after the connection was opened."""
    renumber(w, 3000000000, 0).open(seen=False)
    w.a("P.", 10).b("P.", 20).a(".").close().idle(9000)


@broken("simultaneous both", "fin-moved A inconclusive")
def numbers_moved_by_little(w: Wire) -> None:
    """It moves A's by a thousand: both sides look like one connection."""
    renumber(w, 2**32 - 1000, 0).open(seen=False)
    w.a("P.", 10).b("P.", 20).a(".").a("P.", 10).b(".").close()


@broken("closing A", "fin-moved A violation")
def fin_moved_opened_before(w: Wire) -> None:
    """A's FIN moves itself, after an ACK of B that was overtaken."""
    w.open(seen=False).a("P.", 10).a("P.", 10).b("P.", 10)
    w.b(".", ack=11).a("F.").wait(300).a("FP.", 50, seq=21)
    w.b(".").b("F.").a(".")


@broken("normal A", "ack-unsent B inconclusive")
def numbers_seen_late(w: Wire) -> None:
    """Of the other side, all before the ACK of A's FIN is not captured."""
    w.open().a("P.", 10).b(".").a("F.")
    renumber(w, 5000, 0).b(".").b("F.").a(".").idle(9000)


@broken("half-closed A", "ack-unsent A inconclusive")
def numbers_seen_with_a_fin(w: Wire) -> None:
    """It begins with A's FIN, again, which was missed on this side."""
    w.open().a("P.", 10).b(".").a("F.").b(".").wait(300)
    renumber(w, 0, 5000).a("F.", seq=11)
    del w.frames[-2]


@broken("normal A", "ack-unsent B violation")
def fin_ack_high_at_a_box(w: Wire) -> None:
    """No box adds but one, and B is wrong on both sides."""
    renumber(w, 0, 0).open().a("P.", 10).b(".").a("F.").b(".", ack=13)
    w.wait(300).b(".", ack=12).b("F.", ack=12).a(".")


@hard("normal A, normal A as 1, normal A, normal A as 3")
def numbers_twice(w: Wire) -> None:
    """The port is used again, in TIME-WAIT, and numbered anew again."""
    renumber(w, **SHIFT).open().a("P.", 10).b(".").close().wait(3000)
    w.anew(90000, 5000000).open().b("P.", 10).a(".").close()


@hard("normal A, normal A as 1")
def numbers_and_losses(w: Wire) -> None:
    """Segments are lost before the firewall, in it and behind it."""
    renumber(w, **SHIFT).a("S", passes=False).wait(1000).a("S", seq=0)
    w.b("S.").wait(1000).b("S.", seq=0).a(".")
    w.a("P.", 700, passes=False).a("P.", 700).b(".", ack=1)
    w.wait(200).a("P.", 700, seq=1).b(".").a("P.", 9).wait(300)
    w.a("P.", 9, seq=1401).b(".").a("F.").wait(300).a("F.", seq=1410)
    w.b("F.", passes=False).wait(300).b("F.", seq=1).a(".")


@hard("aborted A, aborted A as 1")
def numbers_aborted_by_a(w: Wire) -> None:
    """A's RST without ACK has the same number on both sides."""
    renumber(w, 0, 3000000000).open().a("P.", 10).b(".").a("R").idle(9000)


@hard("aborted B, aborted B as 1")
def numbers_aborted_by_b(w: Wire) -> None:
    """B's RST without ACK has another."""
    renumber(w, **SHIFT).open().a("P.", 10).b(".").b("R").idle(9000)


@hard("refused B, refused B")
def numbers_refused(w: Wire) -> None:
    """The SYN is answered by an RST, whose own number is 0."""
    renumber(w, 3000000000, 0).a("S").b("R.", seq=-700000).idle(9000)


@hard("unanswered none, unanswered none")
def numbers_unanswered(w: Wire) -> None:
    """And by nothing."""
    renumber(w, **SHIFT).a("S").wait(1000).a("S", seq=0).idle(9000)


@broken("normal A, normal A as 1", "data-after-fin A violation",
        "data-after-fin A violation")
def numbers_and_data_after_fin(w: Wire) -> None:
    """What A does wrong is seen on both sides."""
    renumber(w, **SHIFT).open().a("F.").b(".").a("P.", 4).b(".", ack=2)
    w.b("F.").a(".")


@broken("vanished A, open none as 1", "fin-never-acked A note",
        "not-passed A suspicious")
def numbers_and_fin_not_passed(w: Wire) -> None:
    """A's FIN, sent again and again, does not pass the firewall."""
    renumber(w, **SHIFT).open().a("P.", 10).b(".").a("F.", passes=False)
    for ms in (200, 400, 800, 1600):
        w.wait(ms).a("F.", seq=11, passes=False)


@broken("aborted A, open none as 1", "not-passed A inconclusive")
def numbers_and_reset_not_passed(w: Wire) -> None:
    """A's RST is not seen beyond it."""
    renumber(w, **SHIFT).open().a("P.", 10).b(".").a("R.", passes=False)
    w.idle(9000)


def proxied(w: Wire, a: int, b: int, win: int = 1000) -> Wire:
    """A firewall answers A's SYN in B's name, and then opens to B itself."""
    near = dict(w.isn)
    w.a("S").b("S.", win=win).a(".")
    w.anew(near["A"] + a, near["B"] + b).open()
    w.isn = near
    return renumber(w, a, b)


@hard("normal A, normal A as 1")
def proxied_syn(w: Wire) -> None:
    """A's own number goes on to B, as of Linux's SYNPROXY; then A may send."""
    proxied(w, 0, 200000, win=0).b(".", passes=False)
    w.a("P.", 10).b(".").b("P.", 70).a(".").close().idle(9000)


@hard("normal B, normal B as 1")
def proxied_syn_renumbered(w: Wire) -> None:
    """The proxy's SYN has a number of its own, as of pf's synproxy."""
    proxied(w, **SHIFT).a("P.", 10).b(".").b("P.", 70).a(".").close("B")


@hard("normal A, normal A as 1")
def proxied_syn_amid(w: Wire) -> None:
    """The capture begins with the proxy's answer."""
    proxied(w, 0, 3000000000).a("P.", 10).b(".").b("P.", 70).a(".").close()
    del w.frames[0]


@broken("normal A, normal A as 1", "data-after-fin A violation",
        "data-after-fin A violation")
def proxied_syn_and_data_after_fin(w: Wire) -> None:
    """What A does wrong is seen on both sides of the proxy."""
    proxied(w, 0, 200000).a("F.").b(".").a("P.", 4).b(".", ack=2)
    w.b("F.").a(".")


@broken("normal A, open none", "data-after-fin A violation")
def answer_of_a_restarted_end(w: Wire) -> None:
    """A's SYN comes again, late; B, which began anew, answers it.

    A proxy would go on with both numbers; here the second is never taken.
    """
    w.open().a("S", seq=0)
    w.isn["B"] += 200000
    w.b("S.", seq=0, ack=1)
    w.isn["B"] -= 200000
    w.a(".").a("F.").b(".").a("P.", 4).b(".", ack=2).b("F.").a(".")


@hard("aborted B, open none")
def reset_by_a_restarted_end(w: Wire) -> None:
    """The same, and B resets what A says of the connection before."""
    w.open().a("S", seq=0)
    w.isn["B"] += 200000
    w.b("S.", seq=0, ack=1)
    w.isn["B"] -= 200000
    w.a(".").b("R")


@hard("unanswered none, normal A")
def syn_with_another_number(w: Wire) -> None:
    """A itself tries again at once, from the same port."""
    w.a("S").wait(300).anew(5000000, 700000).open().a("P.", 10).b(".").close()


@hard("unanswered none, normal A")
def syn_with_a_lower_number(w: Wire) -> None:
    """The number of the SYN before comes to be within the connection's."""
    w.a("S").wait(300).anew(600, 700000).open()
    w.a("P.", 900).b(".").a("P.", 900).a("P.", 300, seq=301).b(".").close()


@hard("normal A")
def answer_with_another_number(w: Wire) -> None:
    """B made its number from a cookie, of which A's SYN had two."""
    w.a("S").wait(1000).a("S", seq=0).b("S.").wait(1000).b("S.", seq=64)
    w.next["B"] = 1
    w.a(".").a("P.", 10).b(".").close()


@hard("open none, aborted A")
def old_duplicate_syn(w: Wire) -> None:
    """A's SYN is overtaken by an old one of its own (RFC 9293, figure 8)."""
    w.a("S").anew(3000000000, 700000).a("S").b("S.").a("R")
    w.isn, w.next = {"A": 1000, "B": 800000}, {"A": 1, "B": 0}
    w.b("S.").a(".")


@hard("open none")
def answer_after_reset(w: Wire) -> None:
    """A's SYN comes again after its RST, and B's answer is another one."""
    w.a("S").b("S.").a("R").a("S", seq=0)
    w.isn["B"], w.next["B"] = 900000, 0
    w.b("S.").a(".")
