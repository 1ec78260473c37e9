"""The navigation of the site: that of mkdocs.yml, with the pages of its folders and the generated pages.

An entry that names the README.md of a folder brings all pages of the folder. Every other page must have an entry of its own, so
that a new page is not forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from ecom_lake.errors import UserError

Entry = str | Mapping[str, Any]
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)


def configuration(file: Path, pages: Path, generated: Mapping[str, Sequence[Entry]]) -> str:
    """The mkdocs.yml of the site, which lies next to `pages`. `generated`: the entries below a generated page, by the page."""
    settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    nav = [_expanded(entry, pages, generated) for entry in settings["nav"]]
    listed = list(_pages(nav))
    existing = {path.relative_to(pages).as_posix() for path in pages.rglob("*.md")}
    if missing := sorted(existing - {*listed}):
        raise UserError(
            f"docs/{missing[0]} is not in the navigation: add it to `nav` in {file.name}, below the heading where readers look."
        )
    if absent := sorted({*listed} - existing):
        raise UserError(f"`nav` in {file.name} names {absent[0]}, which does not exist: correct the name or remove the entry.")
    text: str = yaml.safe_dump(
        settings | {"docs_dir": pages.name, "site_dir": "html", "nav": nav}, sort_keys=False, allow_unicode=True
    )
    return text


def _expanded(entry: Entry, pages: Path, generated: Mapping[str, Sequence[Entry]]) -> Entry:
    if isinstance(entry, str):
        return entry
    [(title, value)] = entry.items()
    if isinstance(value, list):
        return {title: [_expanded(one, pages, generated) for one in value]}
    if value in generated:
        return {title: [value, *generated[value]]}
    if value.endswith("/README.md"):
        folder = pages / Path(value).parent
        others = sorted(path for path in folder.rglob("*.md") if path.name != "README.md")
        return {title: [value, *({title_of(path): path.relative_to(pages).as_posix()} for path in others)]}
    return entry


def title_of(page: Path) -> str:
    """The first heading of a page, without marks."""
    found = _TITLE.search(page.read_text(encoding="utf-8"))
    return found.group(1).replace("`", "").replace("\\", "").strip() if found else page.stem


def _pages(nav: Sequence[Entry]) -> Iterator[str]:
    for entry in nav:
        if isinstance(entry, str):
            yield entry
        else:
            for value in entry.values():
                yield from _pages(value) if isinstance(value, list) else (value,)
