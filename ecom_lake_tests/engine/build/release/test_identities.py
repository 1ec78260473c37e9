"""Identities that held at the last release are evaluated again exactly if one of their inputs changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import duckdb
import polars as pl
import pytest

from ecom_lake.engine.build.release import identities as module
from ecom_lake.engine.build.release.identities import Checked, check_identities, identities_of, still_held
from ecom_lake.engine.build.release.release import make_release, roll_back
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.recipe import SETTINGS
from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.engine.serve.difference import last_two_releases
from ecom_lake.engine.store.entry import Entry, File
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.built_lake import BuiltLake

KPIS = TableId("gold", "kpi_monthly")


def names(found: Sequence[Checked]) -> set[tuple[str, str]]:
    return {(one.table, one.identity.name) for one in found}


def reading(site: Site, table: TableId) -> set[tuple[str, str]]:
    """The identities that are checked with this table as it is released: those of a model only if the table is a model's."""
    return names([one for one in identities_of(site) if table.name in one.reads and _reads_released(site, one, table.name)])


def _reads_released(site: Site, one: Checked, table: str) -> bool:
    how = site.registry.recipe(one.table)
    return how.fit is None or any(table in model.tables for model in site.registry.compared_models(how))


def changed(entry: Entry, table: TableId) -> Entry:
    """The entry with another version of the last part of a table."""
    part, file = sorted(entry.parts(table).items())[-1]
    return entry.with_parts(table, {part: replace(file, hash="0" * 32)})


def test_after_a_release_no_identity_is_evaluated_again(grown_lake: BuiltLake) -> None:
    site = grown_lake.site()
    head = site.lake.log.head()
    everything = identities_of(site)
    assert len(everything) > 100
    assert still_held(site, head, everything) == everything
    number = len(everything)
    assert check_identities(site, head).says == (
        f"All {number} identities hold. The tables of {number} of them are unchanged since release {head.release}."
    )


def test_a_changed_table_has_exactly_its_own_identities_evaluated_again(grown_lake: BuiltLake) -> None:
    """Every table that any identity reads."""
    site = grown_lake.site()
    head, everything = site.lake.log.head(), identities_of(site)
    tables = sorted({site.registry.table(read).id for one in everything for read in one.reads if read != SETTINGS})
    assert len(tables) > 50 and {table.layer for table in tables} == {"silver", "gold"}
    for table in tables:
        again = names(everything) - names(still_held(site, changed(head, table), everything))
        assert again == reading(site, table), table


def test_a_table_that_lost_a_part_or_all_of_its_files_is_a_changed_table(grown_lake: BuiltLake) -> None:
    site = grown_lake.site()
    head, everything = site.lake.log.head(), identities_of(site)
    orders = TableId("silver", "orders")
    for lost in ([sorted(head.parts(orders))[0]], list(head.parts(orders))):
        without = head.with_parts(orders, dict.fromkeys(lost))
        assert names(everything) - names(still_held(site, without, everything)) == reading(site, orders)


def test_a_table_without_files_has_its_identities_evaluated_always(fresh_grown_lake: BuiltLake) -> None:
    """Its columns come from its contract, which no version covers."""
    site = fresh_grown_lake.site()
    everything = identities_of(site)
    site.lake.log.commit(
        lambda head: replace(without := head.with_parts(KPIS, {WHOLE: None}), identities_held=module.held_digest(site, without)),
        "run",
        "release",
        release=True,
    )
    held = still_held(site, site.lake.log.head(), everything)
    assert names(everything) - names(held) == reading(site, KPIS)


def _other_query(found: list[Checked], n: int) -> list[Checked]:
    one = found[n]
    return [*found[:n], Checked(one.table, replace(one.identity, breaks=f"{one.identity.breaks} limit 1")), *found[n + 1 :]]


def test_one_changed_added_or_removed_identity_has_all_evaluated_again(grown_lake: BuiltLake) -> None:
    site = grown_lake.site()
    head, everything = site.lake.log.head(), identities_of(site)
    for n in range(len(everything)):
        assert not still_held(site, head, _other_query(everything, n))
        assert not still_held(site, head, everything[:n] + everything[n + 1 :])
    assert not still_held(site, head, [*everything, everything[0]])


def _other_settings(site: Site, _: pytest.MonkeyPatch) -> Site:
    numbers = site.shop.numbers
    return replace(site, shop=replace(site.shop, numbers=numbers.model_copy(update={"currency": "£"})))


def _other_code(site: Site, patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(module, "code_version", lambda *modules: "another version of the code")
    return site


def _other_duckdb(site: Site, patch: pytest.MonkeyPatch) -> Site:
    patch.setattr(duckdb, "__version__", "0.0.1")
    return site


def _full_build(site: Site, _: pytest.MonkeyPatch) -> Site:
    return replace(site, full=True)


@pytest.mark.parametrize("change", [_other_settings, _other_code, _other_duckdb, _full_build])
def test_other_settings_code_and_a_full_build_have_all_evaluated_again(
    grown_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch, change: Callable[[Site, pytest.MonkeyPatch], Site]
) -> None:
    site = grown_lake.site()
    assert not still_held(change(site, monkeypatch), site.lake.log.head(), identities_of(site))


def test_a_release_without_the_check_proves_nothing(fresh_grown_lake: BuiltLake) -> None:
    """An entry of an older version has no digest; one that was released without the check has that of other tables."""
    site = fresh_grown_lake.site()
    everything = identities_of(site)
    for change in (lambda head: changed(head, KPIS), lambda head: replace(head, identities_held="")):
        site.lake.log.commit(change, "run", "release", release=True)
        assert not still_held(site, site.lake.log.head(), everything)


def test_nothing_held_before_the_first_release(grown_lake: BuiltLake) -> None:
    site = grown_lake.site()
    assert not still_held(site, replace(site.lake.log.head(), release=None), identities_of(site))


def test_after_a_rollback_the_state_is_compared_with_the_release_that_readers_see(fresh_grown_lake: BuiltLake) -> None:
    site = fresh_grown_lake.site()
    old, new = map(site.lake.log.entry, last_two_releases(site))
    roll_back(site, old.number)
    pinned, everything = site.lake.log.head(), identities_of(site)
    differing = [table for table in new.tables if table.layer != "bronze" and old.version(table) != new.version(table)]
    again = names(everything) - names(still_held(site, pinned, everything))
    assert again == set().union(*(reading(site, table) for table in differing)) != set()


def replace_file(site: Site, table: TableId, change: pl.Expr) -> File:
    """Commits another file of a table, as a wrong build would."""
    current = site.lake.log.head().parts(table)[WHOLE]
    with site.lake.scratch() as scratch:
        pl.read_parquet(site.lake.local(current), glob=False).with_columns(change).write_parquet(scratch / "wrong.parquet")
        wrong = site.lake.publish(scratch / "wrong.parquet", table, WHOLE, current, current)
    site.lake.log.commit(lambda head: head.with_parts(table, {WHOLE: wrong}), site.run, "a wrong table")
    return wrong


def test_a_wrong_table_after_a_release_is_not_released(fresh_grown_lake: BuiltLake) -> None:
    site = fresh_grown_lake.site()
    replace_file(site, KPIS, pl.col("orders") + 1)
    check = check_identities(site, site.lake.log.head())
    assert check.blocks
    assert "months_sum_to_orders" in check.says
    assert {str(found["table"]) for found in check.evidence} >= {"kpi_monthly"}


def test_a_tampered_file_of_an_unchanged_table_stops_the_release(fresh_grown_lake: BuiltLake) -> None:
    """A file of the same size is found by its hash, although no identity that reads it is evaluated again."""
    site = fresh_grown_lake.site()
    replace_file(site, TableId("gold", "rfm_codes"), pl.all())
    tampered = site.lake.local(site.lake.log.head().parts(KPIS)[WHOLE])
    content = bytearray(tampered.read_bytes())
    content[len(content) // 2] ^= 1
    tampered.write_bytes(content)
    with pytest.raises(UserError, match=r"kpi_monthly.* has other content\. `ecom-lake repair` rebuilds it\."):
        check_identities(site, site.lake.log.head())


def test_changed_code_of_the_check_counts_also_where_nothing_else_changed(
    fresh_grown_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = fresh_grown_lake.site()

    def says() -> str:
        (check,) = [check for check in make_release(site).checks if check.name == module.NAME]
        return check.says

    assert says() == "Unchanged since the last release."
    _other_code(site, monkeypatch)
    assert says() == f"All {len(identities_of(site))} identities hold."
