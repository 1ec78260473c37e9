"""Behaviour of all commands: help, exit codes, errors of one sentence, fast start."""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ecom_lake.cli import app
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.cli.conftest import Run
from ecom_lake_tests.project import PROJECT

COMMANDS = [name for name in app if not name.startswith("-")]


class Keyboard(io.StringIO):
    """Standard input that fails when it is read."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self._error = error

    def read(self, size: int | None = -1, /) -> str:
        raise self._error


def test_the_commands_are_those_of_the_manual() -> None:
    manual = (
        "init synth map land pull build new serve key mcp ask sql report export powerbi excel publish notify tables describe "
        "experiment audience status quarantine ledger quality profile doctor repair log diff rollback unpin gc copy forget"
    )
    assert manual.split() == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_the_lakes_options_and_the_exit_codes(run: Run, command: str) -> None:
    said = run(command, "--help")
    assert said.code == 0
    assert all(word in said.out for word in ("--root", "--shop", "Exit codes: 0 success, 1", "130"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nope"], 'Unknown command "nope"'),
        (["status", "--jsn"], "Unknown option: --jsn. Did you mean --json?"),
        (["sql", "--formt", "csv"], "Unknown option: --formt; `ecom-lake sql --help` lists the options."),
        (["sql", "select", "1"], "The query has several words: put it in quotes"),
        (["status", "--shop", "nope"], "There is no shop 'nope'"),
        (["sql", "--shop"], "--shop needs a value: write --shop SHOP."),
        (["status", "--root", "--json"], "--root needs a value: write --root ROOT."),
        (["status", "--shop", "empty"], "Shop 'empty' has nothing yet"),
        (["describe", "fct_order"], "There is no table 'fct_order': did you mean fct_orders?"),
        (["rollback", "1"], "State 1 is not a release; ecom-lake log lists the releases."),
        (["rollback", "999"], "There is no state 999"),
        (["unpin"], "No release of shop 'olist' is pinned"),
        (["gc", "--older-than", "5m"], "--older-than must look like 12h, 30d or 8w"),
        (["gc", "--older-than", "99999999999999999999d"], "--older-than must look like 12h, 30d or 8w"),
        (["status", "--root", "~nobody_here/x"], "root (--root or ECOM_LAKE_ROOT): the home folder in '~nobody_here/x' is not"),
        (["status", "--project", "~nobody_here/x"], "--project: the home folder in '~nobody_here/x' is not known; write"),
        (["init", "~nobody_here/x"], "FOLDER: the home folder in '~nobody_here/x' is not known; write the whole path."),
        (["build", "--months", "2017"], "--months must look like 2017-03 or 2017-01..2017-03, not '2017'."),
        (["build", "--months", "2019-01"], "is not a range of the shop's months (2017-01..2017-04)"),
        (["build", "--shop", "empty"], "Shop 'empty' has nothing yet"),
        (["land"], "Nothing to land: name a file, a folder or a zip"),
        (["copy", "here", "here"], "here/olist is both FROM and TO: name two different roots."),
        (["copy", "here", "there"], "Shop 'olist' has nothing yet"),
        (["copy", "here", "there", "--root", "elsewhere"], "copy takes both roots as arguments: leave out --root."),
        (["sql", "from fct_orders", "--format", "parquet"], "Parquet cannot be printed: name a file with --out FILE.parquet."),
        (["sql", "from fct_orders", "--out", "answer.txt"], "add --format csv, json or parquet"),
        (["sql", "from fct_orders", "--out", "no/such/folder.csv"], "--out: there is no folder"),
        (["synth", "new", "--orders", "3"], "orders is 3; a shop needs at least 100."),
        (["synth", "new", "--orders", "10000001"], "orders is 10,000,001; a synthetic shop has at most 10,000,000."),
    ],
)
def test_wrong_usage_is_one_sentence_and_code_2(run: Run, built_lake: BuiltLake, arguments: list[str], sentence: str) -> None:
    said = run(*arguments, at=built_lake)
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1


def test_a_root_that_is_a_file_is_one_sentence(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lake.toml").touch()
    why = f"{tmp_path}/lake.toml is a file: name a folder with --root, ECOM_LAKE_ROOT or root in lake.toml.\n"
    for root in ("lake.toml", "lake.toml/data"):
        monkeypatch.setenv("ECOM_LAKE_ROOT", root)
        for command in (("status",), ("build",), ("land", "lake.toml")):
            said = run(*command)
            assert (said.code, said.err) == (2, f"The root of the lake is {tmp_path}/{root}, and {why}")


def test_a_deleted_working_folder_is_one_sentence(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    for command in (("status",), ("init", "x"), ("doctor",), ("--help",)):
        said = run(*command)
        if command == ("--help",):
            assert said.code == 0
        else:
            assert (said.code, said.err) == (
                2,
                "The working folder does not exist any more: change to another folder, and run it again.\n",
            )


def test_common_options_are_accepted_anywhere(run: Run, built_lake: BuiltLake) -> None:
    root, query = ("--root", str(built_lake.root)), ("sql", "select 1 as one", "--format", "csv")
    assert run(*root, *query).out == run(*query, *root).out == run(*query, at=built_lake).out == "one\n1\n"
    between = ("sql", f"--root={built_lake.root}", "--shop", "olist", *query[1:])
    assert run(*between).out == "one\n1\n"


def test_a_damaged_lake_is_code_1(run: Run, fresh_lake: BuiltLake) -> None:
    newest = max((fresh_lake.root / "olist" / "_store" / "log").glob("*.json"))
    newest.write_text("{", encoding="utf-8")
    said = run("status", at=fresh_lake)
    assert said.code == 1
    assert "is damaged" in said.err


def test_an_interrupted_command_is_code_130(run: Run, built_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Keyboard(KeyboardInterrupt()))
    said = run("sql", at=built_lake)
    assert (said.code, said.err) == (130, "Interrupted.\n")


def test_an_unexpected_error_is_a_sentence_and_a_trace_only_with_debug(
    run: Run, built_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Keyboard(OSError("the cable is out")))
    said = run("sql", at=built_lake)
    assert said.code == 1
    assert "OSError: the cable is out" in said.err
    assert "ECOM_LAKE_DEBUG=1" in said.err
    monkeypatch.setenv("ECOM_LAKE_DEBUG", "1")
    with pytest.raises(OSError, match="the cable is out"):
        run("sql", at=built_lake)


def test_a_closed_pipe_is_no_error(built_lake: BuiltLake) -> None:
    env = {**os.environ, "ECOM_LAKE_CONFIG": str(built_lake.config), "ECOM_LAKE_ROOT": str(built_lake.root)}
    for format_ in ("table", "csv", "json"):
        command = [sys.executable, "-c", "import sys; from ecom_lake.cli import main; sys.exit(main())"]
        query = ["sql", "select repeat('x', 200) as x from range(100000)", "--format", format_]
        with subprocess.Popen([*command, *query], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode == 0


def test_without_a_shop_the_first_of_lake_toml_is_used(run: Run, tmp_path: Path) -> None:
    (tmp_path / "lake.toml").write_text("[shops.second_hand]\n[shops.olist]\n", encoding="utf-8")
    said = run("status", "--project", str(tmp_path))
    assert said.code == 2
    assert "Shop 'second_hand' has nothing yet" in said.err and "`ecom-lake build`" in said.err


def test_the_version_is_the_packages(run: Run) -> None:
    from importlib.metadata import version

    assert run("--version").out == f"{version('ecom-lake')}\n"


def test_the_package_runs_as_a_module_with_the_same_exit_code() -> None:
    wrong = subprocess.run([sys.executable, "-m", "ecom_lake", "nonsense"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "nonsense" in wrong.stderr


def test_no_message_sends_people_to_a_file_that_the_package_does_not_have() -> None:
    """The documents are in the repository: a message states what to do, and may name a document in addition."""
    found = []
    for file in sorted((PROJECT / "ecom_lake").rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if id(node) in parts | docstrings or not isinstance(node, ast.JoinedStr | ast.Constant):
                continue
            text = ast.unparse(node)
            if re.search(r"docs/[\w/-]+\.md(?! in the repository)", text):
                found.append(f"{file.relative_to(PROJECT)}:{node.lineno}")
    assert found == []
