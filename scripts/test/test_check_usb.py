"""What lastack check finds in USB transfers, and what it leaves alone."""

import pathlib
import random
import shutil
import struct
import subprocess
from typing import Dict, List

import pytest
import usb
import wild
from check import check, document, healthy, rules
from scapy.layers.dot11 import Dot11
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import ARP, LLC, SNAP, Dot1Q, Ether
from scapy.packet import Packet, Raw
from wild import MACS, Talk

LINUX = usb.SYSTEMS["usbmon, mmapped"][0]
FREEBSD = usb.SYSTEMS["FreeBSD"][0]


def capture(path: pathlib.Path, data: List[bytes], link: int = LINUX,
            **more: object) -> pathlib.Path:
    """A capture of transfers."""
    return wild.write(path / "x", wild.pcap(data, link, **more))


def turns() -> List[Packet]:
    """A healthy connection whose ends send several segments at a time."""
    talk = Talk().open()
    talk.say("A", "A", 1, 1, b"x" * 500).say("A", "PA", 501, 1, b"y" * 33)
    talk.say("A", "PA", 534, 1, b"z").say("B", "A", 1, 501)
    talk.say("B", "A", 1, 535).say("B", "PA", 1, 535, b"w" * 1400)
    talk.say("A", "A", 535, 1401).say("A", "FA", 535, 1401)
    talk.say("B", "A", 1401, 536).say("B", "FA", 1401, 536)
    return talk.say("A", "A", 536, 1402).packets


@pytest.mark.parametrize("six", (False, True))
@pytest.mark.parametrize("form", usb.FORMATS)
@pytest.mark.parametrize("system", usb.SYSTEMS)
def test_inside(tmp_path: pathlib.Path, system: str, form: str, six: bool,
                ) -> None:
    """A healthy connection, and one with data after its FIN."""
    link = usb.SYSTEMS[system][0]
    data = usb.transfers(system, form, Talk(six=six).whole().packets)
    healthy(document(capture(tmp_path, data, link)))
    data = usb.transfers(system, form, Talk(six=six).late().packets)
    path = capture(tmp_path, data, link)
    doc = document(path, status=1)
    assert rules(doc) == ["data-after-fin"]
    assert doc["flows"][0]["segments"] == 9
    assert sum(doc["skipped"].values()) == 0
    doc = document(path, "--outer")
    assert doc["flows"] == [] and doc["skipped"]["not_tcp"] == 9


@pytest.mark.parametrize("threads", ("1", "2"))
@pytest.mark.parametrize("form", usb.MANY)
@pytest.mark.parametrize("system", usb.SYSTEMS)
def test_several(tmp_path: pathlib.Path, system: str, form: str, threads: str,
                 ) -> None:
    """Several segments in a transfer: all are judged, in their order."""
    data = usb.transfers(system, form, turns(), most=9)
    assert len(data) == 7
    doc = document(capture(tmp_path, data, usb.SYSTEMS[system][0]),
                   "--threads", threads)
    healthy(doc)
    assert doc["packets"] == 7 and sum(doc["skipped"].values()) == 0
    flow = doc["flows"][0]
    assert (flow["segments"], flow["last_frame"]) == (14, 7)
    assert (flow["octets_a"], flow["octets_b"]) == (534, 1400)


@pytest.mark.skipif(not shutil.which("tshark"), reason="no tshark")
@pytest.mark.parametrize("form", [f for f in usb.MANY if f[0] in "NM"])
@pytest.mark.parametrize("system", sorted(set(usb.SYSTEMS) - {"FreeBSD"}))
def test_tshark(tmp_path: pathlib.Path, system: str, form: str) -> None:
    """tshark, which knows NCM's blocks by their look, sees these segments."""
    data = usb.transfers(system, form, turns(), most=9)
    path = capture(tmp_path, data, usb.SYSTEMS[system][0])
    seen = subprocess.run(
        ["tshark", "-n", "-r", str(path), "-T", "fields", "-e", "tcp.len"],
        check=True, capture_output=True, encoding="utf-8").stdout
    octets = [int(n) for n in seen.replace(",", " ").split()]
    flow = document(path)["flows"][0]
    assert flow["segments"] == len(octets) == 14
    assert flow["octets_a"] + flow["octets_b"] == sum(octets)


@pytest.mark.skipif(not shutil.which("tshark"), reason="no tshark")
def test_tshark_freebsd(tmp_path: pathlib.Path) -> None:
    """tshark leaves the parts as they are, but finds the same ones."""
    parts = [b"x" * n for n in (60, 0, 1, 1514)]
    data = [usb.freebsd(parts[0], True, more=tuple(parts[1:])),
            usb.freebsd(parts[3], False)]
    seen = subprocess.run(
        ["tshark", "-n", "-r", str(capture(tmp_path, data, FREEBSD)), "-T",
         "fields", "-e", "usb.frame.length", "-e", "usb.endpoint_address"],
        check=True, capture_output=True, encoding="utf-8").stdout
    assert seen == "60,0,1,1514\t0x02\n1514\t0x81\n"


@pytest.mark.parametrize("form", usb.MANY)
def test_many(tmp_path: pathlib.Path, form: str) -> None:
    """Forty connections at once, and frames of something else between."""
    talks = [Talk(sport=40000 + i).whole().packets for i in range(40)]
    data = []
    for step in zip(*talks):
        packets = list(step)
        if form != "MBIM":
            packets[20:20] = [IP(src=step[0].src) / UDP() / Raw(b"?" * 20)]
        data.append(usb.linux(usb.FORMATS[form](packets),
                              usb.is_out(step[0]), mmapped=True))
    doc = document(capture(tmp_path, data))
    assert len(doc["flows"]) == 40
    assert {flow["ending"] for flow in doc["flows"]} == {"normal"}
    assert not any(flow["findings"] for flow in doc["flows"])
    assert sum(doc["skipped"].values()) == 0 and doc["packets"] == len(data)


TABLES_LAST = ("NCM, table last", "NCM, wide, tables")


@pytest.mark.parametrize("form", sorted(
    set(usb.FORMATS) - set(TABLES_LAST)))
def test_snap_length(tmp_path: pathlib.Path, form: str) -> None:
    """Payloads that were not captured raise no findings."""
    talk = Talk().open().say("A", "PA", 1, 1, b"x" * 900)
    talk.say("B", "A", 1, 901).say("A", "FA", 901, 1).say("B", "FA", 1, 902)
    data = usb.transfers("usbmon, mmapped", form,
                         talk.say("A", "A", 902, 2).packets)
    healthy(document(capture(tmp_path, data, snap=300,
                             lengths=[len(d) for d in data])))
    # Nor when the system itself has captured less, and says so.
    less = [d[:36] + struct.pack("<I", min(len(d) - 64, 200)) + d[40:264]
            for d in data]
    healthy(document(capture(tmp_path, less)))


@pytest.mark.parametrize("form", TABLES_LAST)
def test_table_not_captured(tmp_path: pathlib.Path, form: str) -> None:
    """Where the frames are was not captured: the transfer is truncated."""
    data = usb.transfers("usbmon, mmapped", form, Talk().say(
        "A", "PA", 1, 1, b"x" * 900).packets)
    doc = document(capture(tmp_path, data, snap=300, lengths=[len(data[0])]))
    assert doc["flows"] == [] and doc["skipped"]["truncated"] == 1


def test_ladder_and_write(tmp_path: pathlib.Path) -> None:
    """All segments of a transfer are drawn, and it is kept once."""
    talk = Talk().open().say("A", "FA", 1, 1).say("A", "PA", 2, 1, b"late")
    talk.say("B", "A", 1, 2).say("B", "FA", 1, 2).say("A", "A", 6, 2)
    data = usb.transfers("usbmon", "RNDIS", talk.packets, most=9)
    path = capture(tmp_path, data, 189)
    done = check("--ladder", "--write", tmp_path / "out.pcapng", path)
    assert "P.  seq 2:6 ack 1" in done.stdout
    doc = document(tmp_path / "out.pcapng", status=1)
    assert rules(doc) == ["data-after-fin"]
    assert doc["packets"] == len(data) and doc["flows"][0]["segments"] == 8


def scsi(rng: random.Random) -> bytes:
    """A command of mass storage, its status, or a block of some file."""
    kind = rng.randrange(8)
    if kind == 0:
        return b"USBC" + rng.randbytes(27)
    if kind == 1:
        return b"USBS" + rng.randbytes(9)
    if kind == 2:
        return bytes(512 * rng.choice((1, 8)))
    if kind == 3:  # a capture file's own blocks: frames, not alone
        frame = usb.ethernet(Talk().late().packets[4:5])[0]
        return (frame + struct.pack("<IIII", 0, 0, 60, 60)) * 7
    if kind == 4:  # a table of small numbers
        return struct.pack("<128I", *[rng.randrange(1 + i % 99)
                                      for i in range(128)])
    if kind == 5:
        return struct.pack("<11I", 1, 44 + 60, 36, 60, *[0] * 7)
    if kind == 6:
        return b"NCMH" + rng.randbytes(508)
    return rng.randbytes(rng.choice((36, 64, 512, 1024)))


@pytest.mark.parametrize("system", usb.SYSTEMS)
def test_mass_storage(tmp_path: pathlib.Path, system: str) -> None:
    """A disk's transfers are not TCP, damaged or cut, whole or not."""
    rng = random.Random(3)
    link, wrap = usb.SYSTEMS[system]
    data = [wrap(scsi(rng), rng.random() < 0.5) for _ in range(3000)]
    for snap in (65535, len(wrap(b"", True)) + 32):
        doc = document(capture(tmp_path, data, link, snap=snap,
                               lengths=[len(d) for d in data]))
        assert doc["flows"] == []
        assert doc["skipped"]["not_tcp"] == doc["packets"] == 3000


def long_message(frame: bytes, **change: int) -> bytes:
    """A message of Remote NDIS, one of whose numbers is not right."""
    words = {"kind": 1, "length": 44 + len(frame), "offset": 36,
             "octets": len(frame), "oob": 0, "oob_len": 0, "oobs": 0,
             "info": 0, "info_len": 0, "handle": 0, "reserved": 0, **change}
    return struct.pack("<11I", *words.values()) + frame


FRAME = usb.ethernet(Talk().late().packets[:1])[0]
OTHERS: Dict[str, bytes] = {
    "RNDIS, another message": long_message(FRAME, kind=2),
    "RNDIS, too long": long_message(FRAME, length=45 + len(FRAME)),
    "RNDIS, no room": long_message(FRAME, length=43),
    "RNDIS, offset": long_message(FRAME, offset=37),
    "RNDIS, far offset": long_message(FRAME, offset=0xffffffff),
    "RNDIS, octets": long_message(FRAME, octets=len(FRAME) + 1),
    "RNDIS, more octets": long_message(FRAME, octets=0xffffffff),
    "RNDIS, handle": long_message(FRAME, handle=1),
    "EEM, no sentinel": struct.pack("<H", len(FRAME) + 4) + FRAME + b"\1234",
    "EEM, too short": struct.pack("<H", len(FRAME) + 3) + FRAME
                      + b"\xde\xad\xbe\xef",
    "EEM, too long": struct.pack("<H", len(FRAME) + 5) + FRAME
                     + b"\xde\xad\xbe\xef",
    "EEM, commands alone": struct.pack("<HH", 0x8800, 0),
    "NCM, length": usb.block([FRAME]).replace(
        b"NCMH\x0c", b"NCMH\x0d"),
    "NCM, too long": usb.block([FRAME])[:-4],
    "NCM, of nothing": usb.block([FRAME]).replace(b"NCM0", b"NCM2"),
    "NCM, of a service": usb.block([FRAME], sign=b"DSS\0"),
    "NCM, empty": usb.block([]),
    "a longer frame": FRAME + bytes(7),
    "a shorter frame": usb.ethernet(Talk().say(
        "A", "PA", 1, 1, b"x" * 40).packets)[0][:-1],
    "ARP": bytes(Ether(**MACS) / ARP()).ljust(60, b"\0"),
    "TCP cut in its header": FRAME[:14] + bytes(
        IP(src="192.0.2.1", dst="192.0.2.2", proto=6) / Raw(b"x" * 12)),
    "TCP of a bad offset": FRAME[:46] + b"\x10" + FRAME[47:],
    "nothing": b"",
    "an octet": b"N",
}


@pytest.mark.parametrize("name", OTHERS)
def test_others(tmp_path: pathlib.Path, name: str) -> None:
    """What does not agree with itself is not TCP, and nothing is said."""
    data = usb.transfers("usbmon, mmapped", "ECM", Talk().whole().packets)
    data[3:3] = [usb.linux(OTHERS[name], False, mmapped=True)]
    doc = document(capture(tmp_path, data))
    healthy(doc)
    assert doc["skipped"]["not_tcp"] == 1
    assert sum(doc["skipped"].values()) == 1


NOT_BULK = {
    "control": usb.linux(FRAME, True, kind=usb.CONTROL, mmapped=True),
    "interrupt": usb.linux(FRAME, False, kind=usb.INTERRUPT, mmapped=True),
    "isochronous": usb.linux(FRAME, False, kind=usb.ISO, mmapped=True),
    "an OUT completed": usb.linux(FRAME, True, event="C", mmapped=True),
    "an error": usb.linux(FRAME, True, event="E", mmapped=True),
    "no data": usb.linux(b"", True, flag=ord(">"), mmapped=True),
    "data that cannot be had": usb.linux(FRAME, True, flag=ord("D"),
                                         mmapped=True),
}


@pytest.mark.parametrize("name", NOT_BULK)
def test_not_bulk(tmp_path: pathlib.Path, name: str) -> None:
    """Other events are passed by."""
    doc = document(capture(tmp_path, [NOT_BULK[name]]))
    assert doc["flows"] == [] and doc["skipped"]["not_tcp"] == 1


NOT_FREEBSD = {
    "control": usb.freebsd(FRAME, True, kind=usb.CONTROL),
    "interrupt": usb.freebsd(FRAME, False, kind=usb.INTERRUPT),
    "an OUT completed": usb.freebsd(FRAME, True, done=1),
    "an IN submitted": usb.freebsd(FRAME, False, done=0),
    "no parts": usb.freebsd(FRAME, True)[:28] + bytes(4) + usb.freebsd(
        FRAME, True)[32:],
    "parts that are not there": usb.freebsd(b"", True)[:28] + b"\xff" * 4
                                + usb.freebsd(b"", True)[32:],
}


@pytest.mark.parametrize("name", NOT_FREEBSD)
def test_not_bulk_freebsd(tmp_path: pathlib.Path, name: str) -> None:
    """Nor is what FreeBSD has of them."""
    doc = document(capture(tmp_path, [NOT_FREEBSD[name]], FREEBSD))
    assert doc["flows"] == [] and doc["skipped"]["not_tcp"] == 1


@pytest.mark.parametrize("threads", ("1", "2"))
@pytest.mark.parametrize("form", usb.FORMATS)
def test_parts(tmp_path: pathlib.Path, form: str, threads: str) -> None:
    """Several transfers at once, of several segments each if they can be."""
    packets = turns()
    groups = [packets[:1], packets[1:2], packets[2:6], packets[6:9],
              packets[9:11], packets[11:13], packets[13:]]
    data = []
    for group in groups:
        at = 2 if form in usb.MANY else 1
        parts = [usb.FORMATS[form](group[i:i + at])
                 for i in range(0, len(group), at)]
        parts[1:1] = [b"", b"\0" * 31]
        data.append(usb.freebsd(parts[0], usb.is_out(group[0]),
                                more=tuple(parts[1:])))
    doc = document(capture(tmp_path, data, FREEBSD), "--threads", threads)
    healthy(doc)
    assert doc["packets"] == 7 and sum(doc["skipped"].values()) == 0
    assert doc["flows"][0]["segments"] == 14
    cut = [frame[:-1] if i == 2 else frame for i, frame in enumerate(data)]
    healthy(document(capture(tmp_path, cut, FREEBSD,
                             lengths=[len(frame) for frame in data])))


def test_tags(tmp_path: pathlib.Path) -> None:
    """VLAN tags are no obstacle."""
    data = [usb.linux(bytes(Ether(**MACS) / Dot1Q(vlan=7) / p), usb.is_out(p),
                      mmapped=True) for p in Talk().whole().packets]
    healthy(document(capture(tmp_path, data)))


def test_amsdu(tmp_path: pathlib.Path) -> None:
    """Several frames in one of 802.11 are all judged."""
    data = []
    packets = turns()
    while packets:
        n = 1
        while n < len(packets) and packets[n].src == packets[0].src:
            n += 1
        head = bytes(Dot11(type=2, subtype=8, FCfield="to-DS",
                           addr1=MACS["dst"], addr2=MACS["src"],
                           addr3=MACS["dst"])) + b"\x80\0"
        body = b""
        for packet in packets[:n]:
            inner = bytes(LLC(dsap=0xaa, ssap=0xaa, ctrl=3)
                          / SNAP(OUI=0, code=0x800) / packet)
            body += bytes(-len(body) % 4) + bytes(Ether(**MACS))[:12]
            body += struct.pack(">H", len(inner)) + inner
        data.append(head + body)
        packets = packets[n:]
    doc = document(capture(tmp_path, data, 105))
    healthy(doc)
    assert doc["flows"][0]["segments"] == 14 and doc["packets"] == 7
    assert sum(doc["skipped"].values()) == 0
