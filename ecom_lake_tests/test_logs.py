"""Structured logs: where events are written, what each line contains, and that nothing is printed by default."""

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
def _stop_logging_afterwards() -> Iterator[None]:
    yield
    logs.start("")


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_nothing_is_printed_without_the_setting() -> None:
    program = "import logging; from ecom_lake import logs; logs.log_event('failed', logging.ERROR, why='x')"
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (output.stdout, output.stderr) == ("", "")


def test_json_lines_name_run_shop_and_table(capsys: pytest.CaptureFixture[str]) -> None:
    logs.start("json")
    with logs.context(run="r", shop="olist"), logs.context(table="gold/rfm"):
        logs.log_event("done", rows=3)
    (line,) = lines(capsys.readouterr().err)
    assert line.pop("at").endswith("+00:00")
    assert line == {"level": "info", "event": "done", "run": "r", "shop": "olist", "table": "gold/rfm", "rows": 3}


def test_text_lines_begin_with_shop_and_table(capsys: pytest.CaptureFixture[str]) -> None:
    logs.start("text")
    with logs.context(run="r", shop="olist", table="gold/rfm"):
        logs.log_event("refused", says="Two rows share a key.")
    assert capsys.readouterr().err[20:] == 'INFO    olist gold/rfm refused run=r says="Two rows share a key."\n'


def test_pool_threads_inherit_the_log_context(tmp_path: Path) -> None:
    logs.start(str(tmp_path / "log"))
    with logs.context(table="silver/orders"), ThreadPoolExecutor(1, initializer=logs.inherit_context()) as pool:
        pool.submit(logs.log_event, "done").result()
    assert [line["table"] for line in lines((tmp_path / "log").read_text())] == ["silver/orders"]


def test_an_unwritable_file_is_one_sentence(tmp_path: Path) -> None:
    reason = r"cannot be written to: No such file or directory\. Set it to json, text or a file name\."
    with pytest.raises(UsageError, match=rf"ECOM_LAKE_LOG: .*no/such/file {reason}"):
        logs.start(str(tmp_path / "no" / "such" / "file"))


def test_a_build_logs_each_step(fresh_lake: BuiltLake, tmp_path: Path) -> None:
    (fresh_lake.landing / "more.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    logs.start(str(tmp_path / "log"))
    site = fresh_lake.site()
    build(site)
    output = lines((tmp_path / "log").read_text())
    assert {(line["run"], line["shop"]) for line in output} == {(site.run, "olist")}
    events = {line["table"]: line for line in output if line["event"] in ("done", "unchanged")}
    orders = events["silver/orders"]
    assert (orders["event"], orders["rows"], orders["written"], orders["parts"]) == (
        "done",
        fresh_lake.truths.totals.orders + 1,
        1,
        4,
    )
    assert (events["silver/sellers"]["event"], events["silver/sellers"]["written"]) == ("unchanged", 0)
    assert all(line["cpu_seconds"] >= 0 for line in events.values()) and orders["cpu_seconds"] > 0
    started = [line["table"] for line in output if line["event"] == "started"]
    assert (started[:2], started[-1]) == (["bronze", "silver/order_index"], "gold/release")


def test_a_failure_is_logged_and_stored_without_the_message_of_a_library(fresh_lake: BuiltLake, tmp_path: Path) -> None:
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
    [kept] = trouble.troubles(site)
    assert (kept.table, kept.kind, kept.says, kept.run) == ("gold/rfm", "failed", ("The disk is full: make room.",), site.run)


def test_a_retried_request_is_logged(tmp_path: Path) -> None:
    logs.start(str(tmp_path / "log"))
    answers = [ConnectionResetError("secret"), None]

    def call() -> None:
        if error := answers.pop(0):
            raise error

    Retry(times=1, sleep=lambda seconds: None)(call)
    (line,) = lines((tmp_path / "log").read_text())
    assert (line["event"], line["level"], line["after"], line["turn"]) == ("retried", "warning", "ConnectionResetError", 1)


def test_only_its_owner_may_read_a_new_file_and_an_old_one_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "old").touch(0o640)
    for name in ("old", "new"):
        logs.start(str(tmp_path / name))
    assert [oct((tmp_path / name).stat().st_mode & 0o777) for name in ("old", "new")] == ["0o640", "0o600"]


def test_control_characters_are_escaped_in_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    logs.start("text")
    logs.log_event("refused", file="a\x1b[31m\u202e.csv")
    logs.start("")
    assert "file=a\\x1b[31m\\u202e.csv" in capsys.readouterr().err
