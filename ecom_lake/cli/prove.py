"""The command `forget --prove`: every byte of the lake and of what surrounds it is searched for ids.

Here: showing the result. Not here: the search (engine/forget/proof.py).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ecom_lake.cli import screen
from ecom_lake.cli.ids_file import read_ids
from ecom_lake.cli.lake_options import LakeOptions
from ecom_lake.cli.output_file import replacing
from ecom_lake.errors import UsageError
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.forget.outside import Kept
    from ecom_lake.engine.forget.proof_findings import Proof

SHOWN = 30
"""The findings that are shown; the certificate has all."""


def run_prove(
    ids: str, options: LakeOptions, also: Sequence[Path] = (), certificate: Path | None = None, as_json: bool = False
) -> int:
    """Search every place for the ids of a file; 1 if one was found or a file could not be read."""
    from ecom_lake.engine.forget.outside import kept_outside, places_to_prove
    from ecom_lake.engine.forget.proof import prove
    from ecom_lake.settings import log_to

    settings, site = options.settings(), options.landing_site()
    tokens = _tokens(read_ids("--prove", ids), options)
    log = Path(log_to()) if log_to() not in ("", "json", "text") else None
    if missing := next((place for place in also if not place.exists()), None):
        raise UsageError(f"--also {missing} does not exist: name a folder or a file.")
    with screen.progress() as bar:
        bar.add_task("reading every byte", total=None)
        proof = prove([*places_to_prove(settings, site, log), *also], tokens)
    kept = kept_outside(settings, site)
    document = proof.certificate() | {"kept_outside": [vars(one) for one in kept]}
    if certificate:
        with replacing(certificate) as draft:
            draft.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    if as_json:
        screen.show_json(document)
    else:
        _show(proof, kept)
    return 0 if proof.is_clean else 1


def _tokens(asked: Sequence[str], options: LakeOptions) -> list[str]:
    """The ids without their kind. Of a shop with a map, also what the map makes of them."""
    from ecom_lake.engine.build.erasure.source_ids import canonical_forms
    from ecom_lake.engine.build.landing_site import delivered_files
    from ecom_lake.engine.contracts.delivered import PERSON

    landing = options.landing_site()
    site = options.site() if landing.shop.map else None
    tables = site.connector.sources if site else delivered_files(landing.registry, landing.shop)
    kinds = {kind for table in tables for kind in table.ids.values()}
    values = [_without_kind(one, kinds) for one in asked]
    if site is None:
        return values
    by_kind: dict[str, list[str]] = {}
    for one, value in zip(asked, values, strict=True):
        by_kind.setdefault(PERSON if one == value else one.partition(":")[0], []).append(value)
    forms = [form for kind, some in by_kind.items() for form in canonical_forms(site, kind, some).values()]
    return sorted(set[str]().union(*forms))


def _without_kind(token: str, kinds: Collection[str]) -> str:
    """`order:7` is 7, as `forget` takes it."""
    kind, _, value = token.partition(":")
    return value.strip() if kind in kinds and value.strip() else token


def _show(proof: Proof, kept: Sequence[Kept]) -> None:
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in proof.files.items())
    files = counted(sum(proof.files.values()), "file")
    screen.show(f"Searched {files} ({kinds}), {screen.size(proof.bytes)}, for {counted(proof.searched, 'id')}.")
    screen.show("Places:", *(f"  {screen.printable(place)}" for place in proof.places))
    if proof.hits:
        rows = [
            (screen.printable(hit.place), hit.kind, screen.printable(hit.where), hit.first, screen.number(hit.ids))
            for hit in proof.hits
        ]
        screen.show("", f"Found in {counted(len({hit.place for hit in proof.hits}), 'file')}:")
        screen.show_table(["file", "found in", "column", "first", "ids"], rows[:SHOWN], right=["ids"])
        screen.show_remaining(len(rows), SHOWN)
    if proof.unread:
        screen.show("", f"{counted(len(proof.unread), 'file')} could not be read:")
        screen.show_table(["file", "why"], [(screen.printable(one.place), one.why) for one in proof.unread[:SHOWN]])
        screen.show_remaining(len(proof.unread), SHOWN)
    if kept:
        screen.show("", "Outside of these places, and not read:")
        screen.show(*(f"  {screen.printable(one.what)}: {one.remedy}" for one in kept))
    result = "No id was found, and every file was read." if proof.is_clean else "The ids are not gone: see the files above."
    screen.show("", result)
