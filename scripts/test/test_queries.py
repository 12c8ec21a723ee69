"""The queries of README.md, run by DuckDB over what lastack check writes.

DuckDB is looked for where scripts/deps installs it; without it the test is
skipped.
"""

import json
import pathlib
import re
import subprocess

import lastack
import pytest
import wild
from wild import Talk

RUN = """
const require = require0(process.argv[1] + '/');
const { DuckDBInstance } = require('@duckdb/node-api');
(async () => {
  const sql = require('fs').readFileSync(0, 'utf8').split(';');
  const db = await (await DuckDBInstance.create(':memory:')).connect();
  const out = [];
  for (const one of sql.filter((s) => s.trim()))
    out.push((await db.runAndReadAll(one)).getRowObjectsJson());
  console.log(JSON.stringify(out));
})();
""".replace("require0", "require('node:module').createRequire").replace(
    "const require =", "globalThis.require =")


@pytest.mark.skipif(not (lastack.NPM / "@duckdb").is_dir(), reason="no DuckDB here")
def test_queries(tmp_path: pathlib.Path) -> None:
    """Each query of the page, and what it must answer."""
    text = (lastack.ROOT / "README.md").read_text()
    sql = re.findall(r"^```sql\n(.*?)^```", text, re.M | re.S)
    assert len(sql) == 1
    reset = Talk(40002).open().say("B", "RA", 1, 1)
    talks = [Talk(40000).whole(), Talk(40001).late(), reset]
    path = wild.write(tmp_path / "x", wild.pcap(wild.frames(
        [p for talk in talks for p in talk.packets])))
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "here.ndjson").write_text(
        lastack.run("check", "--format", "ndjson", path).stdout)
    done = subprocess.run(["node", "-e", RUN, str(lastack.NPM)], input=sql[0],
                          cwd=tmp_path, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    _, hours, resets, rules = json.loads(done.stdout)
    assert sum(int(row["n"]) for row in hours) == 3
    assert {row["ending"] for row in hours} == {"normal", "aborted"}
    assert resets == [{"who": "192.0.2.2:80", "resets": "1"}]
    assert ["data-after-fin", "1"] in [[r["rule"], r["n"]] for r in rules]
