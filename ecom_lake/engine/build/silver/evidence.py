"""Refused rows with their delivered records: as they are in bronze, also where a map made the refused rows from them."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from ecom_lake.engine.build.bronze.delivered_rows import delivered_rows, records, rows_by_delivery
from ecom_lake.engine.build.mapped.facets import RECORDS_IN_ONE, bronze_table, facets_of, is_unfolded
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.store.entry import Entry


def with_raw_records(
    site: Site, entry: Entry, source: str, refused: pl.DataFrame, rows: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The refused rows, each with its delivered record as JSON. `rows` are delivered rows among which the refused ones are."""
    wanted = refused.select(LINEAGE).unique()
    if site.map:
        raw = pl.concat([_NO_RECORDS, *_mapped_records(site, entry, source, wanted)])
    else:
        raw = _as_json(
            (delivered_rows(site, entry, source, refused) if rows is None else rows).join(wanted, on=LINEAGE, how="semi")
        )
    return (
        refused.join(raw, on=LINEAGE, how="left")
        .select(pl.lit(source).alias("source"), *LINEAGE, "rule", "column", "value", "raw_record")
        .sort(LINEAGE)
    )


_NO_RECORDS = pl.DataFrame(schema={"source_sequence": pl.Int64(), "source_record": pl.Int64(), "raw_record": pl.String()})


def _as_json(rows: pl.DataFrame) -> pl.DataFrame:
    fields = [name for name in rows.columns if name not in (*LINEAGE, "month")]
    return rows.select(*LINEAGE, pl.struct(fields).struct.json_encode().alias("raw_record"))


def _mapped_records(site: Site, entry: Entry, source: str, wanted: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The records of bronze that mapped rows were made from."""
    for facet in facets_of(site, source):
        table = bronze_table(site, facet)
        of_kind = wanted.filter(pl.col("source_sequence").is_in(rows_by_delivery(entry, table).keys()))
        if len(of_kind):
            record = pl.col("source_record") // (RECORDS_IN_ONE if is_unfolded(site, facet) else 1)
            numbers = of_kind.with_columns(record.alias("delivered_record"))
            found = records(site, entry, table, numbers.select("source_sequence", source_record="delivered_record"))
            delivered_as = {"source_record": "delivered_record"}
            yield numbers.join(_as_json(found).rename(delivered_as), on=["source_sequence", "delivered_record"]).select(
                _NO_RECORDS.columns
            )
