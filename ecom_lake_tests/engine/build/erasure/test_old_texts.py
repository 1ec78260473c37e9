"""Old texts of reviews are emptied in landing, bronze and silver; scores and totals keep, and no delivery brings a text back."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ecom_lake.engine.build.bronze.delivered_rows import kind_rows
from ecom_lake.engine.build.bronze.deliveries import deliveries, held_deliveries
from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.erasure import old_texts
from ecom_lake.engine.build.erasure.changed_state import stage_landing
from ecom_lake.engine.build.erasure.former_contents import delivered_before, rewritten_delivery
from ecom_lake.engine.build.erasure.old_texts import has_old_texts, texts_since
from ecom_lake.engine.build.maintenance.copying import Copied, copy_shop
from ecom_lake.engine.build.maintenance.expiry import is_overdue
from ecom_lake.engine.build.maintenance.garbage import collect_garbage, find_garbage
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.config import Retention
from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.engine.landing.encodings import empty_line
from ecom_lake.engine.store.entry import Entry, File
from ecom_lake.engine.store.lake import Lake
from ecom_lake.engine.store.landing_zone import Again
from ecom_lake.engine.store.landing_zone import land as land_files
from ecom_lake.errors import UserError
from ecom_lake.settings import load
from ecom_lake.shop.connectors.canonical import CANONICAL
from ecom_lake.shop.connectors.olist import OLIST
from ecom_lake_tests.builders.forgotten import KEY, build_released, holding, site_with_key
from ecom_lake_tests.builders.olist_files import Row, a_site, customer, item, land, order, payment
from ecom_lake_tests.chaos.fault_injector import FaultInjector, injected

DAYS = 62
TODAY = date(2017, 4, 20)  # 62 days before it is 17 February
OLD = ("written-in-january", "written-in-february", "written-on-no-day", "written-on-a-day-to-come", "a-title-of-january")
YOUNG = ("written-in-march",)


def kept_for(site: Site, days: int | None, today: date = TODAY) -> Site:
    """The same lake with another setting."""
    again = replace(site, shop=replace(site.shop, retention=Retention(texts_days=days)), erasure_key=KEY)
    vars(again)["today"] = today
    again.remembered.update(site.remembered)
    return again


def review(number: int, text: str, answered_at: str, score: str = "4", **more: str) -> Row:
    return {
        "review_id": f"r{number}",
        "order_id": f"o{number}",
        "review_score": score,
        "review_comment_message": text,
        "review_answer_timestamp": answered_at,
        **more,
    }


REVIEWS = [
    review(1, OLD[0], "2017-01-20 10:00:00", review_comment_title=OLD[4], review_creation_date="2017-03-20 00:00:00"),
    review(2, "", "2017-01-21 10:00:00", "5"),
    review(3, YOUNG[0], "2017-03-10 10:00:00", "1"),
]
MORE = [
    review(4, OLD[1], "", review_creation_date="2017-02-28 00:00:00"),
    review(5, OLD[2], "yesterday"),
    review(6, OLD[3], "2031-01-01 00:00:00"),
]


def land_shop(site: Site) -> None:
    numbers = range(1, 7)
    land(site, "customers.csv", "customers", [customer(number) for number in numbers])
    land(site, "orders.csv", "orders", [order(number) for number in numbers])
    land(site, "items.csv", "order_items", [item(number) for number in numbers])
    land(site, "payments.csv", "order_payments", [payment(number) for number in numbers])
    land(site, "products.csv", "products", [{"product_id": "p1", "product_category_name": "toys"}])
    land(site, "sellers.csv", "sellers", [{"seller_id": "s1"}])
    land_reviews(site)


def land_reviews(site: Site) -> None:
    land(site, "order_reviews.csv", "order_reviews", REVIEWS)
    more = land(site, "order_reviews_2.csv", "order_reviews", MORE)
    with zipfile.ZipFile(more.with_name("night.zip"), "w") as archive:
        archive.write(more, more.name)
    more.unlink()


def reviews(site: Site) -> list[tuple[str, str, str | None]]:
    """Each delivered review with its score and its text."""
    rows = kind_rows(site, site.lake.log.head(), "order_reviews").sort("review_id", "source_sequence")
    return list(rows.select("review_id", "review_score", "review_comment_message").collect().iter_rows())


def numbers(site: Site) -> list[int]:
    return sorted(one.sequence for one in deliveries(site.lake.log.head()))


def held(site: Site, folder: str = "") -> set[str]:
    """The texts that any file of the shop, or of a folder of it, holds."""
    root = Path(site.lake.store.url) / "olist" / folder
    return {text for found in holding(root, (*OLD, *YOUNG)).values() for text in found}


EMPTIED = [("r1", "4", None), ("r2", "5", None), ("r3", "1", YOUNG[0]), ("r4", "4", None), ("r5", "4", None), ("r6", "4", None)]


def silver_scores(site: Site) -> Sequence[object]:
    released = site.lake.log.released()
    assert released is not None
    paths = site.lake.paths(released, TableId("silver", "reviews"))
    return pl.concat([pl.read_parquet(path, glob=False) for path in paths]).sort("review_id").select("review_id", "score").rows()


def test_old_texts_are_nowhere_after_a_night_and_gc_scores_keep_and_no_delivery_brings_them_back(tmp_path: Path) -> None:
    site = kept_for(site_with_key(tmp_path / "lake"), None)
    land_shop(site)
    build_released(site)
    assert held(site) == {*OLD, *YOUNG}
    scores, delivered = silver_scores(site), numbers(site)
    tables = {"fct_orders", "customer_segments", "rfm"}
    before = {table: site.lake.log.head().parts(TableId("gold", table)) for table in tables}
    kept = kept_for(site, DAYS)
    assert is_overdue(kept)
    notes = [note for outcome in build(kept) for note in outcome.notes]
    assert "Emptied the texts of 4 delivered rows from before 2017-03-01: retention.texts_days." in notes
    assert not is_overdue(kept)
    collect_garbage(kept, find_garbage(kept, timedelta(0)))
    assert held(kept) == set(YOUNG)
    assert reviews(kept) == EMPTIED and silver_scores(kept) == scores and numbers(kept) == delivered
    after = {table: kept.lake.log.head().parts(TableId("gold", table)) for table in tables}
    assert {t: [f.rows for f in parts.values()] for t, parts in after.items()} == {
        t: [f.rows for f in parts.values()] for t, parts in before.items()
    }
    land_reviews(kept)  # the same bytes again
    build_released(kept)
    assert held(kept) == set(YOUNG) and numbers(kept) == delivered
    land(kept, "order_reviews_3.csv", "order_reviews", [*REVIEWS, *MORE])  # a full dump
    build_released(kept)
    assert held(kept) == set(YOUNG) and len(numbers(kept)) == len(delivered) + 1
    assert silver_scores(kept) == scores


@pytest.mark.parametrize(
    ("today", "days", "since"),
    [
        (date(2017, 4, 20), 62, "2017-03-01"),  # 17 February is 62 days ago
        (date(2017, 4, 20), 78, "2017-03-01"),  # 1 February is 78 days ago: its month goes
        (date(2017, 4, 20), 79, "2017-02-01"),
        (date(2017, 10, 1), 62, "2017-08-01"),  # 31 July is 62 days ago
        (date(2017, 12, 31), None, ""),
    ],
)
def test_a_month_goes_when_its_first_text_is_old_enough(today: date, days: int | None, since: str, tmp_path: Path) -> None:
    assert texts_since(kept_for(a_site(tmp_path), days, today)) == since


def test_with_the_shortest_time_every_text_stays_for_more_than_a_month(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    days = [date(2023, 3, 1) + timedelta(days=number) for number in range(400)]
    youngest_that_goes = [date.fromisoformat(texts_since(kept_for(site, DAYS, day))) - timedelta(days=1) for day in days]
    assert min(day - gone for day, gone in zip(days, youngest_that_goes, strict=True)) == timedelta(days=32)


def test_the_first_delivery_comes_without_old_texts_and_a_month_later_the_next_month_goes(tmp_path: Path) -> None:
    site = kept_for(a_site(tmp_path / "lake"), DAYS)
    land_shop(site)
    ingest(site)
    assert reviews(site) == EMPTIED and site.lake.log.head().texts_since == "2017-03-01"
    assert held(site) == set(YOUNG)
    later = kept_for(site, DAYS, date(2017, 5, 20))
    assert has_old_texts(later, later.lake.log.head())
    ingest(later)
    assert {text for _, _, text in reviews(later)} == {None}
    changed = [one.file for one in deliveries(later.lake.log.head()) if one.was]
    assert sorted(changed) == ["night.zip/order_reviews_2.csv", "order_reviews.csv"]


def test_a_delivery_that_moves_to_another_table_loses_its_texts_on_the_way_under_its_number(tmp_path: Path) -> None:
    """It keeps what an erasure recorded, and each content that it had is recognised when it comes again."""
    site = kept_for(a_site(tmp_path / "lake"), DAYS)
    tables = tuple(replace(one, name="ratings") if one.name == "order_reviews" else one for one in OLIST.delivered)
    landed = land(site, "order_reviews.csv", "order_reviews", REVIEWS)
    contents = [landed.read_bytes()]
    ingest(kept_for(replace(site, connector=replace(OLIST, delivered=tables)), DAYS))
    contents.append(landed.read_bytes())
    site.lake.log.commit(with_erased_rows, "", "as after an erasure")
    later = kept_for(site, DAYS, date(2017, 5, 20))  # the texts of March go, too
    for again in (b"", *contents):
        landed.with_name("order_reviews_2.csv" if again else ".none").write_bytes(again)
        ingest(later)
        head = later.lake.log.head()
        assert [(one.table, one.delivery.sequence, one.rows) for one in held_deliveries(head)] == [("order_reviews", 1, 3)]
        (delivery,) = deliveries(head)
        assert (delivery.erased, len(delivery.was)) == (2, 2)
        assert {text for _, _, text in reviews(later)} == {None} and held(later, "landing") == set()


def with_erased_rows(head: Entry) -> Entry:
    """The state whose delivered reviews had two more rows, of erased persons."""
    table = TableId("bronze", "ratings")
    return head.with_parts(
        table,
        {
            part: replace(file, delivery=replace(file.delivery, erased=2))
            for part, file in head.parts(table).items()
            if file.delivery
        },
    )


def test_what_comes_while_the_setting_is_unset_is_emptied_once_it_is_set_again(tmp_path: Path) -> None:
    site = kept_for(a_site(tmp_path / "lake"), DAYS)
    land_shop(site)
    ingest(site)
    unset = kept_for(site, None)
    land(unset, "order_reviews_4.csv", "order_reviews", [review(1, OLD[0], "2017-01-20 10:00:00", "2")])
    ingest(unset)
    assert ("r1", "2", OLD[0]) in reviews(unset) and unset.lake.log.head().texts_since == ""
    ingest(kept_for(site, DAYS))
    assert ("r1", "2", None) in reviews(site)


def test_what_another_ingest_adds_meanwhile_is_emptied_by_the_next_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unset = a_site(tmp_path / "lake")
    land_shop(unset)
    ingest(unset)
    kept = kept_for(unset, DAYS)

    def staged_late(*args: Any, **more: Any) -> dict[str, str]:
        land(unset, "order_reviews_4.csv", "order_reviews", [review(1, OLD[0], "2017-01-20 10:00:00", "2")])
        ingest(unset)
        return stage_landing(*args, **more)

    with monkeypatch.context() as patched, pytest.raises(UserError, match="1 text from before 2017-03-01 could not be emptied"):
        patched.setattr(old_texts, "stage_landing", staged_late)
        ingest(kept)
    assert has_old_texts(kept, kept.lake.log.head())
    ingest(kept)
    assert ("r1", "2", None) in reviews(kept) and held(kept, "landing") == set(YOUNG)


class Killed(BaseException):
    """The process ends here."""


def test_a_night_that_is_killed_before_any_write_ends_in_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(old_texts, "BATCH_BYTES", 1)  # two batches
    base = a_site(tmp_path / "base")
    land_shop(base)
    ingest(base)
    for write in count():
        root = tmp_path / f"lake-{write}"
        shutil.copytree(tmp_path / "base", root)
        ingest(a_site(root))  # the copied files have other stamps

        def die(call: Callable[[], object], _: int) -> object:
            raise Killed

        injector = FaultInjector(write, die)
        site = kept_for(a_site(root), DAYS)
        try:
            with injected(site, injector):
                ingest(site)
        except Killed:
            pass
        again = kept_for(a_site(root), DAYS)
        ingest(again)
        assert reviews(again) == EMPTIED and numbers(again) == numbers(base)
        assert held(again, "landing") == set(YOUNG)
        assert not has_old_texts(again, again.lake.log.head())
        if not injector.struck:
            break
    assert write > 14


def test_each_batch_is_committed_for_itself_and_the_day_is_named_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(old_texts, "BATCH_BYTES", 1)
    site = a_site(tmp_path / "lake")
    land_shop(site)
    land(site, "order_reviews_7.csv", "order_reviews", [review(7, YOUNG[0], "2017-03-10 10:00:00")])
    ingest(site)
    before, changed = site.lake.log.head().number, list[int]()

    def counting(*args: Any, **more: Any) -> dict[str, str]:
        changed.append(len(args[2]))
        return stage_landing(*args, **more)

    monkeypatch.setattr(old_texts, "stage_landing", counting)
    kept = kept_for(site, DAYS)
    ingest(kept)
    assert changed == [1, 1] and reviews(kept)[:6] == EMPTIED
    states = [kept.lake.log.entry(number) for number in kept.lake.log.numbers() if number > before]
    emptied = [state.texts_since for state in states if state.message == "bronze, texts before 2017-03-01 emptied"]
    assert emptied == ["", ""] and states[-1].texts_since == "2017-03-01"


def test_content_that_comes_again_with_land_again_counts_as_the_newest(tmp_path: Path) -> None:
    site = kept_for(a_site(tmp_path / "lake"), None)
    land_shop(site)
    export = tmp_path / "order_reviews.csv"
    shutil.copy(site.lake.store.local("olist/landing/order_reviews.csv"), export)
    ingest(site)
    kept = kept_for(site, DAYS)
    ingest(kept)
    land(kept, "order_reviews.csv", "order_reviews", [review(1, OLD[0], "2017-01-20 10:00:00", "2")])
    ingest(kept)
    (known,) = land_files(kept.lake, [export], rewritten=rewritten_delivery(kept))
    assert (known.fate, known.name) == ("known", "order_reviews.csv")
    assert _land_again(kept, export) == ["landed"]
    ingest(kept)
    assert [score for name, score, _ in reviews(kept) if name == "r1"] == ["4", "2", "4"]
    assert held(kept, "landing") == set(YOUNG)


def _land_again(site: Site, export: Path) -> list[str]:
    return [arrival.fate for arrival in land_files(site.lake, [export], again=Again(delivered_before(site), empty_line))]


def test_content_that_equals_an_earlier_delivery_without_its_texts_only_is_delivered(tmp_path: Path) -> None:
    site = kept_for(a_site(tmp_path / "lake"), DAYS)
    old = [review(1, OLD[0], "2017-01-20 10:00:00", "4")]
    land(site, "order_reviews_1.csv", "order_reviews", old)
    ingest(site)
    land(site, "order_reviews_2.csv", "order_reviews", [review(1, "", "2017-01-20 10:00:00", "2")])
    ingest(site)
    for _ in range(2):  # it is recognised when it comes again
        land(site, "order_reviews_3.csv", "order_reviews", [review(1, OLD[1], "2017-01-20 10:00:00", "4")])
        ingest(site)
        assert [score for _, score, _ in reviews(site)] == ["4", "2", "4"]
    assert held(site) == set() and len(numbers(site)) == 3


def test_every_model_is_due_once_texts_were_emptied_whatever_it_reads(tmp_path: Path) -> None:
    site = kept_for(a_site(tmp_path / "lake"), None)
    land_shop(site)
    ingest(site)
    table = TableId("gold", "model_of_a_user")
    model = File(rows=1, fingerprint="its code", run="run", path="path", bytes=1, hash="hash", as_of=TODAY, state=1)
    site.lake.log.commit(lambda head: head.with_parts(table, {WHOLE: model}), "run", "a model ran")
    ingest(kept_for(site, DAYS))
    assert site.lake.log.head().parts(table) == {WHOLE: replace(model, as_of=None, fingerprint="")}


@pytest.mark.parametrize("first_copy", ["complete", "stopped before the log"])
def test_a_copy_that_was_made_before_loses_the_texts_in_landing_too(first_copy: str, tmp_path: Path) -> None:
    site = kept_for(a_site(tmp_path / "lake"), None)
    there = replace(site, lake=Lake(str(tmp_path / "copy"), "olist"))
    land_shop(site)
    expired = land(site, "order_reviews_9.csv", "order_reviews", [review(9, OLD[0], "2017-01-20 10:00:00")])
    ingest(site)
    with suppress(KeyboardInterrupt):
        copy_shop(site, there, (lambda *_: None) if first_copy == "complete" else _stop_at_the_end)
    assert bool(there.lake.log.numbers()) == (first_copy == "complete")
    there.lake.landing.write("mine.csv", b"nothing of the source")
    kept = kept_for(site, DAYS)
    expired.unlink()  # as landing_days deletes it
    ingest(kept)
    assert held(there, "landing") == {*OLD, *YOUNG}
    with pytest.raises(UserError, match="needs ECOM_LAKE_ERASURE_KEY"):
        copy_shop(replace(kept, erasure_key=b""), there)
    copy_shop(kept, there)
    assert held(there, "landing") == set(YOUNG) and there.lake.log.head() == kept.lake.log.head()
    landed = {path: kept.lake.landing.read(path) for path in kept.lake.log.head().landing}
    assert {info.path: there.lake.landing.read(info.path) for info in there.lake.landing.list("")} == {
        **landed,
        "mine.csv": b"nothing of the source",
    }
    assert copy_shop(kept, there) == Copied(0, 0, 0, 0)


def test_a_copy_loses_the_texts_where_landing_is_empty_too(tmp_path: Path) -> None:
    site = kept_for(a_site(tmp_path / "lake"), None)
    there = replace(site, lake=Lake(str(tmp_path / "copy"), "olist"))
    expired = land(site, "order_reviews_9.csv", "order_reviews", [review(9, OLD[0], "2017-01-20 10:00:00")])
    ingest(site)
    copy_shop(site, there)
    expired.unlink()  # as landing_days deletes it
    kept = kept_for(site, DAYS)
    ingest(kept)
    assert copy_shop(kept, there).deleted == 1 and held(there, "landing") == set()


def _stop_at_the_end(path: str, done: int, total: int) -> None:
    if done == total:
        raise KeyboardInterrupt


def test_another_file_under_the_name_of_a_rewritten_one_stays_in_the_copy(tmp_path: Path) -> None:
    site = kept_for(a_site(tmp_path / "lake"), None)
    there = replace(site, lake=Lake(str(tmp_path / "copy"), "olist"))
    land_shop(site)
    ingest(site)
    copy_shop(site, there)
    mine = land(there, "order_reviews.csv", "order_reviews", [review(1, OLD[0], "2017-01-20 10:00:00", "2")]).read_bytes()
    kept = kept_for(site, DAYS)
    ingest(kept)
    with pytest.raises(UserError, match="is another file of that name"):
        copy_shop(kept, there)
    assert there.lake.landing.read("order_reviews.csv") == mine


def test_without_a_key_nothing_is_emptied_and_a_sentence_names_it(tmp_path: Path) -> None:
    site = replace(kept_for(a_site(tmp_path / "lake"), DAYS), erasure_key=b"")
    land_shop(site)
    with pytest.raises(UserError, match=r"texts_days of shop 'olist' needs ECOM_LAKE_ERASURE_KEY"):
        ingest(site)


def test_a_shop_with_a_map_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lake.toml").write_text(
        '[shops.mine]\nmap = "shoppers"\n[shops.mine.retention]\ntexts_days = 62\n', encoding="utf-8"
    )
    with pytest.raises(UserError, match="texts_days cannot be set for a shop with a map"):
        load(environment={"ECOM_LAKE_CONFIG": str(tmp_path / "lake.toml")}).shop("mine")


@pytest.mark.parametrize("connector", [OLIST, CANONICAL], ids=["olist", "canonical"])
def test_reviews_declare_their_texts_and_times(connector: object) -> None:
    assert connector in (OLIST, CANONICAL)
    delivered = (OLIST if connector is OLIST else CANONICAL).delivered
    [table] = [one for one in delivered if one.texts]
    assert set(table.texts) <= set(table.personal) and len(table.texts) == len(table.written_at) == 2
    assert {*table.texts, *table.written_at} <= set(table.columns)
