"""Connections of a capture as a picture, and as a page."""

from __future__ import annotations

import html.parser
import pathlib
from typing import List
from xml.etree import ElementTree

import browser
import lastack
import pytest
import wild
from check import check, document
from wild import Talk

SVG = "{http://www.w3.org/2000/svg}"


class Page(html.parser.HTMLParser):
    """What is on a page: its ids, links, texts, and pictures as XML."""

    EMPTY = {"meta", "br", "path", "circle", "rect"}

    def __init__(self, path: pathlib.Path) -> None:
        super().__init__()
        self.open: List[str] = []
        self.ids, self.links, self.texts = [], [], []
        self.whole = path.read_text()
        self.feed(self.whole)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        named = dict(attrs)
        self.ids += [named["id"]] if "id" in named else []
        self.links += [named["href"]] if "href" in named else []
        if tag not in self.EMPTY and not self.get_starttag_text().endswith("/>"):
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        if tag in ("path", "circle", "rect"):  # closed where they begin
            return
        while self.open[-1] in ("p", "html") and self.open[-1] != tag:
            self.open.pop()
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        self.texts.append(data)

    def pictures(self) -> List[ElementTree.Element]:
        """Each ladder."""
        return [ElementTree.fromstring(f"<svg {part.split('</svg>')[0]}</svg>")
                for part in self.whole.split("<svg ")[1:]]


def texts_of(svg: ElementTree.Element) -> List[str]:
    """What is written in a picture."""
    return ["".join(text.itertext()) for text in svg.iter(f"{SVG}text")]


@pytest.fixture(name="three")
def three_fixture(tmp_path: pathlib.Path) -> pathlib.Path:
    """Two healthy connections, and between them one that is not."""
    packets = Talk().whole().packets + Talk(sport=40001).late().packets + \
        Talk(sport=40002).whole().packets
    return wild.write(tmp_path / "<b>three & more.pcap",
                      wild.pcap(wild.frames(packets)))


def test_flow_by_number(three: pathlib.Path) -> None:
    """`--flow N` is the connection that is listed as number N, alone."""
    for number, status in (1, 0), (2, 1), (3, 0):
        (flow,) = document(three, "--flow", number, status=status)["flows"]
        assert flow["id"] == number
    for number in "4", "0", "-1", "4294967296", "1x":
        done = check("--flow", number, three)
        assert done.returncode == lastack.BAD
        assert done.stderr.count("\n") == 1


def test_picture(three: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """What is wrong is marked at its frame, and said below it."""
    svg = tmp_path / "out.svg"
    assert check(three, "--svg", svg).returncode == lastack.NOT_OK
    (finding,) = [f for flow in document(three, status=1)["flows"]
                  for f in flow["findings"]]
    root = ElementTree.parse(svg).getroot()
    said = " ".join(texts_of(root))
    assert "connection 2: A 192.0.2.1:40001" in said
    assert finding["rule"] in said and f"#{finding['frame']} " in said
    (outline,) = [row for row in root.iter(f"{SVG}g")
                  if row.find(f"{SVG}rect") is not None]
    assert f"#{finding['frame']}" in texts_of(outline)
    assert check(three, "--svg", svg, "--all").returncode == lastack.NOT_OK
    said = texts_of(ElementTree.parse(svg).getroot())
    assert sum(text.startswith("connection ") for text in said) == 3


def test_picture_says_what_the_ladder_says(whole: pathlib.Path,
                                           tmp_path: pathlib.Path) -> None:
    """Segments and times are those of the text."""
    svg = tmp_path / "out.svg"
    done = check(whole, "--flow", 1, "--ladder", "--svg", svg)
    said = texts_of(ElementTree.parse(svg).getroot())
    times = [line.split("# +")[1][:-2] for line in done.stdout.splitlines()
             if "# +" in line]
    assert [text for text in said
            if text.replace(".", "").isdigit()] == times and times


def test_page(three: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """The findings first, then every connection with its ladder."""
    out = tmp_path / "out.html"
    done = check(three, three, "--html", out)
    assert done.returncode == lastack.NOT_OK, done.stderr
    page = Page(out)
    assert page.open in ([], ["html"])
    assert page.ids == [f"c{file}-{flow}" for file in range(2)
                        for flow in (1, 2, 3)]
    assert page.links == ["#c0-2", "#c1-2"]
    assert page.texts.count(str(three)) == 2  # as text
    found = page.whole.index("<h3>Findings")
    assert found < page.whole.index("data-after-fin") < page.whole.index("<svg")
    pictures = page.pictures()
    assert len(pictures) == 6
    assert "#1" in texts_of(pictures[0])
    assert not any("data-after-fin" in text for text in texts_of(pictures[0]))
    assert any("data-after-fin" in text for text in texts_of(pictures[1]))
    assert "<script" not in page.whole and "<b>three" not in page.whole


def test_page_of_what_is_picked(three: pathlib.Path,
                                tmp_path: pathlib.Path) -> None:
    """Options that pick connections do so for the page; damage is told."""
    out = tmp_path / "out.html"
    check(three, "--flow", "192.0.2.1:40002", "--html", out)
    assert Page(out).ids == ["c0-1"]
    check(three, "--only", "violation", "--html", out)
    assert Page(out).ids == ["c0-2"]
    cut = wild.write(tmp_path / "cut.pcap", three.read_bytes()[:-10])
    done = check(cut, "--html", out)
    assert done.returncode == lastack.BAD
    assert "not read to its end" in out.read_text()
    assert len(Page(out).ids) == 3


def test_many(tmp_path: pathlib.Path) -> None:
    """Of too many, those with findings are on the page in any case."""
    packets = []
    for port in range(1100):
        packets += Talk(sport=20000 + port).whole().packets
    packets += Talk(sport=40001).late().packets
    many = wild.write(tmp_path / "many.pcap", wild.pcap(wild.frames(packets)))
    out = tmp_path / "out.html"
    assert check(many, "--html", out).returncode == lastack.NOT_OK
    page = Page(out)
    assert len(page.ids) == 1001 and page.ids[-1] == "c0-1101"
    assert len(page.pictures()) == 1001
    assert "100 more connections are not here" in page.whole


REFUSED = {
    "goes without": ["--html", "x.html", "--svg", "x.svg"],
    "--jobs does not go": ["--jobs", "2", "--svg", "x.svg"],
    "files, not an interface": ["-i", "lo", "--html", "x.html"],
    "no connection is drawn": ["--svg", "x.svg"],
    "is the file that is read": ["--html"],
}


@pytest.mark.parametrize("expected", REFUSED)
def test_refused(expected: str, whole: pathlib.Path,
                 tmp_path: pathlib.Path) -> None:
    """What cannot be is one line, and writes nothing."""
    args = REFUSED[expected]
    if "-i" not in args:
        args = [*args, whole, *([whole] if args == ["--html"] else [])]
    before = whole.read_bytes()
    done = lastack.run("check", *args, cwd=tmp_path)
    assert done.returncode == lastack.BAD
    assert expected in done.stderr and done.stderr.count("\n") == 1
    assert whole.read_bytes() == before
    assert not list(tmp_path.glob("x.*"))


def test_in_a_browser(three: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """It shows without a complaint, and is no wider than a phone."""
    if browser.missing():
        pytest.skip(browser.missing())
    out = tmp_path / "out.html"
    check(three, "--html", out)
    window = browser.Browser(tmp_path / "chromium", browser.PHONE)
    try:
        window.open(out)
        assert window.complaints() == []
        assert [url for url in window.requests()
                if url not in (out.as_uri(), "about:blank")] == []
        assert window.js("return document.documentElement.scrollWidth <= "
                         "document.documentElement.clientWidth")
        window.js("document.querySelector('tbody a').click()")
        assert window.js("return document.getElementById('c0-2').open")
        window.picture(tmp_path / "phone.png")
    finally:
        window.close()
