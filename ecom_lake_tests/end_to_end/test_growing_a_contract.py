"""A contract gets a new column: older releases can still be read, compared and rolled back to."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from ecom_lake.engine.serve.released import released
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.project import PROJECT

COMMANDS = """
import json, sys
from ecom_lake.cli import main
for command in json.loads(sys.argv[1]):
    print("\\n>", json.dumps(main(command)), flush=True)
"""
BUILD = """
import sys
from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.shop_context import open_site
from ecom_lake.settings import load
print([check.says for outcome in build(open_site(load(), "olist")) for check in outcome.checks if check.blocks])
"""


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """A copy of the code with one more column in each of `payments` and `rfm_segments`."""
    package = tmp_path / "code" / "ecom_lake"
    shutil.copytree(PROJECT / "ecom_lake", package, ignore=shutil.ignore_patterns("__pycache__"))
    edit(
        package / "shop/canonical/payments.py",
        "    paid_at =",
        '    voucher = Text("Its code.", nullable=True, personal=False)\n    paid_at =',
    )
    edit(package / "shop/rfm/rfm_segments.py", "    share =", '    is_large = Flag("Whether many are in it.")\n    share =')
    edit(package / "shop/rfm/rfm_segments.py", "import Number", "import Flag, Number")
    edit(package / "shop/rfm/rfm_segments.sql", "    s.customers,\n", "    s.customers,\n    s.customers > 10 as is_large,\n")
    return package.parent


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def by(code: Path, lake: BuiltLake, program: str, *arguments: str) -> str:
    env = {**os.environ, "ECOM_LAKE_CONFIG": str(lake.config), "ECOM_LAKE_ROOT": str(lake.root)}
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=code, env=env, capture_output=True, text=True, check=False
    )
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout


def columns(file: Path) -> list[str]:
    with duckdb.connect() as con:
        return [str(name) for name, *_ in con.execute(f"describe from '{file}'").fetchall()]


def test_older_releases_stay_readable(fresh_lake: BuiltLake, newer: Path) -> None:
    before = released(fresh_lake.site()).number
    plain = fresh_lake.root / "olist/gold/rfm_segments.parquet"

    def succeed(*commands: list[str]) -> None:
        output = by(newer, fresh_lake, COMMANDS, json.dumps(commands))
        codes = [int(line.removeprefix("> ")) for line in output.splitlines() if line.startswith("> ")]
        assert codes == [0] * len(commands), output

    reading = [
        ["sql", "from rfm_segments"],
        ["sql", "from payments"],
        ["tables"],
        ["describe", "payments"],
        ["status"],
        ["doctor"],
    ]
    succeed(*reading)  # by the newer code, before it has built anything
    assert by(newer, fresh_lake, BUILD) == "[]\n"
    after = released(fresh_lake.site())
    assert after.number > before
    assert "is_large" in columns(plain) and "voucher" in columns(fresh_lake.root / "olist/silver/payments/month=2017-01.parquet")
    succeed(["diff", str(before), str(after.number)], ["rollback", str(before)], *reading[:4], ["doctor"])
    assert "is_large" not in columns(plain)
    with duckdb.connect(str(fresh_lake.root / "olist/catalog.duckdb"), read_only=True) as con:
        assert con.execute("select count(*) from rfm_segments").fetchall() != [(0,)]
    succeed(["unpin"])
    assert by(newer, fresh_lake, BUILD) == "[]\n"
    assert "is_large" in columns(plain)
