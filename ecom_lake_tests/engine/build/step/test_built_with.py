"""The settings that a shop was built with: when a build accepts changed settings, and when it stops."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ecom_lake.engine.build.maintenance.copying import copy_shop
from ecom_lake.engine.build.maintenance.repair import repair
from ecom_lake.engine.build.shop_context import Site, open_site
from ecom_lake.engine.build.step.built_with import OtherSettingsError, changes, commit_made, values, why_refused
from ecom_lake.engine.build.step.commit import Inputs, commit
from ecom_lake.engine.store.entry import Entry, Landed
from ecom_lake.settings import load
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.built_lake import BuiltLake

AS_OF = "numbers = { as_of = 2018-05-31 }"
NOTHING_READ = Inputs(Entry(0, None, "", "", ""), ())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "lake"


def site_of(root: Path, folder: Path, toml: str | None, accept: bool = False) -> Site:
    """A shop with these settings in the lake.toml of its project folder; without a lake.toml if `toml` is None."""
    folder.mkdir(exist_ok=True)
    config = folder / "lake.toml"
    config.write_text(f"[shops.olist]\n{toml}\n", encoding="utf-8") if toml is not None else config.unlink(missing_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        settings = load(str(root), {})
    return open_site(settings, "olist", accept_settings=accept)


def make(site: Site) -> Entry:
    """Commits an entry, as a step does."""
    number = len(site.lake.log.numbers())
    return commit_made(site, lambda head: replace(head, landing={**head.landing, f"{number}.csv": Landed("", "", "")}), "a step")


def refused(site: Site) -> str:
    before = site.lake.log.numbers()
    with pytest.raises(OtherSettingsError) as error:
        make(site)
    assert site.lake.log.numbers() == before
    return str(error.value)


def test_every_state_records_every_setting_that_can_change_a_table(root: Path, tmp_path: Path) -> None:
    recorded = make(site_of(root, tmp_path / "project", AS_OF)).built_with
    assert recorded is not None
    sections = {f"numbers.{f}" for f in ShopSettings.model_fields} | {f"mining.{f}" for f in MiningSettings.model_fields}
    assert set(recorded.values) == {
        *sections,
        "connector",
        "first_month",
        "last_month",
        "landing",
        "map",
        "timezone",
        "without",
    }
    assert recorded.values["numbers.as_of"] == "2018-05-31"
    assert recorded.file == str(tmp_path / "project" / "lake.toml")


def test_an_edit_of_the_same_lake_toml_is_accepted_every_night(root: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    for toml in (AS_OF, 'last_month = "2018-10"', AS_OF):
        made = make(site_of(root, project, toml))
        assert made.built_with is not None
        assert made.built_with.values == values(site_of(root, project, toml).shop)


def test_without_the_file_a_build_stops_and_states_what_would_change(root: Path, tmp_path: Path) -> None:
    make(site_of(root, tmp_path / "project", f'last_month = "2018-10"\n{AS_OF}'))
    says = refused(site_of(root, tmp_path / "elsewhere", None))
    assert says.startswith(f"Shop 'olist' was last built with the settings of {tmp_path}/project/lake.toml, and there is no ")
    assert f"{tmp_path}/elsewhere/lake.toml, so that the defaults are in force." in says
    assert "It would change last_month 2018-10 → unset; numbers.as_of 2018-05-31 → unset." in says
    assert "`ecom-lake build --accept-settings`" in says


def test_with_another_file_a_build_stops(root: Path, tmp_path: Path) -> None:
    make(site_of(root, tmp_path / "project", AS_OF))
    says = refused(site_of(root, tmp_path / "other", "mining = { churn_days = 30 }"))
    assert f"{tmp_path}/other/lake.toml is another file" in says
    assert "mining.churn_days 90 → 30" in says


def test_an_older_copy_of_the_file_does_not_revert_the_settings(root: Path, tmp_path: Path) -> None:
    laptop, server = tmp_path / "laptop", tmp_path / "server"
    make(site_of(root, laptop, AS_OF))
    make(site_of(root, server, AS_OF))
    make(site_of(root, laptop, "numbers = { as_of = 2018-08-31 }"))
    assert f"{server}/lake.toml has not changed since this shop was last built with it" in refused(site_of(root, server, AS_OF))
    make(site_of(root, server, "numbers = { as_of = 2018-08-31 }"))


def test_another_checkout_is_accepted_after_a_build_with_equal_settings(root: Path, tmp_path: Path) -> None:
    make(site_of(root, tmp_path / "here", AS_OF))
    make(site_of(root, tmp_path / "moved", f"# the same, otherwise written\n{AS_OF}"))
    for place in ("moved", "here"):
        make(site_of(root, tmp_path / place, f"numbers = {{ as_of = 2018-0{len(place)}-01 }}"))


def test_an_unchanged_file_is_accepted_even_if_newer_code_reads_other_values(root: Path, tmp_path: Path) -> None:
    site = site_of(root, tmp_path / "project", AS_OF)
    recorded = make(site).built_with
    assert recorded is not None
    older = replace(recorded, values={**recorded.values, "mining.churn_days": 30})
    site.lake.log.commit(lambda head: replace(head, built_with=older), "test", "by older code")
    make(site_of(root, tmp_path / "moved", AS_OF))


def test_a_setting_that_came_with_newer_code_is_compared_with_its_default(root: Path, tmp_path: Path) -> None:
    recorded = make(site_of(root, tmp_path / "project", AS_OF)).built_with
    assert recorded is not None
    older = replace(recorded, values={name: v for name, v in recorded.values.items() if name != "mining.churn_days"})
    assert changes(site_of(root, tmp_path / "project", AS_OF).shop, older) == []
    other = changes(site_of(root, tmp_path / "project", f"{AS_OF}\nmining = {{ churn_days = 30 }}").shop, older)
    assert [str(change) for change in other] == ["mining.churn_days 90 → 30"]


def test_a_lake_without_a_record_takes_the_settings_in_force(root: Path, tmp_path: Path) -> None:
    site = site_of(root, tmp_path / "project", AS_OF)
    site.lake.log.commit(
        lambda head: replace(head, landing={"a.csv": Landed("", "", "")}), "test", "before settings were recorded"
    )
    assert b"built_with" not in site.lake.log.read(1), "the bytes of an entry without a record do not change"
    assert why_refused(site_of(root, tmp_path / "other", ""), site.lake.log.head()) is None
    recorded = make(site_of(root, tmp_path / "project", AS_OF)).built_with
    assert recorded is not None and recorded.values["numbers.as_of"] == "2018-05-31"
    refused(site_of(root, tmp_path / "other", ""))


def test_a_build_that_accepts_the_settings_changes_the_recorded_file(root: Path, tmp_path: Path) -> None:
    make(site_of(root, tmp_path / "project", AS_OF))
    make(site_of(root, tmp_path / "other", "", accept=True))
    make(site_of(root, tmp_path / "other", ""))
    refused(site_of(root, tmp_path / "project", AS_OF))


def test_a_setting_that_changes_no_table_is_not_compared(root: Path, tmp_path: Path) -> None:
    make(site_of(root, tmp_path / "project", ""))
    make(site_of(root, tmp_path / "other", 'nightly = "0 5 * * *"'))


def test_the_time_zone_changes_tables(root: Path, tmp_path: Path) -> None:
    make(site_of(root, tmp_path / "project", ""))
    refused(site_of(root, tmp_path / "other", 'timezone = "America/Sao_Paulo"'))


def test_a_step_that_finds_other_settings_commits_nothing(root: Path, tmp_path: Path) -> None:
    make(site_of(root, tmp_path / "project", AS_OF))
    with pytest.raises(OtherSettingsError):
        commit(site_of(root, tmp_path / "other", ""), NOTHING_READ, {}, "a step")


def test_copies_of_a_lake_have_its_record(root: Path, tmp_path: Path) -> None:
    site = site_of(root, tmp_path / "project", AS_OF)
    made = make(site)
    copy_shop(site, site_of(tmp_path / "copy", tmp_path / "project", AS_OF))
    copied = site_of(tmp_path / "copy", tmp_path / "other", "")
    assert copied.lake.log.head().built_with == made.built_with
    refused(copied)


def test_every_step_of_a_build_and_a_repair_look_before_they_work(fresh_lake: BuiltLake, tmp_path: Path) -> None:
    from ecom_lake.engine.build.build import steps

    other = site_of(fresh_lake.root, tmp_path / "other", 'last_month = "2017-12"')
    before = fresh_lake.site().lake.log.numbers()
    for table, step in [*steps(other), ("repair", lambda: repair(other))]:
        with pytest.raises(OtherSettingsError):
            step()
            pytest.fail(f"{table} was made")
    assert fresh_lake.site().lake.log.numbers() == before
