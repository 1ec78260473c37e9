"""The log: where its lines go, what each of them says, and that nobody hears them who did not ask."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ecom_lake import logs
from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.step import trouble
from ecom_lake.engine.build.step.watched import watched
from ecom_lake.engine.store.retry import Retry
from ecom_lake.errors import UsageError, UserError
from ecom_lake_tests.builders.built_lake import ONE_MORE_ORDER, BuiltLake


@pytest.fixture(autouse=True)
def _quiet_afterwards() -> Iterator[None]:
    yield
    logs.start("")


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_nobody_hears_it_who_did_not_ask() -> None:
    program = "import logging; from ecom_lake import logs; logs.tell('failed', logging.ERROR, why='x')"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (said.stdout, said.stderr) == ("", "")


def test_lines_for_programs_say_run_shop_and_table(capsys: pytest.CaptureFixture[str]) -> None:
    logs.start("json")
    with logs.about(run="r", shop="olist"), logs.about(table="gold/rfm"):
        logs.tell("done", rows=3)
    (line,) = lines(capsys.readouterr().err)
    assert line.pop("at").endswith("+00:00")
    assert line == {"level": "info", "event": "done", "run": "r", "shop": "olist", "table": "gold/rfm", "rows": 3}


def test_lines_for_people_begin_with_what_they_are_about(capsys: pytest.CaptureFixture[str]) -> None:
    logs.start("text")
    with logs.about(run="r", shop="olist", table="gold/rfm"):
        logs.tell("refused", says="Two rows share a key.")
    assert capsys.readouterr().err[20:] == 'INFO    olist gold/rfm refused run=r says="Two rows share a key."\n'


def test_threads_speak_of_what_their_pool_was_started_in(tmp_path: Path) -> None:
    logs.start(str(tmp_path / "log"))
    with logs.about(table="silver/orders"), ThreadPoolExecutor(1, initializer=logs.carried()) as pool:
        pool.submit(logs.tell, "done").result()
    assert [line["table"] for line in lines((tmp_path / "log").read_text())] == ["silver/orders"]


def test_a_file_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"ECOM_LAKE_LOG: .*no/such/file cannot be written to: No such file or directory\."):
        logs.start(str(tmp_path / "no" / "such" / "file"))


def test_a_build_is_told_step_by_step(fresh_lake: BuiltLake, tmp_path: Path) -> None:
    (fresh_lake.landing / "more.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    logs.start(str(tmp_path / "log"))
    site = fresh_lake.site()
    build(site)
    said = lines((tmp_path / "log").read_text())
    assert {(line["run"], line["shop"]) for line in said} == {(site.run, "olist")}
    events = {line["table"]: line for line in said if line["event"] in ("done", "unchanged")}
    orders = events["silver/orders"]
    assert (orders["event"], orders["rows"], orders["written"], orders["parts"]) == (
        "done",
        fresh_lake.truths.totals.orders + 1,
        1,
        4,
    )
    assert (events["silver/sellers"]["event"], events["silver/sellers"]["written"]) == ("unchanged", 0)
    started = [line["table"] for line in said if line["event"] == "started"]
    assert (started[:2], started[-1]) == (["bronze", "silver/order_index"], "gold/release")


def test_what_failed_is_told_in_our_own_words_alone_and_kept(fresh_lake: BuiltLake, tmp_path: Path) -> None:
    site = fresh_lake.site()
    logs.start(str(tmp_path / "log"))

    def ours() -> list[Any]:
        raise UserError("The disk is full: make room.")

    def theirs() -> list[Any]:
        raise ValueError("AccountKey=secret")

    for step in (theirs, ours):
        with pytest.raises((UserError, ValueError)):
            watched(site, "gold/rfm", step)
    failed = [line for line in lines((tmp_path / "log").read_text()) if line["event"] == "failed"]
    assert [(line["table"], line["why"]) for line in failed] == [
        ("gold/rfm", "ValueError"),
        ("gold/rfm", "The disk is full: make room."),
    ]
    kept = trouble.last(site)
    assert kept is not None
    assert (kept.table, kept.kind, kept.says, kept.run) == ("gold/rfm", "failed", ("The disk is full: make room.",), site.run)


def test_a_request_that_is_tried_again_is_told(tmp_path: Path) -> None:
    logs.start(str(tmp_path / "log"))
    answers = [ConnectionResetError("secret"), None]

    def call() -> None:
        if error := answers.pop(0):
            raise error

    Retry(times=1, sleep=lambda seconds: None)(call)
    (line,) = lines((tmp_path / "log").read_text())
    assert (line["event"], line["level"], line["after"], line["turn"]) == ("retried", "warning", "ConnectionResetError", 1)


def test_a_new_file_is_its_owners_alone_and_an_old_one_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "old").touch(0o640)
    for name in ("old", "new"):
        logs.start(str(tmp_path / name))
    assert [oct((tmp_path / name).stat().st_mode & 0o777) for name in ("old", "new")] == ["0o640", "0o600"]


def test_a_line_in_a_terminal_holds_nothing_that_the_terminal_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    logs.start("text")
    logs.tell("refused", file="a\x1b[31m\u202e.csv")
    logs.start("")
    assert "file=a\\x1b[31m\\u202e.csv" in capsys.readouterr().err
