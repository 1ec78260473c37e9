"""Old texts of reviews are emptied in landing, bronze and silver; scores and totals keep, and no delivery brings a text back."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ecom_lake.engine.build.bronze.delivered_rows import kind_rows
from ecom_lake.engine.build.bronze.deliveries import deliveries
from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.erasure import old_texts
from ecom_lake.engine.build.erasure.changed_state import stage_landing
from ecom_lake.engine.build.erasure.old_texts import has_old_texts, texts_since
from ecom_lake.engine.build.maintenance.expiry import is_overdue
from ecom_lake.engine.build.maintenance.garbage import collect_garbage, find_garbage
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.config import Retention
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.errors import UserError
from ecom_lake.settings import load
from ecom_lake.shop.connectors.canonical import CANONICAL
from ecom_lake.shop.connectors.olist import OLIST
from ecom_lake_tests.builders.forgotten import KEY, build_released, holding, site_with_key
from ecom_lake_tests.builders.olist_files import Row, a_site, customer, item, land, order, payment
from ecom_lake_tests.chaos.fault_injector import FaultInjector, injected

TODAY = date(2017, 3, 15)
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
    kept = kept_for(site, 30)
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
        (date(2017, 3, 15), 30, "2017-03-01"),  # the middle of February is 30 days ago
        (date(2017, 3, 15), 15, "2017-03-01"),
        (date(2017, 3, 15), 14, "2017-04-01"),  # 1 March is 14 days ago: its month goes
        (date(2017, 12, 31), 0, "2018-01-01"),
        (date(2017, 12, 31), 31, "2017-12-01"),
        (date(2017, 12, 31), None, ""),
    ],
)
def test_a_month_goes_when_its_first_text_is_old_enough(today: date, days: int | None, since: str, tmp_path: Path) -> None:
    assert texts_since(kept_for(a_site(tmp_path), days, today)) == since


def test_the_first_delivery_comes_without_old_texts_and_a_month_later_the_next_month_goes(tmp_path: Path) -> None:
    site = kept_for(a_site(tmp_path / "lake"), 30)
    land_shop(site)
    ingest(site)
    assert reviews(site) == EMPTIED and site.lake.log.head().texts_since == "2017-03-01"
    assert held(site) == set(YOUNG)
    later = kept_for(site, 30, date(2017, 4, 15))
    assert has_old_texts(later, later.lake.log.head())
    ingest(later)
    assert {text for _, _, text in reviews(later)} == {None}
    changed = [one.file for one in deliveries(later.lake.log.head()) if one.was]
    assert sorted(changed) == ["night.zip/order_reviews_2.csv", "order_reviews.csv"]


def test_what_comes_while_the_setting_is_unset_is_emptied_once_it_is_set_again(tmp_path: Path) -> None:
    site = kept_for(a_site(tmp_path / "lake"), 30)
    land_shop(site)
    ingest(site)
    unset = kept_for(site, None)
    land(unset, "order_reviews_4.csv", "order_reviews", [review(1, OLD[0], "2017-01-20 10:00:00", "2")])
    ingest(unset)
    assert ("r1", "2", OLD[0]) in reviews(unset) and unset.lake.log.head().texts_since == ""
    ingest(kept_for(site, 30))
    assert ("r1", "2", None) in reviews(site)


def test_what_another_ingest_adds_meanwhile_is_emptied_by_the_next_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unset = a_site(tmp_path / "lake")
    land_shop(unset)
    ingest(unset)
    kept = kept_for(unset, 30)

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


def test_a_night_that_is_killed_before_any_write_ends_in_the_same(tmp_path: Path) -> None:
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
        site = kept_for(a_site(root), 30)
        try:
            with injected(site, injector):
                ingest(site)
        except Killed:
            pass
        again = kept_for(a_site(root), 30)
        ingest(again)
        assert reviews(again) == EMPTIED and numbers(again) == numbers(base)
        assert held(again, "landing") == set(YOUNG)
        assert not has_old_texts(again, again.lake.log.head())
        if not injector.struck:
            break
    assert write > 8


def test_without_a_key_nothing_is_emptied_and_a_sentence_names_it(tmp_path: Path) -> None:
    site = replace(kept_for(a_site(tmp_path / "lake"), 30), erasure_key=b"")
    land_shop(site)
    with pytest.raises(UserError, match=r"texts_days of shop 'olist' needs ECOM_LAKE_ERASURE_KEY"):
        ingest(site)


def test_a_shop_with_a_map_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lake.toml").write_text(
        '[shops.mine]\nmap = "shoppers"\n[shops.mine.retention]\ntexts_days = 3\n', encoding="utf-8"
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
