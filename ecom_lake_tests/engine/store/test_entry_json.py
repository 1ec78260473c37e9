"""Log entries as JSON: entries of older versions are read with the same meaning."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime

import pytest

from ecom_lake.engine.contracts.table_id import WHOLE, Part, TableId
from ecom_lake.engine.store.entry import BuiltWith, Delivery, Entry, File, Landed, Made, Parts
from ecom_lake.engine.store.entry_json import (
    content_of_landing,
    content_of_parts,
    decode,
    encode,
    landing_of_content,
    parts_of_content,
)
from ecom_lake.engine.store.manifests import Content
from ecom_lake.engine.store.stored import Stored
from ecom_lake.errors import UserError

OLD = """
{"number":7,"parent":6,"run":"393eb555-2a41","at":"2026-11-28T16:42:41+00:00","message":"release","tables":{
"bronze/orders":{"00000006":{"path":"_store/bronze/orders/2577.parquet","rows":99441,"bytes":6302241,"hash":"6262",
"fingerprint":"2577","run":"","delivery":{"sequence":6,"file":"olist_orders_dataset.csv","content_hash":"2577",
"delivered_at":"2026-11-28 16:37:56","rejected":1,"extra_columns":["more"],"encoding":"utf-8"}}},
"silver/orders":{"month=2016-09":{"path":"_store/silver/orders/month-2016-09-393e-cc53.parquet","rows":4,"bytes":7404,
"hash":"cc53","fingerprint":"9d77-68bb","run":"393e","inputs":{"silver/order_index":"1637","bronze/orders":"e33f"},
"fates":[["orders",6,"published",4]],"failed":{"date_known":1}}},
"quarantine/orders":{"unplaced":{"path":"_store/quarantine/orders/unplaced-393e-aa.parquet","rows":1,"bytes":2,"hash":"aa",
"fingerprint":"9d77","run":"393e"}},
"gold/rfm":{"":{"path":"_store/gold/rfm/393e-bb.parquet","rows":3,"bytes":4,"hash":"bb","fingerprint":"f","run":"393e"}}},
"landing":{"orders.csv":{"stamp":"s","hash":"2577","reader":"r","refused":""}},"release":7,"pinned":false}
"""
"""An entry without a checksum, without settings and without the fields that came later."""


NO_PARTS: dict[str, Parts] = {}
NO_LANDING: dict[str, Mapping[str, Landed]] = {}


def old_bytes() -> bytes:
    return json.dumps(json.loads(OLD), separators=(",", ":")).encode()


def test_an_entry_of_an_older_version_is_read() -> None:
    entry = decode(old_bytes(), NO_PARTS.__getitem__, NO_LANDING.__getitem__)
    assert (entry.number, entry.parent, entry.release, entry.pinned, entry.built_with) == (7, 6, 7, False, None)
    assert datetime.fromisoformat(entry.at) == datetime(2026, 11, 28, 16, 42, 41, tzinfo=UTC)
    [bronze] = entry.parts(TableId("bronze", "orders")).values()
    assert bronze.delivery == Delivery(6, "olist_orders_dataset.csv", "2577", "2026-11-28 16:37:56", 1, ("more",), "utf-8")
    assert entry.parts(TableId("silver", "orders")) == {
        Part(month="2016-09"): File(
            path="_store/silver/orders/month-2016-09-393e-cc53.parquet",
            rows=4,
            bytes=7404,
            hash="cc53",
            fingerprint="9d77-68bb",
            run="393e",
            inputs={TableId("silver", "order_index"): "1637", TableId("bronze", "orders"): "e33f"},
            fates=(("orders", 6, "published", 4),),
            failed={"date_known": 1},
        )
    }
    assert list(entry.parts(TableId("quarantine", "orders"))) == [Part(batch="unplaced")]
    assert entry.parts(TableId("gold", "rfm"))[WHOLE].rows == 3
    assert entry.landing == {"orders.csv": Landed("s", "2577", "r")}


def test_versions_of_tables_equal_those_recorded_by_older_versions() -> None:
    """They are recorded as inputs of every file: if they were computed differently, an old lake would be rebuilt."""
    entry = decode(old_bytes(), NO_PARTS.__getitem__, NO_LANDING.__getitem__)
    assert entry.version(TableId("silver", "orders")) == "1ff516faac7af6d3"
    assert entry.version(TableId("quarantine", "orders")) == "f1d6d14aa6474f66"


def test_an_entry_is_read_back_as_it_was_written() -> None:
    made = Made(rows=1, fingerprint="f", run="r", inputs={TableId("bronze", "orders"): "v"})
    parts = {WHOLE: made.published("p", 2, "h")}
    manifests: dict[str, Parts] = {"manifest": parts}
    tables: dict[TableId, Parts] = {TableId("gold", "rfm"): Stored("version", "manifest", manifests.__getitem__)}
    settings = BuiltWith({"a": 1}, "d", "f", {"f": "d"})
    entry = Entry(1, None, "r", "2026-01-01T00:00:00+00:00", "m", tables, built_with=settings, definitions="d")
    again = decode(encode(entry), manifests.__getitem__, NO_LANDING.__getitem__)
    assert again == entry
    assert (again.version(TableId("gold", "rfm")), again.parts(TableId("gold", "rfm"))) == ("version", parts)
    assert b'"gold/rfm":["version","manifest"]' in encode(entry)


def test_an_entry_with_an_invalid_table_name_is_damaged() -> None:
    with pytest.raises(ValueError, match="is not the layer and the name of a table"):
        decode(old_bytes().replace(b'"gold/rfm"', b'"rfm"'), NO_PARTS.__getitem__, NO_LANDING.__getitem__)


def test_the_snapshot_of_a_model_is_recorded_and_older_files_have_none() -> None:
    made = Made(rows=1, fingerprint="f", run="r", as_of=date(2024, 2, 29), state=57)
    parts = {WHOLE: made.published("_store/gold/rfm/r-aa.parquet", 2, "aa")}
    recorded = content_of_parts(parts)
    assert json.loads(json.dumps(recorded.records))[""]["as_of"] == "2024-02-29"
    assert parts_of_content(recorded) == parts
    older = decode(old_bytes(), NO_PARTS.__getitem__, NO_LANDING.__getitem__).parts(TableId("gold", "rfm"))
    assert (older[WHOLE].as_of, older[WHOLE].state) == (None, None)
    assert content_of_parts(older).records[""].keys().isdisjoint({"as_of", "state"})


def stored(content: Content) -> Content:
    """As it is read back from a file."""
    return Content(**json.loads(json.dumps({"records": content.records, "shared": content.shared})))


def test_many_fates_and_different_inputs_of_parts_are_read_back() -> None:
    fates = tuple(("orders", number, "published", 1) for number in range(1_500))
    usual, none = {TableId("bronze", "orders"): "v"}, dict[TableId, str]()
    parts = {
        Part(month=f"2018-0{number}"): Made(rows=1, fingerprint="f", run="r", inputs=of, fates=fates).published("p", 2, "h")
        for number, of in enumerate((usual, usual, none), 1)
    }
    assert parts_of_content(stored(content_of_parts(parts))) == parts


def test_the_tables_that_a_refused_file_was_meant_for_are_read_back() -> None:
    landing = {"a.csv": Landed("s", "h", "r", "refused because", ("orders", "order_items")), "b.csv": Landed("s", "h", "r")}
    assert landing_of_content(stored(content_of_landing(landing))) == landing


def test_manifests_of_a_newer_version_are_not_damaged() -> None:
    """They have a field that this version does not know."""
    parts = {WHOLE: Made(rows=1, fingerprint="f", run="r").published("p", 2, "h")}
    contents = (
        (content_of_parts(parts), parts_of_content),
        (content_of_landing({"a.csv": Landed("s", "h", "r")}), landing_of_content),
    )
    for content, read in contents:
        newer = Content({key: {**record, "new_field": 1} for key, record in content.records.items()}, content.shared)
        with pytest.raises(UserError, match="was written by a newer version of ecom-lake: update this installation"):
            read(newer)
