"""A draft as the text of a map: TOML in which every cell has its confidence and its reason as a comment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from ecom_lake.engine.landing.snake_case import snake_case
from ecom_lake.engine.mapping.draft.draft import Draft
from ecom_lake.engine.mapping.draft.drafted import DraftCell, DraftFacet, DraftWords
from ecom_lake.engine.mapping.draft.profile import KindProfile

_WIDTH = 60
_LAST_NUMBER = re.compile(r"[-_ .]*[0-9]([-_0-9. ]|t(?=[0-9]|$))*z?$", re.IGNORECASE)
"""The numbers at the end of a file's name: a date, a date and time as in `orders-20240201T100000Z`, or the beginning of one."""
_SHORTEST_NAME = 3
_MOST_FILES = 8


def draft_text(draft: Draft, name: str) -> str:
    """The file `maps/NAME.toml`."""
    return "\n".join([*_head(draft, name), *_body(draft)]) + "\n"


def _head(draft: Draft, name: str) -> Iterator[str]:
    files = [_on_one_line(file) for kind in draft.kinds for file in kind.files]
    more = f" and {len(files) - _MOST_FILES} more" if len(files) > _MOST_FILES else ""
    yield f"# A draft of the map of {name}, made by `ecom-lake map` from {', '.join(files[:_MOST_FILES])}{more}."
    yield "# Each cell states how certain it is (sure, likely or guess) and why. Check the cells that are not sure, then delete"
    yield "# the next line: a draft is not built. `ecom-lake map --check` shows what the map makes of the files."
    yield "draft = true"
    yield f"meaning = {_text(f'The export of {name}.')}"
    yield ""


def _body(draft: Draft) -> Iterator[str]:
    used = {facet.kind for facet in draft.facets}
    for kind in draft.kinds:
        if kind.name in used:
            yield from _kind(draft, kind)
    for facet in draft.facets:
        for words in facet.words:
            yield from _words(words)
    for facet in draft.facets:
        yield from _facet(facet)
    for sentence in draft.missing:
        yield f"# {_on_one_line(sentence)}"


def _kind(draft: Draft, kind: KindProfile) -> Iterator[str]:
    yield f"[files.{kind.name}]"
    yield f"names = [{', '.join(_text(glob) for glob in _globs(kind))}]"
    renamed = {name: column.header for name, column in kind.columns.items() if snake_case(column.header) != name}
    if renamed:
        yield f"columns = {{ {', '.join(f'{name} = {_text(header)}' for name, header in renamed.items())} }}"
    if kind.separator not in (",", ";", "\t", "|"):
        yield f"separator = {_text(kind.separator)}"
    if draft.decimal(kind) == ",":
        yield 'decimal = ","'
    if formats := draft.date_formats(kind):
        yield f"date_formats = [{', '.join(map(_text, formats))}]"
    if any("nth()" in cell.expression for facet in draft.facets if facet.kind == kind.name for cell in facet.cells):
        yield 'whole = "order" # an order that comes again comes with all its lines'
    if unused := draft.unused(kind):
        yield f"# not used: {', '.join(column.name for column in unused)}"
    yield ""


def _globs(kind: KindProfile) -> list[str]:
    """A pattern that later files of the same kind match too: what the names have in common, without dates and numbers."""
    common = _LAST_NUMBER.sub("", _common_beginning([_stem(file) for file in kind.files]))
    return [f"{common}*"] if len(common) >= _SHORTEST_NAME else [*kind.files]


def _common_beginning(names: Sequence[str]) -> str:
    first, last = min(names), max(names)
    differs = (at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(differs, min(len(first), len(last)))]


def _stem(file: str) -> str:
    return file.split(".")[0]


def _words(words: DraftWords) -> Iterator[str]:
    yield f"[words.{words.name}]"
    for word, value in words.words.items():
        yield f"{_text(word)} = {_text(value)}"
    for word, rows in words.unknown.items():
        yield f"# {_text(_on_one_line(word))} = ? # not known, in {rows:,} rows"
    yield f"else = {_text(words.otherwise)}"
    yield ""


def _facet(facet: DraftFacet) -> Iterator[str]:
    yield f"[{facet.table}]"
    for note in facet.notes:
        yield f"# {_on_one_line(note)}"
    yield f"from = {_text(facet.kind)}"
    if facet.per:
        yield f"per = {_text(facet.per)}"
    if facet.where:
        yield f"where = {_text(facet.where)}"
    for cell in facet.cells:
        line = f"{cell.target} = {_expression(cell)}"
        yield f"{line.ljust(_WIDTH)} # {cell.confidence}: {_on_one_line(cell.reason)}"
    yield ""


def _expression(cell: DraftCell) -> str:
    return cell.expression if cell.expression.isdigit() else _text(cell.expression)


def _text(text: str) -> str:
    """A basic string of TOML: the escapes of JSON are escapes of TOML too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _on_one_line(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text)
