"""The Markdown of the repository as pages of the site: where each file goes, and its links from there.

The files are written for a forge, where every relative link works. On the site a link to another page leads to that page; a link
to a file that is no page keeps its text alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

_LINK = re.compile(r"(!?)\[([^\]\n]*)\]\((?!https?:|mailto:|#)([^)\s#]+)(#[^)\s]*)?\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
DOCS = "docs"
ELSEWHERE = {
    "README.md": "project/readme.md",
    "CHANGELOG.md": "project/changelog.md",
    "CONTRIBUTING.md": "project/contributing.md",
}
"""Pages outside of docs/, and where they are on the site."""
DICTIONARY = "tables/README.md"
"""Where links to docs/data_dictionary.md lead: the generated index of the pages of all tables."""


def places(root: Path) -> Mapping[str, str]:
    """Every file of the repository that is on the site: its path in the repository, and on the site."""
    files = sorted(path.relative_to(root).as_posix() for path in (root / DOCS).rglob("*") if path.is_file())
    return {path: path.removeprefix(f"{DOCS}/") for path in files} | ELSEWHERE | {f"{DOCS}/data_dictionary.md": DICTIONARY}


def write(root: Path, target: Path) -> None:
    known = places(root)
    for path, place in known.items():
        file = target / place
        file.parent.mkdir(parents=True, exist_ok=True)
        content = (root / path).read_bytes()
        file.write_bytes(with_links(content.decode(), path, known).encode() if path.endswith(".md") else content)


def with_links(text: str, path: str, known: Mapping[str, str]) -> str:
    """The text of a file with its links as they are on the site."""

    def outside(part: str) -> str:
        return _LINK.sub(lambda found: _link(found, path, known), part)

    pieces, end = [], 0
    for fence in _FENCE.finditer(text):
        pieces += [outside(text[end : fence.start()]), fence.group()]
        end = fence.end()
    return "".join([*pieces, outside(text[end:])])


def _link(found: re.Match[str], path: str, known: Mapping[str, str]) -> str:
    image, label, target, anchor = found.groups(default="")
    wanted = os.path.normpath(PurePosixPath(path).parent / target)
    place = known.get(wanted) or known.get(f"{wanted}/README.md")
    if place is None:
        return label
    relative = os.path.relpath(place, PurePosixPath(known[path]).parent)
    return f"{image}[{label}]({relative}{anchor})"
