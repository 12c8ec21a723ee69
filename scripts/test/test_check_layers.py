"""What lastack check finds behind every link type and in every tunnel."""

import pathlib
import struct
from typing import Callable, Dict, List, Tuple

import lastack
import pytest
import wild
from check import check, document, healthy, rules
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.contrib.geneve import GENEVE
from scapy.contrib.gtp import GTP_U_Header
from scapy.contrib.mpls import MPLS
from scapy.layers.dot11 import Dot11, RadioTap
from scapy.layers.l2 import ARP, GRE, LLC, SNAP, Dot1AD, Dot1Q, Ether
from scapy.layers.ppp import HDLC, PPP, PPPoE
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw
from wild import MACS, Talk

Wrap = Callable[[Packet], bytes]
OUTER = {"src": "198.51.100.1", "dst": "198.51.100.2"}
OUTER6 = {"src": "2001:db8:1::1", "dst": "2001:db8:1::2"}


def eth(packet: Packet) -> Packet:
    """Put it in an Ethernet frame."""
    return Ether(**MACS) / packet


def kind(packet: Packet) -> int:
    """Its EtherType."""
    return 0x86dd if IPv6 in packet else 0x0800


def wlan(packet: Packet) -> Packet:
    """Put it in a data frame of 802.11."""
    return (Dot11(type=2, subtype=0, FCfield="to-DS", addr1=MACS["dst"],
                  addr2=MACS["src"], addr3=MACS["dst"])
            / LLC(dsap=0xaa, ssap=0xaa, ctrl=3)
            / SNAP(OUI=0, code=kind(packet)) / packet)


def nflog(packet: Packet) -> bytes:
    """Put it in a message of netfilter's log."""
    data = bytes(packet)
    head = struct.pack("<BBH", 10 if IPv6 in packet else 2, 0, 0)
    return (head + struct.pack("<HHI", 8, 10, 0)
            + struct.pack("<HH", len(data) + 4, 9) + data)


LINKS: Dict[str, Tuple[int, Wrap]] = {
    "QinQ": (1, lambda p: bytes(Ether(**MACS) / Dot1AD(vlan=7) / Dot1Q(vlan=8)
                                / Dot1Q(vlan=9) / p)),
    "MPLS": (1, lambda p: bytes(Ether(**MACS) / MPLS(label=16, s=0)
                                / MPLS(label=17, s=1) / p)),
    "PPPoE": (1, lambda p: bytes(
        Ether(**MACS) / PPPoE(sessionid=1)
        / PPP(proto=0x57 if IPv6 in p else 0x21) / p)),
    "PPP": (9, lambda p: bytes(HDLC() / PPP(
        proto=0x57 if IPv6 in p else 0x21) / p)),
    "HDLC": (104, lambda p: struct.pack(">BBH", 0xf, 0, kind(p)) + bytes(p)),
    "Frame Relay": (107, lambda p: b"\x18\x41\x03" + (
        b"\x8e" if IPv6 in p else b"\xcc") + bytes(p)),
    "SLIP": (8, lambda p: b"\0\x40" + bytes(14) + bytes(p)),
    "802.11": (105, lambda p: bytes(wlan(p))),
    "radiotap": (127, lambda p: bytes(RadioTap() / wlan(p))),
    "NFLOG": (239, nflog),
    "PKTAP": (258, lambda p: struct.pack("<III96x", 108, 1, 1)
              + bytes(eth(p))),
}
TUNNELS: Dict[str, Tuple[int, Wrap]] = {
    "IP in IPv4": (1, lambda p: bytes(eth(IP(**OUTER) / p))),
    "IP in IPv6": (1, lambda p: bytes(eth(IPv6(**OUTER6) / p))),
    "GRE": (1, lambda p: bytes(eth(IP(**OUTER) / GRE() / p))),
    "GRE, key, Ethernet": (1, lambda p: bytes(
        eth(IPv6(**OUTER6) / GRE(key_present=1, key=7, proto=0x6558)
            / eth(p)))),
    "VXLAN": (1, lambda p: bytes(
        eth(IP(**OUTER) / UDP(sport=50000, dport=4789)
            / VXLAN(vni=42, flags=8) / eth(p)))),
    "Geneve": (1, lambda p: bytes(
        eth(IP(**OUTER) / UDP(sport=50000, dport=6081)
            / GENEVE(vni=42, proto=0x6558) / eth(p)))),
    "GTP-U": (1, lambda p: bytes(
        eth(IP(**OUTER) / UDP(sport=2152, dport=2152)
            / GTP_U_Header(teid=1, gtp_type=255) / p))),
}
ALL = {**LINKS, **TUNNELS}


def capture(path: pathlib.Path, name: str,
            packets: List[Packet]) -> pathlib.Path:
    """Write the packets as frames that are so encapsulated."""
    link, wrap = ALL[name]
    return wild.write(path / "x", wild.pcap([wrap(p) for p in packets], link))


@pytest.mark.parametrize("six", (False, True))
@pytest.mark.parametrize("name", ALL)
def test_inside(tmp_path: pathlib.Path, name: str, six: bool) -> None:
    """A healthy connection, and one with data after its FIN."""
    doc = document(capture(tmp_path, name, Talk(six=six).whole().packets))
    healthy(doc)
    doc = document(capture(tmp_path, name, Talk(six=six).late().packets),
                   status=1)
    assert rules(doc) == ["data-after-fin"]
    assert doc["flows"][0]["segments"] == 9
    assert sum(doc["skipped"].values()) == 0


@pytest.mark.parametrize("name", TUNNELS)
def test_outer(tmp_path: pathlib.Path, name: str) -> None:
    """With --outer nothing is seen in a tunnel."""
    path = capture(tmp_path, name, Talk().late().packets)
    doc = document(path, "--outer")
    assert doc["flows"] == [] and doc["skipped"]["not_tcp"] == 9


@pytest.mark.parametrize("name", LINKS)
def test_outer_of_a_link(tmp_path: pathlib.Path, name: str) -> None:
    """A link's own header is no tunnel."""
    doc = document(capture(tmp_path, name, Talk().late().packets), "--outer",
                   status=1)
    assert rules(doc) == ["data-after-fin"]


@pytest.mark.parametrize("name", ALL)
def test_snap_length(tmp_path: pathlib.Path, name: str) -> None:
    """Payloads that were not captured raise no findings."""
    link, wrap = ALL[name]
    talk = Talk().open().say("A", "PA", 1, 1, b"x" * 900)
    talk.say("B", "A", 1, 901).say("A", "FA", 901, 1).say("B", "FA", 1, 902)
    data = [wrap(p) for p in talk.say("A", "A", 902, 2).packets]
    doc = document(wild.write(tmp_path / "x", wild.pcap(
        data, link, snap=300, lengths=[len(f) for f in data])))
    healthy(doc)
    assert sum(doc["skipped"].values()) == 0


LOOKALIKES: Dict[str, Packet] = {
    "VXLAN's port": UDP(sport=53, dport=4789) / Raw(
        b"\x12\x34\x81\x80\0\1\0\1\0\0\0\0\3www\2de\0\0\1\0\1"),
    "a network's number only": UDP(sport=53, dport=4789) / VXLAN(
        vni=42, flags=8) / Raw(b"\xff" * 60),
    "from VXLAN's port": UDP(sport=4789, dport=53) / VXLAN(
        vni=42, flags=8) / eth(Talk().late().packets[0]),
    "Geneve's port": UDP(sport=1, dport=6081) / Raw(b"\x40" * 80),
    "GTP's port": UDP(sport=1, dport=2152) / Raw(
        b"\x30\xff\0\1\0\0\0\1" + bytes(Talk().late().packets[0])),
    "UDP": UDP(sport=1, dport=9999) / VXLAN(vni=42, flags=8)
           / eth(Talk().late().packets[0]),
    "GRE of another protocol": GRE(proto=0x1234) / Talk().late().packets[0],
}


@pytest.mark.parametrize("name", LOOKALIKES)
def test_look_alikes(tmp_path: pathlib.Path, name: str) -> None:
    """What only looks like a tunnel is not TCP, and nothing is said of it."""
    data = [bytes(eth(IP(**OUTER) / LOOKALIKES[name])), bytes(eth(ARP()))]
    data += wild.frames(Talk().whole().packets)
    doc = document(wild.write(tmp_path / "x", wild.pcap(data)))
    healthy(doc)
    assert doc["skipped"]["not_tcp"] == 2 and doc["skipped"]["malformed"] == 0


def test_ladder_and_write(tmp_path: pathlib.Path) -> None:
    """The inner segments are drawn, the outer frames are kept."""
    path = capture(tmp_path, "VXLAN", Talk().late().packets)
    done = check("--ladder", "--write", tmp_path / "out.pcapng", path)
    assert "P.  seq 2:6 ack 1" in done.stdout
    doc = document(tmp_path / "out.pcapng", status=1)
    assert rules(doc) == ["data-after-fin"]
    assert doc["packets"] == 9


def test_unknown_link(tmp_path: pathlib.Path) -> None:
    """A link type that is not read is bad input, by name and number."""
    path = wild.write(tmp_path / "x", wild.pcap([b"x" * 60], 288))
    done = check(path)
    assert done.returncode == 2
    assert "USB_2_0 (288)" in done.stderr and done.stderr.count("\n") == 1
    assert lastack.run("check", "--help").returncode == 0
