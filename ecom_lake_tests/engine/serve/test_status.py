from __future__ import annotations

from dataclasses import replace

import pytest

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.release.release import roll_back
from ecom_lake.engine.build.step.trouble import keep, troubles
from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.engine.serve.released import released
from ecom_lake.engine.serve.status import Status, status_of
from ecom_lake.errors import UsageError
from ecom_lake_tests.builders.built_lake import ONE_MORE_ORDER, BuiltLake
from ecom_lake_tests.catalog import recipe


def after(lake: BuiltLake, name: str, content: str) -> Status:
    (lake.landing / name).write_text(content, encoding="utf-8")
    return status_of(lake.site())


def test_a_shop_that_was_just_built_needs_nothing(built_lake: BuiltLake) -> None:
    found = status_of(built_lake.site())
    assert not found.needs_attention
    assert (found.advice, found.waiting, dict(found.refused), dict(found.stale), found.unreleased) == ((), (), {}, {}, ())
    assert found.release == found.newest == released(built_lake.site()).number


def test_it_counts_the_planted_rejects_and_quarantined_rows(built_lake: BuiltLake) -> None:
    found = status_of(built_lake.site())
    planted = {file.removesuffix("_dataset.csv").removeprefix("olist_"): fate for file, fate in built_lake.truths.files.items()}
    assert found.rejected == {table: fate.rejected for table, fate in sorted(planted.items()) if fate.rejected}
    assert found.quarantined == {table: fate.quarantined for table, fate in sorted(planted.items()) if fate.quarantined}
    assert found.pending == {table: fate.pending for table, fate in sorted(planted.items()) if fate.pending}


def test_a_new_file_in_landing_waits_until_it_is_built(fresh_lake: BuiltLake) -> None:
    found = after(fresh_lake, "more_orders.csv", ONE_MORE_ORDER)
    assert found.waiting == ("more_orders.csv",)
    assert found.advice == ("Run `ecom-lake build`: files are waiting in landing.",)
    build(fresh_lake.site())
    assert not status_of(fresh_lake.site()).needs_attention


def test_a_refused_file_is_listed_until_it_is_fixed(fresh_lake: BuiltLake) -> None:
    (fresh_lake.landing / "orders.csv").write_text("order_id,customer\n1,2\n", encoding="utf-8")
    ingest(fresh_lake.site())
    found = status_of(fresh_lake.site())
    assert list(found.refused) == ["orders.csv"]
    assert "order_status" in found.refused["orders.csv"]
    assert found.waiting == ()
    assert "Fix or remove" in found.advice[0]
    fixed = after(fresh_lake, "orders.csv", ONE_MORE_ORDER)
    assert (fixed.waiting, dict(fixed.refused)) == (("orders.csv",), {})
    build(fresh_lake.site())
    assert not status_of(fresh_lake.site()).needs_attention


def test_tables_are_stale_after_an_ingest_without_a_build(fresh_lake: BuiltLake) -> None:
    (fresh_lake.landing / "more_orders.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    ingest(fresh_lake.site())
    found = status_of(fresh_lake.site())
    assert found.stale["silver/order_index"] == "older than bronze/orders"
    assert found.advice == ("Run `ecom-lake build`: some tables are older than their inputs.",)


def test_a_missing_table_is_due_and_the_release_does_not_change(fresh_lake: BuiltLake) -> None:
    before = released(fresh_lake.site())
    fresh_lake.site().lake.log.commit(
        lambda head: head.with_parts(TableId("gold", "kpi_summary"), {WHOLE: None}), "test", "removed"
    )
    found = status_of(fresh_lake.site())
    assert found.stale["gold/kpi_summary"] == "never built"
    assert found.unreleased == ("gold/kpi_summary",)
    assert (found.release, released(fresh_lake.site())) == (before.number, before)


def test_a_pinned_release_is_reported(fresh_lake: BuiltLake) -> None:
    roll_back(fresh_lake.site(), released(fresh_lake.site()).number)
    found = status_of(fresh_lake.site())
    assert found.pinned
    assert [advice.split(";")[0] for advice in found.advice] == [f"Release {found.release} is pinned"]


def test_for_a_shop_without_files_the_advice_states_what_to_do(fresh_lake: BuiltLake) -> None:
    with pytest.raises(
        UsageError, match=r"'empty' has nothing yet in .*: land its export with `ecom-lake land PATH --shop empty`"
    ):
        status_of(fresh_lake.site("empty"))
    (fresh_lake.root / "empty" / "landing").mkdir(parents=True)
    (fresh_lake.root / "empty" / "landing" / "orders.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    with pytest.raises(UsageError, match=r"has 1 landed file and was never built: run `ecom-lake build --shop empty`"):
        status_of(fresh_lake.site("empty"))


def test_a_state_that_was_never_released_cannot_be_read(fresh_lake: BuiltLake) -> None:
    site = fresh_lake.site("empty")
    (fresh_lake.root / "empty" / "landing").mkdir(parents=True)
    (fresh_lake.root / "empty" / "landing" / "orders.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    ingest(site)
    assert status_of(site).release is None
    with pytest.raises(UsageError, match="was built but never released: `ecom-lake status --shop empty` shows why"):
        released(site)


def test_the_failure_of_the_last_build_is_reported_until_the_next_release(
    fresh_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = fresh_lake.site()
    good, native = recipe("kpi_daily"), Registry.recipe
    assert good.sql is not None
    faulty_recipe = replace(good, sql=good.sql.replace("as orders,", "- 9 as orders,", 1))
    with monkeypatch.context() as patch:
        patch.setattr(
            Registry, "recipe", lambda registry, table: faulty_recipe if table == "kpi_daily" else native(registry, table)
        )
        assert build(site)[-1].refused
        found = status_of(fresh_lake.site())
    [trouble] = found.troubles
    assert (trouble.table, trouble.kind, trouble.run) == ("gold/kpi_daily", "refused", site.run)
    assert "orders_out_of_range" in trouble.says[0]
    assert trouble.evidence[0]["rule"] == "orders_out_of_range"
    assert found.advice[0].startswith("The last build stopped at gold/kpi_daily: Failed rules: orders_out_of_range, ")
    assert len(found.advice) == 1
    assert status_of(fresh_lake.site()).troubles == (), "with the correct code nothing is due, so nothing blocks the release"
    (fresh_lake.landing / "more_orders.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    assert status_of(fresh_lake.site()).troubles == (trouble,)
    build(fresh_lake.site())
    found = status_of(fresh_lake.site())
    assert (found.troubles, found.needs_attention, troubles(site)) == ((), False, [])


def test_a_failure_to_publish_is_reported_where_nothing_is_due(fresh_lake: BuiltLake) -> None:
    keep(fresh_lake.site(), "published/warehouse", "failed", ["It is down."], [])
    found = status_of(fresh_lake.site())
    assert found.advice == ("published/warehouse failed: It is down. Remove the cause; then run `ecom-lake publish`.",)


def test_each_of_several_failures_is_reported(fresh_lake: BuiltLake) -> None:
    (fresh_lake.landing / "more_orders.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    for table in ("gold/rfm", "published/first", "published/second", "landing"):
        keep(fresh_lake.site(), table, "failed", ["It is down."], [])
    found = status_of(fresh_lake.site())
    assert found.advice[:4] == (
        "The last build stopped at gold/rfm: It is down. Remove the cause; then run `ecom-lake build`.",
        "published/first failed: It is down. Remove the cause; then run `ecom-lake publish`.",
        "published/second failed: It is down. Remove the cause; then run `ecom-lake publish`.",
        "landing failed: It is down. Remove the cause; then run `ecom-lake pull`.",
    )


def test_tables_built_with_older_settings_are_reported_and_need_no_attention(fresh_lake: BuiltLake) -> None:
    config = fresh_lake.config.read_text(encoding="utf-8")
    other = config.replace('last_month = "2017-04"\n', 'last_month = "2017-04"\nmining = { max_basket_size = 7 }\n', 1)
    fresh_lake.config.write_text(other, encoding="utf-8")
    found = status_of(fresh_lake.site())
    assert "gold/basket_rules" in found.outdated
    assert not {table for table in found.outdated if table.startswith("silver/")}
    assert found.settings == "not those of the release: mining.max_basket_size 100 → 7"
    assert not found.needs_attention


def test_after_a_rollback_the_settings_of_that_release_are_reported_and_builds_continue_from_the_newest(
    fresh_lake: BuiltLake,
) -> None:
    release = released(fresh_lake.site()).number
    with fresh_lake.config.open("a", encoding="utf-8") as config:
        config.write("\n[shops.olist.numbers]\nrepeat_days = 30\n")
    (fresh_lake.landing / "more_orders.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    ingest(fresh_lake.site())
    built_with = fresh_lake.site().lake.log.head().built_with
    assert built_with is not None and built_with.values["numbers.repeat_days"] == 30
    assert roll_back(fresh_lake.site(), release).built_with == built_with
    found = status_of(fresh_lake.site())
    assert found.settings == "not those of the release: numbers.repeat_days 90 → 30"
    assert not [advice for advice in found.advice if "A build stops" in advice]


def test_it_reports_the_free_disk_space(built_lake: BuiltLake) -> None:
    free = status_of(built_lake.site()).free
    assert free is not None and free > 0
