"""synth, land, build, status, log, diff, rollback, unpin, gc, copy: the commands that change a lake."""

from __future__ import annotations

import gc
import inspect
import json
import tomllib
import zipfile
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import pytest

from ecom_lake.cli.synth import synth
from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.erasure.former_contents import keyed
from ecom_lake.engine.build.maintenance import copying
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.dagster import assets
from ecom_lake.engine.serve.difference import last_two_releases
from ecom_lake.engine.store.entry import Entry, File
from ecom_lake.engine.store.integrity import hash_file
from ecom_lake.engine.store.lake import Lake
from ecom_lake.publish.audiences.campaign import Campaign, read_campaign, write_campaign
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shapes.truths import ShapeTruths
from ecom_lake.synth.truths import Truths
from ecom_lake_tests.builders.built_lake import ONE_MORE_ORDER, BuiltLake, rewrite
from ecom_lake_tests.builders.forgotten import KEY
from ecom_lake_tests.builders.mapped_shop import MappedShop
from ecom_lake_tests.cli.conftest import Run


def an_export(folder: Path) -> Path:
    path = folder / "export" / "[red]orders.csv"
    path.parent.mkdir()
    path.write_text(ONE_MORE_ORDER, encoding="utf-8")
    return path


def test_synth_has_every_option_with_its_default() -> None:
    parameters = inspect.signature(synth).parameters
    offered = {name: one.default for name, one in parameters.items() if name not in ("folder", "options")}
    assert offered == {option.name: option.default for option in fields(SynthOptions)}


def test_synth_writes_the_truths_next_to_the_folder_and_prints_the_path(run: Run, tmp_path: Path) -> None:
    said = run("synth", "shop", "--orders", "100", "--broken", "0", "--first-month", "2017-01", "--last-month", "2017-02")
    assert said.code == 0
    assert len(list((tmp_path / "shop").glob("*.csv"))) == 9
    assert Truths.read(tmp_path / "shop.truths.json").totals.orders == 100
    assert str(tmp_path / "shop.truths.json") in said.out
    again = run("synth", "shop", "--orders", "100")
    assert (again.code, again.err) == (2, f"{tmp_path / 'shop'} exists and is not empty: name a new folder.\n")


def test_synth_makes_a_full_shop_and_names_its_connector(run: Run) -> None:
    said = run("synth", "shop", "--full", "--orders", "100", "--first-month", "2017-01", "--last-month", "2017-02")
    assert (said.code, Path("shop/order_items.csv").exists()) == (0, True)
    assert 'connector = "canonical"' in said.out
    assert Truths.read(Path("shop.truths.json")).full is not None


def test_synth_writes_the_export_of_another_shop_system(run: Run) -> None:
    said = run(
        "synth", "shop", "--as", "invoices", "--orders", "100", "--first-month", "2017-01", "--last-month", "2017-02", "--by-day"
    )
    assert (said.code, Path("shop/2017-02-01/invoices.csv").exists()) == (0, True)
    assert ShapeTruths.read(Path("shop.truths.json")).totals.orders > 90
    settings = tomllib.loads(said.out.partition("build.\n")[2].partition("ecom-lake")[0])
    assert settings == {"shops": {"mine": {"map": "invoices", "first_month": "2017-01", "timezone": "America/Sao_Paulo"}}}
    other = run("synth", "other", "--as", "woo_commerce")
    assert (other.code, Path("other").exists()) == (2, False)
    assert "did you mean woocommerce?" in other.err


def test_land_lists_landed_skipped_and_failed_files(run: Run, fresh_lake: BuiltLake, tmp_path: Path) -> None:
    export = an_export(tmp_path)
    first = run("land", str(export.parent), "nowhere.csv", at=fresh_lake)
    assert first.code == 1
    assert (first.err, "[red]orders.csv" in first.out) == ("nowhere.csv does not exist.\n", True)
    assert "Next: ecom-lake build" in first.out
    second = run("land", str(export), at=fresh_lake)
    assert second.code == 0
    assert "Skipped 1 file whose content landed before:" in second.out
    assert "Next:" not in second.out and "--again" not in second.out
    third = run("land", "--again", str(export), at=fresh_lake)
    assert (third.code, "Landed 1 file" in third.out, "Next: ecom-lake build" in third.out) == (0, True, True)


def test_land_names_a_skipped_file_after_which_a_newer_one_was_delivered(run: Run, fresh_lake: BuiltLake, tmp_path: Path) -> None:
    """The first file of orders that the lake got: another one is delivered after it."""
    first = min(fresh_lake.landing.rglob("*orders_dataset.csv"))
    copy = tmp_path / "orders.csv"
    copy.write_bytes(first.read_bytes())
    assert "--again" not in run("land", str(copy), at=fresh_lake).out
    (fresh_lake.landing / "more_orders.csv").write_text(ONE_MORE_ORDER, encoding="utf-8")
    ingest(fresh_lake.site())
    assert "To deliver these again, add --again:" in run("land", str(copy), at=fresh_lake).out


def test_land_skips_a_file_that_the_lake_has_rewritten_since(
    run: Run, fresh_lake: BuiltLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a build does when old texts go, its delivery has another content hash and the HMAC of the earlier one."""
    monkeypatch.setenv("ECOM_LAKE_ERASURE_KEY", KEY.decode())
    landed, export, site = min(fresh_lake.landing.rglob("*orders_dataset.csv")), tmp_path / "orders.csv", fresh_lake.site()
    landed.rename(export)
    table = TableId("bronze", "orders")

    def rewritten(head: Entry) -> Entry:
        (part, file) = next((part, file) for part, file in head.parts(table).items() if is_delivery_of(file, export))
        assert file.delivery is not None
        delivery = replace(file.delivery, content_hash="0" * 32, was=(keyed(site, hash_file(export), KEY),))
        return head.with_parts(table, {part: replace(file, delivery=delivery)})

    assert "Landed 1 file" in run("land", str(export), at=fresh_lake).out
    landed.with_name("orders.csv").unlink()
    site.lake.log.commit(rewritten, "", "rewritten")
    said = run("land", str(export), at=fresh_lake)
    assert "Skipped 1 file whose content landed before:" in said.out and landed.name in said.out
    assert list(fresh_lake.landing.rglob("orders.csv")) == []


def test_land_copies_new_files_whatever_the_state_of_the_log(
    run: Run, fresh_lake: BuiltLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry is not read without a key, under which rewritten files are recorded; a damaged one recognises none."""
    head = max((fresh_lake.root / "olist" / "_store" / "log").glob("*.json"))
    data = bytearray(head.read_bytes())
    data[-10] ^= 1
    head.write_bytes(data)
    export = an_export(tmp_path)
    for key in ("", KEY.decode()):
        monkeypatch.setenv("ECOM_LAKE_ERASURE_KEY", key)
        export.write_text(f"{export.read_text('utf-8')}\n", "utf-8")
        said = run("land", str(export), at=fresh_lake)
        assert (said.code, said.err, "Landed 1 file" in said.out) == (0, "", True)
    built = run("build", at=fresh_lake)
    assert built.code == 1 and "is damaged" in built.err


def is_delivery_of(file: File, export: Path) -> bool:
    return file.delivery is not None and file.delivery.content_hash == hash_file(export)


def test_land_names_the_table_of_each_file_and_proposes_a_map_for_the_others(
    run: Run, fresh_lake: BuiltLake, tmp_path: Path
) -> None:
    (tmp_path / "olist_sellers.csv").write_text(
        "seller_id,seller_zip_code_prefix,seller_city,seller_state\na1,01001,sao paulo,SP\n", "utf-8"
    )
    sheet = tmp_path / "my sheet.csv"
    sheet.write_text("Order Ref,Who,When,Total\n1,ann,2018-01-01,5\n", "utf-8")
    said = run("land", str(sheet), str(tmp_path / "olist_sellers.csv"))
    tables = {line.split()[0]: line.split()[-1] for line in said.out.splitlines() if ".csv" in line and " B" in line}
    assert tables == {"my": "unknown", "olist_sellers.csv": "sellers"}
    assert "1 file is none of the tables that the connector 'olist' reads: customers, orders, " in said.out
    assert f"ecom-lake map '{sheet}' --shop NAME" in said.out


def test_land_states_where_the_files_went_without_a_lake_toml(run: Run, tmp_path: Path) -> None:
    export = an_export(tmp_path)
    said = run("land", str(export))
    assert f"The files are in {tmp_path}/data/olist/landing. The defaults are in force: there is no lake.toml in" in said.out
    (tmp_path / "lake.toml").touch()
    export.write_text(f"{ONE_MORE_ORDER}\n", "utf-8")
    said = run("land", str(export))
    assert "Landed 1 file" in said.out and "defaults" not in said.out


def test_land_removes_what_it_unpacked_to_recognise_a_file(run: Run, tmp_path: Path) -> None:
    """An error on the way out would be printed to stderr, and is one here."""
    with zipfile.ZipFile(tmp_path / "sheet.zip", "w") as packed:
        packed.writestr("sheet.csv", "Order Ref,Who,When,Total\n1,ann,2018-01-01,5\n")
    said = run("land", str(tmp_path / "sheet.zip"))
    gc.collect()
    assert "sheet.zip" in said.out and "unknown" in said.out and said.err == ""


def test_land_says_what_a_build_will_refuse_and_reads_every_file(run: Run, fresh_lake: BuiltLake, tmp_path: Path) -> None:
    """The file without its columns comes after more files than are listed."""
    export = tmp_path / "export"
    export.mkdir()
    for number in range(11):
        (export / f"olist_sellers_{number}.csv").write_text(
            f"seller_id,seller_zip_code_prefix,seller_city,seller_state\na{number},01001,sao paulo,SP\n", "utf-8"
        )
    (export / "olist_orders_dataset.csv").write_text("order_id,customer_id\na1,c1\n", "utf-8")
    (export / "ratings.csv").write_text("Who,Stars\nann,5\n", "utf-8")
    said = run("land", str(export))
    assert "A build will refuse 1 file:" in said.out and "olist_orders_dataset.csv lacks what orders needs" in said.out
    assert "1 file is none of the tables that the connector 'olist' reads" in said.out and "ratings.csv" in said.out


SALES = """
[files.sales]

[orders]
from = "sales"
order_id = "ref"
customer_id = "who"
ordered_at = "day"
"""


def test_files_are_landed_while_the_map_is_a_draft(run: Run, tmp_path: Path) -> None:
    at, sheet = _with_map(tmp_path, f"draft = true\n{SALES}")
    said = run("land", str(sheet), *at)
    assert (said.code, said.err) == (0, "")
    assert next(line.split()[-1] for line in said.out.splitlines() if line.startswith("sales.csv")) == "sales"
    refused = run("build", *at)
    assert refused.code == 1 and "the map 'maps/mine.toml' is a draft" in refused.err
    assert refused.err in " ".join(said.out.splitlines()[-1:]) + "\n", "landing states what the build waits for"


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ('map = "maps/mine.toml"', "maps/mine.toml"),
        ('map = "nowhere"', "names the map 'nowhere', which does not exist"),
        ('connector = "nowhere"', "names the connector 'nowhere', which does not exist"),
    ],
)
def test_files_are_landed_whatever_is_wrong_with_the_map(run: Run, tmp_path: Path, settings: str, why: str) -> None:
    at, sheet = _with_map(tmp_path, "this is no map", settings)
    said = run("land", str(sheet), *at)
    assert (said.code, said.err) == (0, "")
    assert "The files are in landing, and cannot be built yet. " in said.out and why in said.out
    assert (tmp_path / "project/data/mine/landing/sales.csv").read_bytes() == sheet.read_bytes()


def _with_map(tmp_path: Path, map_: str, settings: str = 'map = "maps/mine.toml"') -> tuple[tuple[str, str], Path]:
    """The option of a project with a shop, and a file to land."""
    project, sheet = tmp_path / "project", tmp_path / "sales.csv"
    (project / "maps").mkdir(parents=True)
    (project / "maps/mine.toml").write_text(map_, "utf-8")
    (project / "lake.toml").write_text(f'[shops.mine]\n{settings}\nfirst_month = "2021-01"\n', "utf-8")
    sheet.write_text("ref,who,day\n1,ann,2021-01-05\n", "utf-8")
    return ("--project", str(project)), sheet


def test_land_proposes_no_second_map_for_a_file_that_the_map_of_the_shop_does_not_read(run: Run, tmp_path: Path) -> None:
    shop = MappedShop(tmp_path)
    shop.write()
    sheet = tmp_path / "methods.csv"
    sheet.write_text("key,method\n1,card\n", "utf-8")
    said = run("land", str(sheet), "--project", str(tmp_path))
    words = " ".join(said.out.split())
    assert "1 file is none of those that the map 'maps/mine.toml' reads: sales, lines." in words
    assert "add a section [files.NAME] for each to the map" in words
    assert "ecom-lake map" not in words and "Next: ecom-lake build" in words


def test_a_build_through_dagster_releases_what_landed_and_then_finds_nothing_new(
    run: Run, fresh_lake: BuiltLake, tmp_path: Path
) -> None:
    assert run("status", at=fresh_lake).code == 0
    run("land", str(an_export(tmp_path)), at=fresh_lake)
    waiting = run("status", at=fresh_lake)
    assert (waiting.code, "[red]orders.csv" in waiting.out) == (1, True)
    built = run("build", "--json", at=fresh_lake)
    assert (built.code, built.err) == (0, "")
    assert built.json["succeeded"]
    assert built.json["tables"]["silver/orders"] == "1 of 4 parts written"
    assert built.json["tables"]["silver/sellers"] == "unchanged"
    assert any("in quarantine" in warning for warning in built.json["warnings"])
    assert run("status", at=fresh_lake).code == 0
    again = run("build", at=fresh_lake)
    assert again.code == 0
    assert again.out.startswith("Nothing new to build: olist is at release ")
    assert f"release {built.json['release']}" in again.out


def test_a_range_of_months_is_built_without_a_release_and_the_next_build_makes_the_rest(
    run: Run, fresh_lake: BuiltLake, tmp_path: Path
) -> None:
    run("land", str(an_export(tmp_path)), at=fresh_lake)
    before = fresh_lake.site().lake.log.head()
    said = run("build", "--only", "silver", "--months", "2017-02..2017-03", "--json", at=fresh_lake)
    assert (said.code, said.json["succeeded"], said.json["release"]) == (0, True, before.release)
    tables = said.json["tables"]
    assert {table.split("/")[0] for table in tables} == {"bronze", "silver"}
    silver = {table.removeprefix("silver/") for table in tables if table.startswith("silver/")}
    assert silver == {"order_index", "orders", "order_items", "payments", "reviews"}, "tables without months are left to a build"
    rest = run("build", "--only", "silver", at=fresh_lake)
    assert (rest.code, "nothing released" in rest.out) == (0, True)
    assert "ecom-lake build" in rest.out and "makes the rest and releases it" in " ".join(rest.out.split())
    assert run("build", at=fresh_lake).code == 0
    released = fresh_lake.site().lake.log.head().release
    assert released and before.release and released > before.release


def test_a_failed_build_prints_the_reason_and_keeps_the_release(
    run: Run, fresh_lake: BuiltLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("land", str(an_export(tmp_path)), at=fresh_lake)
    site = fresh_lake.site()
    before = site.lake.log.released()
    # A file that differs from its hash in the log fails the build where it is read.
    for file in site.lake.log.head().parts(TableId("bronze", "order_items")).values():
        site.lake.local(file).write_bytes(b"not Parquet at all")
    log = tmp_path / "lines.json"
    monkeypatch.setenv("ECOM_LAKE_LOG", str(log))
    said = run("build", "--full", at=fresh_lake)
    monkeypatch.setenv("ECOM_LAKE_LOG", "")
    assert said.code == 1
    assert said.err.startswith("The build failed; readers keep the previous release.\n")
    assert len(said.err.splitlines()) >= 2
    assert site.lake.log.released() == before
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    (failed,) = [line for line in lines if line["event"] == "failed"]
    assert (failed["shop"], failed["table"], failed["level"]) == ("olist", "silver/order_index", "error")
    reply = run("status", at=fresh_lake)
    assert reply.code == 1
    assert "failed at silver/order_index, just now" in reply.out
    assert [one["run"] for one in run("status", "--json", at=fresh_lake).json["troubles"]] == [failed["run"]]


def test_rollback_and_unpin(run: Run, fresh_grown_lake: BuiltLake) -> None:
    lake = fresh_grown_lake
    old, new = last_two_releases(lake.site())
    orders = ("sql", "select count(*) as n from fct_orders", "--format", "csv")
    count = lake.truths.totals.orders
    assert run(*orders, at=lake).out == f"n\n{count + 1}\n"

    reply = run("diff", "--json", at=lake).json
    assert (reply["before"], reply["after"]) == (old, new)
    shown = run("diff", str(old), at=lake).out
    assert "silver/orders" in shown
    assert "+1" in shown
    assert "have the same tables" in run("diff", str(new), str(new), at=lake).out

    back = run("rollback", str(old), at=lake)
    assert back.out.startswith(f"Readers now see release {old}, and it is pinned.")
    assert run(*orders, at=lake).out == f"n\n{count}\n"
    assert run("status", at=lake).code == 1
    log = run("log", "--json", "--limit", "2", at=lake).json
    assert (log["shown"], log["pinned"], len(log["entries"])) == (old, True, 2)
    assert log["entries"][0]["message"] == f"rollback to {old}"
    assert "shown, pinned" in run("log", "--limit", "1000", at=lake).out

    assert run("unpin", at=lake).code == 0
    assert run("build", at=lake).code == 0
    assert run(*orders, at=lake).out == f"n\n{count + 1}\n"
    assert run("status", at=lake).code == 0


def test_gc_asks_for_confirmation(run: Run, fresh_lake: BuiltLake) -> None:
    log = fresh_lake.root / "olist" / "_store" / "log"
    first, second, *_ = sorted(log.glob("*.json"))
    for path in (first, second):  # the first is as old as the second, which took its place
        rewrite(path, at="1999-12-31T00:00:00+00:00")
    assert "Nothing to delete" not in run("gc", "--dry-run", at=fresh_lake).out
    refused = run("gc", at=fresh_lake)
    assert (refused.code, refused.err) == (2, "Nothing was deleted. To delete without confirmation, add --yes.\n")
    assert first.exists()
    assert run("gc", "--yes", at=fresh_lake).out == "Deleted 1 old state and 0 files, 0 B.\n"
    assert not first.exists()
    assert run("gc", at=fresh_lake).out.startswith("Nothing to delete")


def test_doctor_passes_on_a_good_lake_and_fails_on_a_damaged_one(run: Run, fresh_lake: BuiltLake) -> None:
    assert run("doctor", "--deep", at=fresh_lake).code == 0
    site = fresh_lake.site()
    file = next(iter(site.lake.log.head().parts(TableId("gold", "ledger")).values()))
    site.lake.local(file).unlink()
    said = run("doctor", at=fresh_lake)
    assert said.code == 1
    assert "is gone" in said.out
    assert [finding["what"] for finding in run("doctor", "--json", at=fresh_lake).json if finding["state"] == "fail"] == [
        "newest state",
        "release",
    ]


def test_a_copied_shop_builds_at_its_new_root(run: Run, fresh_lake: BuiltLake, tmp_path: Path) -> None:
    there = str(tmp_path / "there")
    copied = run("copy", str(fresh_lake.root), there, at=fresh_lake)
    assert (copied.code, copied.err) == (0, "")
    assert f"states and 0 campaigns to {there}/olist." in copied.out
    assert f"Next: ecom-lake build --root {there}" in copied.out
    assert run("copy", str(fresh_lake.root), there, at=fresh_lake).out.startswith("Nothing to copy: ")
    write_campaign(fresh_lake.site(), Campaign("spring", "rfm: at risk", 0.1))
    assert " 0 states and 1 campaign to " in run("copy", str(fresh_lake.root), there, at=fresh_lake).out
    assert run("build", "--root", there, at=fresh_lake).code == 0
    assert run("status", "--root", there, at=fresh_lake).code == 0
    orders = run("sql", "select count(*) as n from fct_orders", "--format", "csv", "--root", there, at=fresh_lake)
    assert orders.out == f"n\n{fresh_lake.truths.totals.orders}\n"
    behind = run("copy", str(fresh_lake.root), there, "--json", at=fresh_lake)
    assert (behind.code, "has a different history" in behind.err) == (1, True)


def test_a_copied_release_is_never_without_its_campaigns(
    run: Run, fresh_lake: BuiltLake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An export of a released lake without its campaigns may contact the customers whom they hold out."""
    site = fresh_lake.site()
    held_out = Campaign("spring", "rfm: at risk", 0.1).with_members(["a", "b"], date(2024, 5, 1), 1)
    write_campaign(site, held_out)

    def at(place: str) -> Site:
        return replace(site, lake=Lake(str(tmp_path / place), "olist"))

    def is_interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(copying, "update_plain_view", is_interrupted)  # after the last state
        assert run("copy", str(fresh_lake.root), str(tmp_path / "stopped"), at=fresh_lake).code == 130
    assert at("stopped").lake.log.head().release and read_campaign(at("stopped"), "spring") == held_out

    write_campaign(at("other campaign"), replace(held_out, holdout=0.5))
    refused = run("copy", str(fresh_lake.root), str(tmp_path / "other campaign"), at=fresh_lake)
    assert (refused.code, "is not an older copy of the campaign 'spring'" in refused.err) == (1, True)
    assert not at("other campaign").lake.log.numbers()

    at("other history").lake.log.append(1, b"{}")
    refused = run("copy", str(fresh_lake.root), str(tmp_path / "other history"), at=fresh_lake)
    assert (refused.code, "has a different history" in refused.err) == (1, True)
    assert read_campaign(at("other history"), "spring") is None


def test_a_build_of_nothing_exits_1_and_quarantine_names_the_refused_file(run: Run, fresh_lake: BuiltLake) -> None:
    landing = fresh_lake.root / "empty" / "landing"
    landing.mkdir(parents=True)
    (landing / "orders.csv").write_text("order_no,when,who\n1,2017-01-01,ana\n", encoding="utf-8")
    for _ in ("as it comes", "as it stays"):
        built = run("build", "--shop", "empty", at=fresh_lake)
        assert built.code == 1
        said = " ".join(built.err.split())
        assert "Every new file of orders was refused: orders.csv" in said
        assert "Correct or remove the refused files, then build." in said
    assert fresh_lake.site("empty").lake.log.head().release is None
    reply = run("quarantine", "--shop", "empty", at=fresh_lake).out
    assert "1 file was refused as a whole" in reply and "orders.csv" in reply
    as_json = run("quarantine", "--shop", "empty", "--json", at=fresh_lake).json
    assert list(as_json["files"]) == ["orders.csv"]


def test_a_step_that_fails_unexpectedly_shows_its_trace_only_when_asked_for(
    run: Run, fresh_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_unexpectedly(*_: object) -> None:
        raise ZeroDivisionError("there are no shares of nothing")

    monkeypatch.setattr(assets, "make_order_index", fails_unexpectedly)
    said = run("build", "--full", at=fresh_lake)
    assert said.code == 1
    assert "ZeroDivisionError: there are no shares of nothing" in said.err
    assert "Set ECOM_LAKE_DEBUG=1 and build again" in said.err
    assert "fails_unexpectedly" not in said.err
    monkeypatch.setenv("ECOM_LAKE_DEBUG", "1")
    said = run("build", "--full", at=fresh_lake)
    assert said.code == 1
    assert "in fails_unexpectedly" in said.err
    assert 'raise ZeroDivisionError("there are no shares of nothing")' in said.err
