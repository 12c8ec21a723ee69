"""What lastack check finds in captures of which it is known what is true."""

import json
import pathlib

import captures_boxes
import captures_broken
import captures_healthy
import captures_loops
import captures_odd
import lastack
import pytest
from captures import CAPTURES, Capture

FILLED_BY = (captures_boxes, captures_broken, captures_healthy, captures_loops,
             captures_odd)


def param(capture: Capture) -> object:
    """A capture as a parameter, with the judge's known error."""
    marks = [pytest.mark.xfail(strict=True, reason=capture.wrong)]
    return pytest.param(capture, id=capture.name,
                        marks=marks if capture.wrong else [])


@pytest.mark.parametrize("capture", map(param, CAPTURES.values()))
def test_capture(tmp_path: pathlib.Path, capture: Capture) -> None:
    """The endings and findings are these, and no others."""
    path = tmp_path / "capture.pcap"
    capture.write(path)
    done = lastack.run("check", "--format", "json", path)
    flows = json.loads(done.stdout)["flows"]
    found = [f'{f["rule"]} {f["side"]} {f["severity"]}'
             for flow in flows for f in flow["findings"]]
    assert sorted(found) == capture.found
    assert capture.flows == ", ".join(
        f'{flow["ending"]} {flow["closed_first"]}'
        + (f' as {flow["same_as"]}' if flow["same_as"] else "")
        for flow in flows)
    bad = any(text.endswith(" violation") for text in found)
    assert (done.returncode, done.stderr) == (int(bad), "")


def test_captures_are_enough() -> None:
    """As many as were promised, about half of them healthy, some hard."""
    clean = [c for c in CAPTURES.values() if not c.found]
    assert len(CAPTURES) >= 60
    assert 0.4 < len(clean) / len(CAPTURES) < 0.6
    assert sum(c.hard for c in clean) >= 12


def test_every_rule_is_broken() -> None:
    """Each rule that a capture alone can show is found in one of them."""
    rules = json.loads(lastack.run("rules", "--format", "json").stdout)["rules"]
    wanted = {rule["rule"] for rule in rules if rule["judges"] != ["tape"]}
    assert len(wanted) > 20
    found = {text.split()[0] for c in CAPTURES.values() for text in c.found}
    assert wanted == found
