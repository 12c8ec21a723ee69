"""junit.xml by a strict reader: nothing that Jenkins' junit-10.xsd does not
allow, in numbers that add up."""

import pathlib
import re
from typing import Dict, List, NamedTuple, Set
from xml.etree import ElementTree

import lastack
import pytest

TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


class Element(NamedTuple):
    """What an element may be: attributes it has to have, and may; children."""

    must: Set[str]
    may: Set[str]
    children: Set[str]
    has_text: bool = False


RESULT = Element(set(), {"type", "message"}, set(), True)
ALLOWED: Dict[str, Element] = {
    "testsuites": Element(set(), {"name", "time", "tests", "failures",
                                  "errors"}, {"testsuite"}),
    "testsuite": Element(
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package",
         "file", "log", "url"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"}),
    "properties": Element(set(), set(), {"property"}),
    "property": Element({"name", "value"}, set(), set()),
    "testcase": Element({"name"}, {"time", "classname", "group"},
                        {"skipped", "error", "failure", "system-out",
                         "system-err"}),
    "skipped": RESULT, "error": RESULT, "failure": RESULT,
    "system-out": Element(set(), set(), set(), True),
    "system-err": Element(set(), set(), set(), True),
}


def check(element: ElementTree.Element) -> None:
    """Whether the element, and all below it, is as the schema says."""
    allowed = ALLOWED[element.tag]
    names = set(element.attrib)
    assert allowed.must <= names <= allowed.must | allowed.may, element.attrib
    assert allowed.has_text or not (element.text or "").strip()
    assert TIME.fullmatch(element.attrib.get("time", "0"))
    for child in element:
        assert child.tag in allowed.children, (element.tag, child.tag)
        assert not (child.tail or "").strip()
        check(child)


def totals(root: ElementTree.Element) -> List[int]:
    """Tests, failures, errors as the suites count them."""
    return [sum(int(suite.attrib[name]) for suite in root)
            for name in ("tests", "failures", "errors")]


@pytest.mark.parametrize("args", [
    ["close", f"{lastack.WRONG}/flag-wrong.fin", f"{lastack.WRONG}/skip-kernel.fin",
     f"{lastack.WRONG}/broken-sysctl-value.fin", "reset/in-window-fin-wait-2-closed",
     "--shuffle", "1"],
    ["--bug", "fin-never", "close", "reset"],
])
def test_strict(args: List[str], tmp_path: pathlib.Path) -> None:
    """Every verdict, an injected bug, and whatever else a suite may have."""
    lastack.run("run", "-4", "--out", tmp_path, *args)
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert root.tag == "testsuites"
    check(root)
    counted = totals(root)
    assert counted == [int(root.attrib[name])
                       for name in ("tests", "failures", "errors")]
    found = [len(list(root.iter(tag)))
             for tag in ("testcase", "failure", "error")]
    assert found == counted and counted[1]
