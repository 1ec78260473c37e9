"""Wrong edits of the code are detected by the tests near them: a few of them here; `make mutations-code` tries all."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from ecom_lake_tests.mutations_code import trial
from ecom_lake_tests.mutations_code.__main__ import report
from ecom_lake_tests.mutations_code.edit import Edit
from ecom_lake_tests.mutations_code.edits import EDITS, SAMPLE
from ecom_lake_tests.mutations_code.results import KILLED, SURVIVED, Result, Results, key_of
from ecom_lake_tests.mutations_code.same_result import SAME_RESULT
from ecom_lake_tests.mutations_code.trial import ENDLESS, Copy
from ecom_lake_tests.project import PROJECT


def test_the_tests_near_a_wrong_edit_detect_it(tmp_path: Path) -> None:
    """Some 17 seconds of CPU: a copy of the project, and for each edit its tests without it and with it, each in a process."""
    command = [sys.executable, "-m", "ecom_lake_tests.mutations_code", "--sample", "--workers", "1"]
    results = ["--results", str(tmp_path / "results.jsonl")]
    run = subprocess.run([*command, *results], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert f"{len(SAMPLE)} edits: {len(SAMPLE)} detected, 0 not" in run.stdout, run.stdout + run.stderr
    assert run.returncode == 0


def test_the_text_of_every_edit_is_still_in_its_file() -> None:
    for edit in EDITS:
        ast.parse(edit.applied())
    assert len({(edit.file, edit.what) for edit in EDITS}) == len(EDITS) >= 150
    assert set(SAMPLE.items()) <= {(edit.file, edit.what) for edit in EDITS}


def test_the_tests_of_every_edit_exist() -> None:
    assert [test for edit in EDITS for test in edit.tests if not (PROJECT / "ecom_lake_tests" / test).is_file()] == []


def test_every_judged_edit_is_in_the_list() -> None:
    assert set(SAME_RESULT) <= {(edit.path, edit.what) for edit in EDITS}


def test_tests_that_no_longer_end_detect_an_edit_unless_they_are_slow_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit = EDITS[0]
    file, text = tmp_path / edit.path, (PROJECT / edit.path).read_text(encoding="utf-8")
    file.parent.mkdir(parents=True)
    file.write_text(text, encoding="utf-8")
    monkeypatch.setattr(Copy, "_run", lambda *_, is_edited: (1, ENDLESS) if is_edited else (0, ""))
    assert Copy(tmp_path).tried(edit).status == KILLED
    monkeypatch.setattr(trial, "LONGEST", 0)
    with pytest.raises(LookupError, match="on a quieter machine"):
        Copy(tmp_path).tried(edit)
    assert file.read_text(encoding="utf-8") == text


def test_a_result_is_known_until_the_edit_changes(tmp_path: Path) -> None:
    edit, other = EDITS[0], EDITS[1]
    result = Result(edit.path, edit.what, KILLED, "test_log.py::test", 1.5)
    Results(tmp_path / "results.jsonl").add(edit, result)
    known = Results(tmp_path / "results.jsonl")
    assert known.of(edit) == result
    assert known.of(other) is None
    assert key_of(Edit(edit.file, edit.what, edit.old, edit.new + " ", edit.tests)) != key_of(edit)


def test_a_run_fails_where_too_many_edits_survive(capsys: pytest.CaptureFixture[str]) -> None:
    killed = [Result("ecom_lake/a.py", f"edit {number}", KILLED, "test", 1) for number in range(19)]
    survived = Result("ecom_lake/a.py", "another edit", SURVIVED, "", 1)
    assert report([*killed, survived]) == 0
    assert report([*killed[1:], survived]) == 1
    assert "ecom_lake/a.py: another edit: no test detects it" in capsys.readouterr().out
