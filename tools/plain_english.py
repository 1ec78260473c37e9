"""Checks the texts of the repository in the working folder for words that the project does not use.

Here: which files are read, how a finding is located, and the exit code. Not here: the words, their replacements, the exempt
places and the allowed uses (plain_english.toml).
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

WORD_LIST = Path(__file__).with_suffix(".toml")
SUFFIXES = {".py", ".sql", ".jinja", ".md", ".toml", ".sh", ".yaml", ".yml"}
NAMES = {"Makefile", ".ci/run"}
NOT_OURS = {"tools/plain_english.toml", "requirements.lock", "LICENSE"}

_CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")
_GAP = r"""(?:\s+(?:(?:#|--)\s*)?|\s*["']\s+f?["']\s*)"""
"""Between two words of a phrase: white space, also across the lines of a comment or of adjacent string literals."""


@dataclass(frozen=True)
class Allowed:
    """A use of a word that stays: `text` in files whose path starts with `path`."""

    path: str
    text: str
    reason: str


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    text: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: '{self.text}' → {self.instead}"


@dataclass(frozen=True)
class WordList:
    pattern: re.Pattern[str]
    """Every listed word in one pattern, each in a group of its own; the first that matches at a place counts."""
    instead: tuple[str, ...]
    """What to write instead, by group."""
    exempt: tuple[str, ...]
    allowed: tuple[Allowed, ...]

    @classmethod
    def load(cls, path: Path = WORD_LIST) -> Self:
        return cls.of(tomllib.loads(path.read_text()))

    @classmethod
    def of(cls, raw: dict[str, Any]) -> Self:
        listed = [(find, instead) for instead, finds in raw["words"].items() for find in finds]
        groups = (f"(?P<g{number}>{find.replace(' ', _GAP)})" for number, (find, _) in enumerate(listed))
        pattern = re.compile(rf"\b(?:{'|'.join(groups)})\b")
        allowed = tuple(Allowed(**one) for one in raw["allow"])
        return cls(pattern, tuple(instead for _, instead in listed), tuple(raw["exempt"]), allowed)

    def findings(self, path: str, text: str) -> Iterator[Finding]:
        """Every use of a listed word in the text, and in the path itself (as line 0)."""
        for line, content in ((0, path), (1, text)):
            words = _CAMEL_CASE.sub(" ", self._without_allowed(path, content).replace("_", " ")).lower()
            for match in self.pattern.finditer(words):
                [number] = (name[1:] for name, found in match.groupdict().items() if found is not None)
                found = " ".join(match.group().split())
                yield Finding(path, line and line + words.count("\n", 0, match.start()), found, self.instead[int(number)])

    def _without_allowed(self, path: str, text: str) -> str:
        for allowed in self.allowed:
            if path.startswith(allowed.path):
                text = text.replace(allowed.text, "")
        return text

    def is_exempt(self, path: str) -> bool:
        return any(_is_within(path, place) for place in self.exempt)

    def needless_exemptions(self, findings: Iterable[Finding]) -> list[str]:
        """Exempt places in which nothing is found."""
        paths = {finding.path for finding in findings}
        return [place for place in self.exempt if not any(_is_within(path, place) for path in paths)]


def _is_within(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place}/")


def texts(root: Path) -> Iterator[tuple[str, str]]:
    """Path and text of every file of the project that people write."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=root, check=True, capture_output=True, text=True
    )
    for path in listed.stdout.splitlines():
        is_text = Path(path).suffix in SUFFIXES or path in NAMES
        if is_text and path not in NOT_OURS and (root / path).exists():
            yield path, (root / path).read_text()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--counts", action="store_true", help="findings by folder and by word, exempt places included")
    parser.add_argument("paths", nargs="*", help="only below these paths, exempt places included")
    options = parser.parse_args(arguments)

    words = WordList.load()
    everything = [finding for path, text in texts(Path.cwd()) for finding in words.findings(path, text)]
    if options.paths:
        everything = [f for f in everything if any(_is_within(f.path, path.rstrip("/")) for path in options.paths)]
    if options.counts:
        _print_counts(everything)
        return 0
    if options.paths:
        findings, needless = everything, []
    else:
        findings = [finding for finding in everything if not words.is_exempt(finding.path)]
        needless = words.needless_exemptions(everything)
    for finding in findings:
        print(finding)
    for place in needless:
        print(f"{place} has no finding: take it off the exempt places in tools/{WORD_LIST.name}.")
    if findings:
        print(
            f"{len(findings)} uses of words that the project does not use. Write the words behind the arrow, or other plain ones."
        )
    return 1 if findings or needless else 0


def _print_counts(findings: list[Finding]) -> None:
    by_folder = Counter("/".join(Path(finding.path).parent.parts[:3]) or "." for finding in findings)
    by_word = Counter(finding.text.lower() for finding in findings)
    for title, counts in (("by folder", by_folder), ("by word", by_word)):
        print(f"{title}:")
        for name, count in counts.most_common():
            print(f"{count:6,}  {name}")


if __name__ == "__main__":
    sys.exit(main())
