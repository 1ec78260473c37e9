"""The checks after every delivery: no file and no record is lost, and none is counted twice.

The lake is compared with the files themselves, not with its own counts: the counts in the log are checked too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from ecom_lake.engine.build.bronze.delivered_rows import rows_of
from ecom_lake.engine.build.release.own_tables import own_table
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver.specs import specs
from ecom_lake.engine.contracts.columns import TEXT
from ecom_lake.engine.contracts.connector import RowByRow
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.landing.archives import content_hash, unpack
from ecom_lake.engine.landing.csv_grammar import Grammar, after_empty_lines
from ecom_lake.engine.landing.encodings import encoding_of, utf8_blocks
from ecom_lake.engine.landing.header import Header, read_header
from ecom_lake.engine.landing.records import KEPT_CHARACTERS
from ecom_lake.engine.landing.refused import Refused
from ecom_lake.engine.landing.table_recognition import layout
from ecom_lake.engine.store.entry import Entry, File
from ecom_lake_tests.builders.olist_files import FILES
from ecom_lake_tests.fuzz.delivery import Dropped
from ecom_lake_tests.fuzz.planted import KEY

FATES = ("published", "superseded", "collapsed", "quarantined", "pending", "rejected")
MOST_LETTERS = 4 << 20
"""The number of characters up to which a text is counted character by character."""
LONGEST_SAID = 8_000
_IN_STORE = (
    r"_store/(log/\d{{8}}\.json"
    r"|manifests/[0-9a-f]{{32}}(\.copy)?\.json\.gz"
    r"|(bronze|rejects)/({})/[0-9a-f]{{32}}\.parquet"
    r"|(mapped|silver|gold|quarantine|pending)/[a-z_]+/((\d{{8}}-){{1,2}}|month-(\d{{4}}-\d{{2}}|undated)-|unplaced-)?[0-9a-f]{{12}}-[0-9a-f]{{16}}\.parquet)"
)
"""The files of a store; the tables of bronze are filled in."""


@dataclass
class Tally:
    """The counts of files and rows of a delivery, by result."""

    fates: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    """The number of refused files by reason."""
    planted: int = 0
    files: int = 0
    how: Counter[str] = field(default_factory=Counter)


def check(site: Site, before: Entry, after: Entry, dropped: Collection[Dropped]) -> Tally:
    tally = Tally(files=len(dropped), how=Counter(how for file in dropped for how in file.how))
    parts = by_content(after, FILES)
    new = {digest: found for digest, found in parts.items() if digest not in by_content(before, FILES)}
    for file in dropped:
        check_refusal(after, file, tally)
        for member_hash, path, name in members(site, after, file, parts):
            if member_hash in new:
                _check_reading(site, after, new[member_hash], path, name)
    for table in FILES:
        _check_ledger(site, after, table, new, tally)
    for file in dropped:
        tally.planted += _check_planted(site, after, file, parts)
    check_names(site)
    return tally


def by_content(entry: Entry, tables: Iterable[str]) -> dict[str, tuple[str, Part, File]]:
    """Every delivery by the hash of its content: its table, its part, its file."""
    return {
        file.delivery.content_hash: (table, part, file)
        for table in tables
        for part, file in entry.parts(TableId("bronze", table)).items()
        if file.delivery
    }


def check_refusal(after: Entry, file: Dropped, tally: Tally) -> None:
    landed = after.landing[file.name]
    reason = landed.refused
    if reason:
        tally.refused[_kind_of(reason)] += 1
        assert reason.isprintable() and reason.endswith(".") and len(reason) < LONGEST_SAID, f"not a sentence: {reason!r}"
        assert not re.search(r"Traceback|Error\b|Exception|<class|0x[0-9a-f]{6}", reason), f"not written for users: {reason!r}"
    if file.refused:
        assert any(words in reason for words in file.refused), f"{file.how} {file.table} should have been refused: {reason!r}"
    elif file.accepted:
        assert not reason, f"{file.how} {file.table} should have been read: {reason!r}"


def _kind_of(reason: str) -> str:
    words = (
        "no header", "has two columns", "lacks what", "none of the known tables", "has the columns of", "not a complete zip",
        "is damaged", "password", "holds no files", "times its size", "unpacks to more", "not delimited text", "is empty",
        "files, and", "columns, and", "long", "is not supported",
    )  # fmt: skip
    return next((word for word in words if word in reason), "other")


def members(site: Site, after: Entry, file: Dropped, parts: dict[str, tuple[str, Part, File]]) -> Iterator[tuple[str, Path, str]]:
    """The members of a landed file: each was delivered, or the file was refused with a reason."""
    reason = after.landing[file.name].refused
    path = site.lake.store.local(f"{site.shop.name}/landing/{file.name}")
    with site.lake.scratch() as scratch:
        try:
            for member in unpack(path, scratch, file.name):
                digest = "" if member.refused else content_hash(member.path)
                if digest in parts:
                    yield digest, member.path, member.name
                else:
                    assert reason, f"{member.name} is neither delivered nor refused"
        except Refused:
            assert reason, f"{file.name} is neither delivered nor refused"


def _check_reading(site: Site, after: Entry, found: tuple[str, Part, File], path: Path, name: str) -> None:
    """Bronze and rejects are the result of the grammar for the whole text, and contain all of its characters."""
    table, part, file = found
    text, header = _text(path, table)
    if header is None:
        assert file.rows == 0
        return
    rows, rejects = _slowly(text, Grammar(header.delimiter, len(header.names), header=header.fields))
    bronze = pl.read_parquet(site.lake.local(file), glob=False)
    columns = {column: place for column, place in layout(name, FILES[table], header).positions.items() if place is not None}
    wanted = sorted(columns, key=lambda column: columns[column] or 0)
    assert set(bronze.columns) == {*layout(name, FILES[table], header).positions, "source_record"}
    assert bronze.select(*wanted, "source_record").rows() == rows, f"{name}: bronze differs from the records of the grammar"
    refuse = after.parts(TableId("rejects", table)).get(part)
    kept = pl.read_parquet(site.lake.local(refuse), glob=False).select("source_record", "reason", "raw").rows() if refuse else []
    assert [reject[:2] for reject in kept] == rejects, f"{name}: rejects differ from the rejects of the grammar"
    if len(text) < MOST_LETTERS and all(len(raw) < KEPT_CHARACTERS for *_, raw in kept):
        seen = Counter[str]()
        for row in rows:
            seen.update(_letters("".join(str(field or "") for field in row[:-1])))
        seen.update(_letters("".join(raw for *_, raw in kept)))
        assert seen == _letters(text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")), (
            f"{name}: characters are missing"
        )


def _text(path: Path, table: str) -> tuple[str, Header | None]:
    """The text after the header."""
    whole = b"".join(utf8_blocks(path, encoding_of(path), 1 << 20))
    known = {column.casefold() for delivered in FILES.values() for column in delivered.columns}
    header = read_header(whole[: 1 << 20], known)
    return whole[header.size if header else 0 :].decode("utf-8", "surrogateescape"), header


def _slowly(text: str, grammar: Grammar) -> tuple[list[tuple[str | int | None, ...]], list[tuple[int, str]]]:
    rows: list[tuple[str | int | None, ...]] = []
    rejects: list[tuple[int, str]] = []
    text += "" if text.endswith(("\n", "\r")) else "\n"
    at, number, in_sync = after_empty_lines(text, 0), 0, True
    while at < len(text):
        found = grammar.record(text, at, True, in_sync)
        assert found is not None and found.end > at
        number += 1
        if found.reason:
            rejects.append((number, found.reason))
            in_sync = in_sync and found.reason not in ("text after a closing quote", "quote never closed")
        else:
            rows.append((*(field or None for field in found.fields), number))
            in_sync = True
        at = after_empty_lines(text, found.end)
    return rows, rejects


def _letters(text: str) -> Counter[str]:
    return Counter(filter(str.isalnum, text))


def _check_ledger(site: Site, after: Entry, table: str, new: Collection[str], tally: Tally) -> None:
    """Every delivered row is in at most one table; the others are counted as superseded or collapsed."""
    delivered = rows_of(site, after, table).collect()
    placed = rows_placed(site, after, table)
    lineage = delivered.select(LINEAGE)
    assert not placed.select(LINEAGE).is_duplicated().any(), f"{table}: a row is in two tables"
    assert placed.join(lineage, on=LINEAGE, how="anti").is_empty(), f"{table}: a row was never delivered"
    fates = own_table(site, after, "lake_fates").filter(pl.col("read_as") == table)
    for part, file in after.parts(TableId("bronze", table)).items():
        sequence = int(part.batch)
        counted = Counter({fate: rows for _, at, fate, rows in fates.iter_rows() if at == sequence})
        assert file.delivery and file.delivery.sequence == sequence
        assert sum(counted.values()) == file.rows, f"{table} {sequence}: {file.rows} rows became {dict(counted)}"
        here = Counter(placed.filter(pl.col("source_sequence") == sequence)["fate"])
        for fate in ("published", "quarantined", "pending"):
            assert counted[fate] == here[fate], (
                f"{table} {sequence}: {counted[fate]} rows counted as {fate}, but {here[fate]} are stored"
            )
        if file.delivery.content_hash in new:
            tally.fates.update(counted + Counter(rejected=file.delivery.rejected))
    _check_superseded(site, after, table, delivered.join(placed, on=LINEAGE, how="anti"))


def rows_placed(site: Site, after: Entry, table: str) -> pl.DataFrame:
    """The rows of silver, quarantine and pending that come from a delivered table, by lineage."""
    silver = next((TableId("silver", name) for name, spec in specs(site).items() if spec.source == table), None)
    places = {"published": silver, "quarantined": TableId("quarantine", table), "pending": TableId("pending", table)}
    frames = [
        pl.read_parquet(path, columns=list(LINEAGE), glob=False).with_columns(pl.lit(fate).alias("fate"))
        for fate, place in places.items()
        if place
        for path in site.lake.paths(after, place)
    ]
    return pl.concat(frames) if frames else pl.DataFrame(schema={name: pl.Int64() for name in LINEAGE} | {"fate": pl.String()})


def _check_superseded(site: Site, after: Entry, table: str, gone: pl.DataFrame) -> None:
    """The key of a superseded row belongs to another row now."""
    spec = next((spec for spec in specs(site).values() if spec.source == table), None)
    if not isinstance(spec, RowByRow) or gone.is_empty():
        return
    contract = spec.contract
    keys = [key for key in contract.key if contract.columns[key].kind == TEXT and key in gone.columns]
    silver = site.lake.silver(after, contract.name)
    if keys and silver is not None:
        texts = gone.with_columns(pl.col(key).str.strip_chars() for key in keys)
        assert texts.join(silver.collect(), on=keys, how="anti").is_empty(), f"{table}: a superseded row has no successor"


def _check_planted(site: Site, after: Entry, dropped: Dropped, parts: dict[str, tuple[str, Part, File]]) -> int:
    if not dropped.planted:
        return 0
    path = site.lake.store.local(f"{site.shop.name}/landing/{dropped.name}")
    table, part, _ = parts[content_hash(path)]
    assert table == dropped.table
    reasons = _reasons(site, after, table, part)
    for planted in dropped.planted:
        fate, reason, key = reasons.get(planted.record, ("superseded or collapsed", "", None))
        what = f"record {planted.record} of {dropped.name!r}"
        assert fate == planted.fate, f"{what} should be {planted.fate} ({planted.reasons}) but is {fate} ({reason})"
        if fate in ("rejected", "quarantined"):
            assert reason.startswith(planted.reasons), f"{what} is {fate} for {reason}, not for {planted.reasons}"
        elif fate == "published" and planted.key is not None:
            assert key == planted.key.strip(), f"{what} is published as {key!r}, not as {planted.key!r}"
    return len(dropped.planted)


def _reasons(site: Site, after: Entry, table: str, part: Part) -> dict[int, tuple[str, str, str | None]]:
    """For each record of a delivery: its fate, the reason of a refusal, and its published key."""
    found: dict[int, tuple[str, str, str | None]] = {}
    mine = pl.col("source_sequence") == int(part.batch)
    if reject := after.parts(TableId("rejects", table)).get(part):
        for record, reason in pl.read_parquet(site.lake.local(reject)).select("source_record", "reason").iter_rows():
            found[record] = ("rejected", reason, None)
    for path in site.lake.paths(after, TableId("quarantine", table)):
        for record, rule in pl.read_parquet(path, glob=False).filter(mine).select("source_record", "rule").iter_rows():
            found[record] = ("quarantined", rule, None)
    for path in site.lake.paths(after, TableId("pending", table)):
        for (record,) in pl.read_parquet(path, glob=False).filter(mine).select("source_record").iter_rows():
            found[record] = ("pending", "", None)
    silver = next((name for name, spec in specs(site).items() if spec.source == table), "")
    key = {"customer_unique_id": "customer_id"}.get(KEY.get(table, ""), KEY.get(table, "source_record"))
    for path in site.lake.paths(after, TableId("silver", silver)):
        rows = pl.read_parquet(path, glob=False).filter(mine)
        found |= {record: ("published", "", value) for record, value in zip(rows["source_record"], rows[key], strict=True)}
    return found


def check_names(site: Site) -> None:
    """Names in the store consist only of hashes, run ids and table names, and no temporary file is left."""
    known = re.compile(_IN_STORE.format("|".join(delivered.name for delivered in site.connector.delivered)))
    for info in site.lake.store.list(f"{site.shop.name}/_store"):
        path = info.path.removeprefix(f"{site.shop.name}/")
        assert known.fullmatch(path), f"{path} does not belong in the store"
