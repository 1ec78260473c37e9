"""Checks the built site: every link leads to a page and a place on it, every image exists, and no page requests anything foreign.

Links to other sites are allowed: a reader chooses them. What a browser loads by itself (scripts, styles, images, fonts, frames)
must be of the site. Not here: links of the Markdown on a forge (ecom_lake_tests/tools/test_docs.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "link": "href",
    "image": "href",
    "use": "href",
    "object": "data",
    "embed": "src",
}
"""What a browser requests by itself, by element."""
_NOT_REQUESTED = {"canonical", "next", "prev", "alternate"}
"""Relations of <link> that state an address."""
_IN_STYLE = re.compile(r"""url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")


@dataclass
class _Page:
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = _Page()
        self._is_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.page.ids.update(values[name] for name in ("id", "name") if name in values)
        self._is_style = tag == "style"
        if tag == "a" and "href" in values:
            self.page.links.append(values["href"])
        if tag in _LOADED and _LOADED[tag] in values and values.get("rel", "") not in _NOT_REQUESTED:
            self.page.loaded.append(values[_LOADED[tag]])
        self.page.loaded += _in_style(values.get("style", ""))
        self.page.loaded += [one.split()[0] for one in values.get("srcset", "").split(",") if one.strip()]

    def handle_data(self, data: str) -> None:
        if self._is_style:
            self.page.loaded += _in_style(data)

    def handle_endtag(self, tag: str) -> None:
        self._is_style = False


def problems(site: Path) -> list[str]:
    pages = {path: _read(path) for path in sorted(site.rglob("*.html"))}
    found = [problem for path, page in pages.items() for problem in _of_page(site, path, page, pages)]
    for path in sorted(site.rglob("*.css")):
        for target in _in_style(path.read_text(encoding="utf-8")):
            if _is_foreign(target):
                found.append(f"{path.relative_to(site)} requests {target}, which is not of the site.")
            elif not target.startswith("data:") and not (path.parent / unquote(urlsplit(target).path)).exists():
                found.append(f"{path.relative_to(site)} requests {target}, which does not exist.")
    return found


def _read(path: Path) -> _Page:
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader.page


def _of_page(site: Path, path: Path, page: _Page, pages: Mapping[Path, _Page]) -> Iterator[str]:
    here = path.relative_to(site).as_posix()
    for target in page.loaded:
        if _is_foreign(target):
            yield f"{here} requests {target}, which is not of the site."
        elif not target.startswith("data:") and not _file(site, path, target).exists():
            yield f"{here} requests {target}, which does not exist."
    for target in dict.fromkeys(page.links):
        if urlsplit(target).scheme or target.startswith("//"):
            continue
        file, anchor = _file(site, path, target), unquote(urlsplit(target).fragment)
        if not file.exists():
            yield f"{here} links to {target}, which does not exist."
        elif anchor and file in pages and anchor not in pages[file].ids:
            yield f"{here} links to {target}, but the page has no such place."


def _file(site: Path, page: Path, target: str) -> Path:
    address = unquote(urlsplit(target).path)
    if not address:
        return page
    found = (site / address.lstrip("/")) if address.startswith("/") else page.parent / address
    found = Path(*found.resolve().parts)
    return found / "index.html" if found.is_dir() else found


def _is_foreign(target: str) -> bool:
    parts = urlsplit(target)
    return bool(parts.netloc) or parts.scheme in ("http", "https", "ftp", "ws", "wss")


def _in_style(text: str) -> list[str]:
    return [one or other for one, other in _IN_STYLE.findall(text)]
