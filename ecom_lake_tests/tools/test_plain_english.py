"""The check of words finds them in names, comments, texts and paths, and its exempt places can only get fewer."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools import plain_english
from tools.plain_english import WordList

WORDS = WordList.of(
    {
        "words": {"predict": ["augured"], "computed from": ["gleaned from"]},
        "exempt": ["old"],
        "allow": [{"path": "docs", "text": "Augured by Cassandra", "reason": "The title of a book."}],
    }
)


@pytest.mark.parametrize(
    "text",
    [
        "total_augured = 1",
        "class SalesAugured:",
        "# was it AUGURED?",
        "-- gleaned from the log",
        '"""Gleaned\n    from the log."""',
        "# it is gleaned\n# from the log",
        "    -- it is gleaned\n    -- from the log",
        'f"it is gleaned "\n    f"from the log"',
    ],
)
def test_a_listed_word_is_found(text: str) -> None:
    assert len(list(WORDS.findings("a.py", text))) == 1


@pytest.mark.parametrize("text", ["he gleaned it", "augureds = 1", "ungleaned from here", "gleaned\n\nelsewhere from"])
def test_another_word_is_not(text: str) -> None:
    assert not list(WORDS.findings("a.py", text))


def test_a_finding_states_where_it_is_and_what_to_write() -> None:
    [finding] = WORDS.findings("a.py", "a = 1\nb = 2\naugured = 3\n")
    assert str(finding) == "a.py:3: 'augured' → predict"


def test_the_name_of_a_file_is_checked() -> None:
    assert [finding.line for finding in WORDS.findings("shop/augured.py", "")] == [0]


def test_an_allowed_use_stays_where_it_is_allowed() -> None:
    text = "Augured by Cassandra"
    assert not list(WORDS.findings("docs/books.md", text))
    assert list(WORDS.findings("README.md", text))


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty git repository, which is the working folder; `old` is exempt."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / "old").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(WordList, "load", lambda: WORDS)
    return tmp_path


def test_an_exempt_place_may_hold_findings_and_no_other_place(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "old/a.py").write_text("augured = 1\n")
    (repository / "b.py").write_text("predicted = 1\n")
    assert plain_english.main([]) == 0
    (repository / "b.py").write_text("augured = 1\n")
    assert plain_english.main([]) == 1
    assert capsys.readouterr().out.startswith("b.py:1: 'augured' → predict\n")


def test_an_exempt_place_without_a_finding_must_be_taken_off(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "old/a.py").write_text("predicted = 1\n")
    assert plain_english.main([]) == 1
    assert "old has no finding" in capsys.readouterr().out


def test_the_words_of_the_project_are_found() -> None:
    words = WordList.load()
    for text in ("mended", "held it against its hash", "the code says", "of late.", "put it in place", "stands in", "tells"):
        assert list(words.findings("a.py", text)), text
    for text in ("amended", "of late deliveries", "against", "in place of", "standard in"):
        assert not list(words.findings("a.py", text)), text
