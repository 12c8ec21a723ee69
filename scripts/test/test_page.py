"""The page that a run writes, in a browser; and what is in it, without one."""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any, Dict, Iterator
from urllib.parse import unquote
from xml.etree import ElementTree

import browser
import lastack
import pytest
from browser import Browser

CASE = "close/normal-a-first"
GRID = "grid/FIN-WAIT-2.attached"
SVG = "{http://www.w3.org/2000/svg}"
DATA = re.compile(r'<script id="data" type="application/json">\n(.*)\n'
                  r"</script>\n<script>\n", re.S)
FIXED, EACH = 200_000, 700  # octets of a page, and of a result on it


def data_of(page: pathlib.Path) -> Dict[str, Any]:
    """What the page's script is given."""
    return json.loads(DATA.search(page.read_text())[1])


@pytest.fixture(scope="module", name="out")
def out_fixture(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A run in which some are ok, deviate and are not ok."""
    out = tmp_path_factory.mktemp("page")
    lastack.run("run", "--quick", "--out", out, "--bug", "rst-ignored", "close",
                "reset", "loss", GRID)
    return out


@pytest.fixture(scope="module", name="chromium")
def chromium_fixture(
        tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser, of which nobody finds a complaint at the end."""
    if browser.missing():
        pytest.skip(browser.missing())
    window = Browser(tmp_path_factory.mktemp("chromium"))
    yield window
    window.close()


def found(chromium: Browser) -> int:
    """How many results the page says it has found."""
    return int(chromium.text("#found").split()[0])


def shown(chromium: Browser) -> list:
    """The names of the cases in the list."""
    return chromium.js("return [...document.querySelectorAll('#list tbody "
                       ".name')].map((e) => e.textContent)")


def is_quiet(chromium: Browser, page: pathlib.Path) -> None:
    """No complaint on the console, and no request but for the page."""
    assert chromium.complaints() == []
    others = [url for url in chromium.requests()
              if url.split("#")[0] not in (page.as_uri(), "about:blank")]
    assert not others


def test_has_all_results(out: pathlib.Path) -> None:
    """Each result is on the page, with its verdict, and its capture."""
    data, cases = data_of(out / "index.html"), lastack.cases(out)
    assert len(data["results"]) == len(cases)
    for row, case in zip(data["results"], cases):
        name, title = data["cases"][row[0]][:2]
        assert (name, title) == (case["name"], case["title"])
        assert data["verdicts"][row[1]] == case["verdict"]
        before, behind = data["places"][row[8]].split("\t")
        assert (out / (before + name + behind)).samefile(case["capture"])
    assert {case["verdict"] for case in cases} >= {"ok", "deviates", "not ok"}


def test_case_texts(out: pathlib.Path) -> None:
    """A case's lines are those of its file."""
    data = data_of(out / "index.html")
    for name, _title, _spec, path, lines in data["cases"]:
        if path.endswith(".fin"):
            text = "\n".join(data["lines"][i] for i in lines) + "\n"
            assert text == (lastack.ROOT / path).read_text(), name


def test_is_small(out: pathlib.Path) -> None:
    """A page grows by little with each result."""
    size = (out / "index.html").stat().st_size
    n = len(lastack.cases(out))
    print(f"{size} octets for {n} results")
    assert size < FIXED + EACH * n


def test_requirements(out: pathlib.Path) -> None:
    """What became of each requirement is what `coverage` says of the run."""
    done = lastack.run("coverage", "--format", "json", out)
    said = {row["id"]: row["run"]
            for row in json.loads(done.stdout)["requirements"]}
    data = data_of(out / "index.html")
    assert {row[0]: row[5] for row in data["requirements"]} == said


def test_verdicts_are_counted(out: pathlib.Path, chromium: Browser) -> None:
    """The buttons above count what results.json counts, and filter by it."""
    page, summary = out / "index.html", lastack.results(out)["summary"]
    chromium.open(page)
    for at, verdict in enumerate(("ok", "deviates", "not_ok")):
        button = f"document.querySelectorAll('#counts button')[{at}]"
        assert f" {summary[verdict]} " in chromium.js(
            f"return {button}.textContent")
        chromium.js(f"{button}.click()")
        assert found(chromium) == summary[verdict]
        chromium.js(f"{button}.click()")
    assert found(chromium) == len(lastack.cases(out))
    is_quiet(chromium, page)


def test_filter(out: pathlib.Path, chromium: Browser) -> None:
    """Words, requirement, state and event each leave what has them."""
    cases = lastack.cases(out)
    chromium.open(out / "index.html")
    chromium.type("q", "NORMAL-A first")
    assert set(shown(chromium)) == {
        c["name"] for c in cases if "normal-a-first" in c["name"]}
    chromium.type("q", "")
    chromium.type("req", "RFC9293-3.6-FIG12")
    want = {c["name"] for c in cases if "RFC9293-3.6-FIG12" in
            c["spec"] + [d["id"] for d in c["deviations"] + c["judge"]
                         if d.get("severity", "violation") == "violation"]}
    assert set(shown(chromium)) == want and want
    chromium.type("req", "")
    chromium.type("event", "rst-exact")
    assert set(shown(chromium)) == {
        c["name"] for c in cases if c["name"].split("/")[2:3] == ["rst-exact"]}
    chromium.type("event", "")
    chromium.type("state", "FIN-WAIT-2.attached")
    assert found(chromium) == sum(GRID in c["name"] for c in cases)
    chromium.type("where", "wire ipv6")
    assert found(chromium) == sum(GRID in c["name"] and c["family"] == "ipv6"
                                  for c in cases)
    chromium.type("where", "wire ipv4")
    is_quiet(chromium, out / "index.html")


def test_address_is_the_view(out: pathlib.Path, chromium: Browser) -> None:
    """Who is sent the address sees the same; Back goes back."""
    page = out / "index.html"
    chromium.open(page)
    chromium.type("q", "reset & #%")
    chromium.type("q", "recv")
    chromium.type("state", "CLOSED")
    chromium.js("document.querySelectorAll('#counts button')[2].click()")
    view = found(chromium), shown(chromium)
    address = chromium.js("return location.hash")
    assert 0 < view[0] < len(lastack.cases(out))
    chromium.open(page, address)
    assert (found(chromium), shown(chromium)) == view
    assert chromium.js("return document.getElementById('q').value") == "recv"
    chromium.js("document.querySelector('#list tbody a').click()")
    assert not chromium.js("return document.getElementById('panel').hidden")
    chromium.driver.back()
    assert chromium.js("return document.getElementById('panel').hidden")
    assert (found(chromium), shown(chromium)) == view
    is_quiet(chromium, page)


def panel_of(case: lastack.Case) -> str:
    """The address of a result's panel."""
    return f'#case={case["name"]}&on={case["link"]}+{case["family"]}'


def test_panel(out: pathlib.Path, chromium: Browser) -> None:
    """What failed: expected beside actual, the command, the capture."""
    case = next(c for c in lastack.cases(out) if c["verdict"] == "not ok")
    chromium.open(out / "index.html", panel_of(case))
    text = chromium.text("#panel")
    for part in (case["title"], case["finding"]["what"],
                 case["finding"]["expected"], case["finding"]["actual"],
                 f'lastack run {case["path"]} -{case["family"][-1]} '
                 "--link wire --bug rst-ignored", *case["spec"]):
        assert part in text
    assert chromium.js("return document.activeElement.id") == "panel-h"
    link = chromium.js("return document.querySelector('#panel a[href$=\""
                       ".pcapng\"]').href")
    assert link == pathlib.Path(case["capture"]).resolve().as_uri()
    chromium.js("document.dispatchEvent(new KeyboardEvent('keydown',"
                "{key: 'Escape', bubbles: true}))")
    assert chromium.js("return document.getElementById('panel').hidden")


def rows_of(svg: str) -> list:
    """The rows of a ladder's picture, wherever they stand."""
    return [re.sub(' xmlns(:ns\\d)?="[^"]*"', "",
                   ElementTree.tostring(g, encoding="unicode")
                   .replace(g.get("transform"), ""))
            for g in ElementTree.fromstring(svg).iter(f"{SVG}g")]


def test_ladders_are_the_same(out: pathlib.Path, chromium: Browser,
                              tmp_path: pathlib.Path) -> None:
    """The page's ladder is the one that `show --svg` draws."""
    by_verdict = {}
    for case in lastack.cases(out):
        by_verdict.setdefault((case["verdict"], case["family"]), case)
    assert len(by_verdict) >= 6
    for case in by_verdict.values():
        chromium.open(out / "index.html", panel_of(case))
        drawn = chromium.js(
            "return new XMLSerializer().serializeToString("
            "document.querySelector('#panel .ladder svg'))")
        file = tmp_path / "ladder.svg"
        lastack.run("show", "--out", out, case["name"],
                    f'-{case["family"][-1]}', "--svg", file)
        assert rows_of(drawn) == rows_of(file.read_text())[1:], case["name"]


def test_grid_in_the_tables_order(chromium: Browser,
                                  tmp_path: pathlib.Path) -> None:
    """However the run was shuffled; and no button leads to what is absent."""
    tables = (lastack.CASES / "grid/1-states.grid").read_text()
    states = re.findall(r"^state\s+(\S+)", tables, re.M)
    lastack.run("run", "-4", "--quick", "--shuffle", 3, "--out", tmp_path,
                "grid/*/syn-fin", "grid/*/close", "grid/*/rst-exact")
    page = tmp_path / "index.html"
    chromium.open(page)
    heads = [chromium.js("return [...document.querySelectorAll(arguments[0])]"
                         ".map((e) => e.textContent)", f"#grid {part} th")
             for part in ("thead", "tbody")]
    assert heads[0][1:] == [s for s in states if s in heads[0]]
    assert len(heads[0]) > 10
    assert heads[1] == ["syn-fin", "rst-exact", "close"]
    parts = ("return [...document.querySelectorAll('#parts button')]"
             ".filter((b) => !b.hidden).map((b) => b.textContent)")
    assert "Not as it should be" not in chromium.js(parts)
    assert "Cases" in chromium.js(parts)
    is_quiet(chromium, page)


def test_keys(out: pathlib.Path, chromium: Browser) -> None:
    """The grid is one stop of the Tab key; arrows move in it."""
    chromium.open(out / "index.html")
    stops = "return document.querySelectorAll('#grid [tabindex=\"0\"]').length"
    assert chromium.js(stops) == 1
    focus = ("document.querySelector('#grid [tabindex=\"0\"]').focus();"
             "return document.activeElement.title")
    first = chromium.js(focus)
    chromium.js("document.activeElement.dispatchEvent(new KeyboardEvent("
                "'keydown', {key: 'ArrowDown', bubbles: true}))")
    second = chromium.js("return document.activeElement.title")
    assert second != first and second.startswith("FIN-WAIT-2.attached/")
    assert chromium.js(stops) == 1


def test_of_one_case(out: pathlib.Path, chromium: Browser,
                     tmp_path: pathlib.Path) -> None:
    """`show --html` is the page of one case, wherever it is put."""
    case = next(c for c in lastack.cases(out) if c["verdict"] == "not ok")
    page = tmp_path / "one.html"
    done = lastack.run("show", "--out", out, case["name"], "--html", page)
    assert done.returncode == lastack.OK and not done.stdout, done.stderr
    whole, one = data_of(out / "index.html"), data_of(page)
    names = [row[0] for row in whole["cases"]]
    assert [row[1:6:3] for row in one["results"]] == [
        row[1:6:3] for row in whole["results"]
        if names[row[0]] == case["name"]]
    chromium.open(page)
    assert case["finding"]["actual"] in chromium.text("#panel")
    text = (lastack.ROOT / case["path"]).read_text()
    assert text.splitlines()[case["finding"]["line"] - 1] in chromium.text(
        "#panel mark")
    link = chromium.js("return document.querySelector('#panel a[href$=\""
                       ".pcapng\"]').href")
    assert pathlib.Path(unquote(link[len("file://"):])).samefile(
        case["capture"])
    is_quiet(chromium, page)


def test_beside(chromium: Browser, tmp_path: pathlib.Path) -> None:
    """Results beside a result are named in full, where there are some."""
    (tmp_path / "alone.fin").write_text("case x\nspec RFC9293 3.6\nopen\n")
    for families, beside in (([], ["\u2713 alone wire ipv6"]), (["-4"], [])):
        out = tmp_path / f"out{len(families)}"
        lastack.run("run", *families, "--out", out, "alone.fin", cwd=tmp_path)
        chromium.open(out / "index.html", "#case=alone&on=wire+ipv4")
        assert chromium.js("return [...document.querySelectorAll("
                           "'#panel a.v')].map((a) => a.textContent)") == beside
        assert ("Beside it" in chromium.text("#panel")) == bool(beside)


def test_of_what_failed(out: pathlib.Path, tmp_path: pathlib.Path) -> None:
    """`show --html` of what failed; of a cell of the grid; and of nothing."""
    page = tmp_path / "failed.html"
    done = lastack.run("show", "--out", out, "--failed", "--html", page)
    assert done.returncode == lastack.OK, done.stderr
    data = data_of(page)
    assert len(data["results"]) == sum(
        c["verdict"] == "not ok" for c in lastack.cases(out))
    assert all(row[4] for row in data["cases"])
    done = lastack.run("show", "--out", out, f"{GRID}/fin", "--html", page)
    assert done.returncode == lastack.OK, done.stderr
    (cell,) = data_of(page)["cases"]
    assert len(cell[4]) > 5
    for args in ["nothing/such", "--html", page], ["--html", page], [
            CASE, "--svg", page, "--html", page]:
        done = lastack.run("show", "--out", out, *args)
        assert done.returncode == lastack.BAD
        assert done.stderr.count("\n") == 1


def test_rounds(tmp_path: pathlib.Path, chromium: Browser) -> None:
    """Many rounds of a case are counted; each has its own panel."""
    lastack.run("run", "-4", "--out", tmp_path, "--repeat", "5", CASE)
    chromium.open(tmp_path / "index.html")
    assert found(chromium) == 5
    assert chromium.text("#list td").endswith("5\u00d7")
    chromium.open(tmp_path / "index.html", f"#case={CASE}&on=wire+ipv4+3")
    link = chromium.js("return document.querySelector('#panel a[href$=\""
                       ".pcapng\"]').href")
    assert link.endswith(f"/wire/ipv4/{CASE}.r3.pcapng")
    assert pathlib.Path(unquote(link[len("file://"):])).exists()
    is_quiet(chromium, tmp_path / "index.html")


HOSTILE = "</script><script>document.title='taken'</script><b id=taken>\" &lt;"


def test_hostile_texts(tmp_path: pathlib.Path, chromium: Browser) -> None:
    """Titles, lines and results of a case are text, whatever is in them."""
    case = tmp_path / "it's <b> #1.fin"
    case.write_text(f"case  {HOSTILE}\nspec  RFC9293-3.6-FIG12\n\nopen\n"
                    "# <img src=x onerror=document.title='taken'>\n"
                    f"# {HOSTILE}\nB count TIME-WAIT = 7\n")
    out = tmp_path / "out"
    done = lastack.run("run", "-4", "--out", out, case)
    assert done.returncode == lastack.NOT_OK, done.stdout + done.stderr
    one = lastack.cases(out)[0]
    page = out / "index.html"
    chromium.open(page)
    chromium.js("document.querySelector('#list tbody a').click()")
    text = chromium.text("body")
    assert one["title"] in text and HOSTILE in text
    assert chromium.js("return document.getElementById('taken')") is None
    assert chromium.js("return document.title").startswith("lastack: 1 of 1")
    assert "'\\''" in text  # the name, quoted for a shell
    link = chromium.js("return document.querySelector('#panel a[href*=\""
                       ".pcapng\"]').href")
    assert unquote(link) == f'file://{one["capture"]}'
    is_quiet(chromium, page)


def test_other_stacks(out: pathlib.Path, chromium: Browser,
                      tmp_path: pathlib.Path) -> None:
    """An end that is not the kernel's is in the columns and the command."""
    text, data = (out / "index.html").read_text(), data_of(out / "index.html")
    data["run"]["stacks"]["B"] = {"name": "toy", "version": "1", "as": "toy:x y"}
    whole = json.dumps(data).replace("<", "\\u003c")
    page = tmp_path / "index.html"
    page.write_text(DATA.sub(lambda m: m[0].replace(m[1], whole), text))
    chromium.open(page, f"#case={CASE}&on=wire+ipv6+kernel-toy")
    assert chromium.text("#list th:nth-child(2)") == "wire ipv4 kernel-toy"
    assert "--bug rst-ignored --b 'toy:x y'\n" in chromium.text("#panel")
    is_quiet(chromium, page)


def multiplied(page: pathlib.Path, n: int) -> str:
    """The page with n results, each a case of its own."""
    text = page.read_text()
    data = data_of(page)
    old, cases = data["results"], data["cases"]
    data["results"], data["cases"] = [], []
    for i in range(n):
        row = list(old[i % len(old)])
        case = list(cases[row[0]])
        case[0] = f"{case[0]}-{i}" if case[0].startswith("grid/") \
            else f"{i % 90}/{case[0]}-{i}"
        row[0] = i
        data["cases"].append(case)
        data["results"].append(row)
    whole = json.dumps(data).replace("<", "\\u003c")
    return text[:DATA.search(text).start(1)] + whole + \
        text[DATA.search(text).end(1):]


def test_five_thousand(out: pathlib.Path, chromium: Browser,
                       tmp_path: pathlib.Path) -> None:
    """A filter of 5,000 results is drawn at once; the times are printed."""
    page = tmp_path / "index.html"
    page.write_text(multiplied(out / "index.html", 5000))
    chromium.open(page)
    assert found(chromium) == 5000
    for key, value in (("q", "fin"), ("q", "nothing has this"), ("q", ""),
                       ("state", "CLOSED"), ("state", ""), ("event", "close")):
        took = chromium.js(
            "const e = document.getElementById(arguments[0]);"
            "e.value = arguments[1]; const since = performance.now();"
            "e.dispatchEvent(new Event('input'));"
            "document.body.getBoundingClientRect();"
            "return performance.now() - since", key, value)
        print(f"{key} {value!r}: {took:.0f} ms, {found(chromium)} results")
    is_quiet(chromium, page)


def test_looks(out: pathlib.Path, chromium: Browser,
               tmp_path: pathlib.Path) -> None:
    """Nothing is wider than what it is on; pictures are kept to look at."""
    case = next(c for c in lastack.cases(out) if c["verdict"] == "not ok")
    for name, size, is_dark, media in (
            ("light", browser.WIDE, False, "screen"),
            ("dark", browser.WIDE, True, "screen"),
            ("phone", browser.PHONE, False, "screen"),
            ("paper", browser.PAPER, True, "print")):
        chromium.resize(*size)
        chromium.media(is_dark, media)
        for what, address in ("page", ""), ("panel", panel_of(case)):
            chromium.open(out / "index.html", address)
            if what == "panel":
                chromium.js("document.getElementById('panel')"
                            ".scrollIntoView()")
            chromium.picture(tmp_path / f"{name}-{what}.png")
            over = chromium.js("return document.documentElement.scrollWidth"
                               " - document.documentElement.clientWidth")
            assert over <= 0, f"{name} {what}: {over} too wide"
        back = chromium.js("return getComputedStyle(document.body)"
                           ".backgroundColor")
        assert (back != "rgb(255, 255, 255)") == (name == "dark")
    chromium.resize(*browser.WIDE)
    chromium.media()
