from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.engine.store.lake import Lake
from ecom_lake.engine.store.landing_zone import Arrival, land
from ecom_lake_tests.builders.built_lake import Place

WHEN = 1_500_000_000


def written(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    os.utime(path, (WHEN, WHEN))
    return path


def landed(lake: Lake) -> dict[str, str]:
    """Every file in landing, including hidden ones, by its name."""
    return {info.path: lake.landing.read(info.path).decode() for info in lake.landing.list("")}


def land_in(lake: Lake, *sources: Path) -> list[Arrival]:
    return list(land(lake, list(sources)))


@pytest.fixture
def lake(place: Place) -> Lake:
    return place.lake()


def fates(arrivals: list[Arrival]) -> list[tuple[str, str]]:
    return [(arrival.source.name, arrival.fate) for arrival in arrivals]


def test_a_folders_files_keep_their_paths_and_times(lake: Lake, tmp_path: Path) -> None:
    export = tmp_path / "export"
    written(export / "2017-01" / "orders.csv", "january")
    written(export / "2017-02" / "orders.csv", "february")
    land_in(lake, export)
    assert landed(lake) == {"2017-01/orders.csv": "january", "2017-02/orders.csv": "february"}
    assert lake.landing.info("2017-01/orders.csv").modified.timestamp() == WHEN


def test_the_same_content_lands_once_under_any_name(lake: Lake, tmp_path: Path) -> None:
    first = written(tmp_path / "orders.csv", "a")
    again = written(tmp_path / "copy_of_orders.csv", "a")
    assert fates(land_in(lake, first, again)) == [("orders.csv", "landed"), ("copy_of_orders.csv", "known")]
    arrivals = land_in(lake, first, again)
    assert fates(arrivals) == [("orders.csv", "known"), ("copy_of_orders.csv", "known")]
    assert {arrival.name for arrival in arrivals} == {"orders.csv"}
    assert landed(lake) == {"orders.csv": "a"}


def test_a_landed_file_is_never_overwritten(lake: Lake, tmp_path: Path) -> None:
    for content in ("a", "b", "c"):
        land_in(lake, written(tmp_path / "orders.csv.gz", content))
    assert landed(lake) == {"orders.csv.gz": "a", "orders~2.csv.gz": "b", "orders~3.csv.gz": "c"}


def test_a_file_that_cannot_land_does_not_stop_the_others(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "data"), "shop")
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere")
    (tmp_path / "nothing").mkdir()
    # There is a file with the name of the folder 2017.
    written(tmp_path / "data/shop/landing/2017", "in the way")
    written(tmp_path / "export/2017/orders.csv", "x")
    good = written(tmp_path / "good.csv", "good")
    missing = tmp_path / "missing.csv"
    arrivals = land_in(lake, missing, tmp_path / "gone.csv", tmp_path / "nothing", tmp_path / "export", good)
    assert [arrival.fate for arrival in arrivals] == ["failed", "failed", "failed", "failed", "landed"]
    assert [arrival.why for arrival in arrivals[:3]] == [
        f"{missing} does not exist.",
        f"{tmp_path / 'gone.csv'} is neither a file nor a folder.",
        f"{tmp_path / 'nothing'} has nothing to land: no .csv, .tsv, .txt, .gz or .zip file.",
    ]
    assert arrivals[3].why.startswith(f"{tmp_path / 'export/2017/orders.csv'} cannot be landed: ")
    assert landed(lake) == {"2017": "in the way", "good.csv": "good"}


def test_only_possible_export_files_of_a_folder_land(lake: Lake, tmp_path: Path) -> None:
    for name in ("orders.CSV", "README.md", ".hidden.csv", "_drafts/items.csv", "pack.zip"):
        written(tmp_path / "export" / name, name)
    named = written(tmp_path / "orders.dat", "named itself")
    arrivals = land_in(lake, tmp_path / "export", named)
    assert fates(arrivals) == [
        ("README.md", "left out"),
        ("orders.CSV", "landed"),
        ("pack.zip", "landed"),
        ("orders.dat", "landed"),
    ]
    assert set(landed(lake)) == {"orders.CSV", "pack.zip", "orders.dat"}


@pytest.mark.parametrize("name", ["_orders.csv", ".x.csv", "customers.csv.tmp", "products.csv.part", "sellers.csv~"])
def test_a_file_that_no_build_would_read_does_not_land(lake: Lake, tmp_path: Path, name: str) -> None:
    (arrival,) = land_in(lake, written(tmp_path / name, "a"))
    assert arrival.fate == "failed"
    assert arrival.why == (
        f"{tmp_path / name} is not landed: a build reads no file whose name begins with . or _ or ends with .part, .tmp, "
        ".crdownload or ~. Rename it."
    )
    assert landed(lake) == {}


def test_content_that_is_partly_copied_only_lands(lake: Lake, tmp_path: Path) -> None:
    lake.landing.write("products.csv.part", b"a")
    assert fates(land_in(lake, written(tmp_path / "products.csv", "a"))) == [("products.csv", "landed")]
    assert set(landed(lake)) == {"products.csv", "products.csv.part"}


@given(st.lists(st.tuples(st.sampled_from(["a.csv", "b.csv", "a~2.csv"]), st.sampled_from("xyz"), st.booleans()), max_size=12))
def test_in_any_order_of_landings_no_file_is_lost_or_duplicated(
    deliveries: list[tuple[str, str, bool]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake, before = Lake(f"{folder}/data", "shop"), dict[str, str]()
        for name, content, in_folder in deliveries:
            source = written(Path(folder) / "export" / name, content)
            land_in(lake, source.parent if in_folder else source)
            now = landed(lake)
            assert before.items() <= now.items()
            before = now
            source.unlink()
        assert sorted(before.values()) == sorted({content for _, content, _ in deliveries})


def test_a_landing_with_a_lost_response_lands_once(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add, answers = lake.landing.add, iter([False])
    monkeypatch.setattr(lake.landing, "add", lambda local, path: add(local, path) and next(answers, True))
    arrivals = land_in(lake, written(tmp_path / "orders.csv", "a"))
    assert [(arrival.fate, arrival.name) for arrival in arrivals] == [("landed", "orders.csv")]
    assert landed(lake) == {"orders.csv": "a"}


def test_landing_can_be_outside_of_the_lake(place: Place, tmp_path: Path) -> None:
    outside = Lake(str(tmp_path / "lake"), "shop", place.access, landing=f"{place.url}/inbox")
    land_in(outside, written(tmp_path / "orders.csv", "a"))
    assert [info.path for info in place.store().list("")] == ["inbox/orders.csv"]
    assert outside.landing.read("orders.csv") == b"a"


def test_links_out_of_a_folder_are_not_followed(lake: Lake, tmp_path: Path) -> None:
    secret = written(tmp_path / "secret.csv", "SECRET")
    export = written(tmp_path / "export" / "orders.csv", "a").parent
    (export / "in.csv").symlink_to("orders.csv")
    (export / "out.csv").symlink_to(secret)
    os.mkfifo(export / "pipe.csv")
    arrivals = land_in(lake, export)
    assert fates(arrivals) == [("in.csv", "landed"), ("orders.csv", "known"), ("out.csv", "failed"), ("pipe.csv", "failed")]
    assert arrivals[2].why.startswith(f"{export / 'out.csv'} is a link that leads out of its folder")
    assert landed(lake) == {"in.csv": "a"}


def test_a_link_given_as_an_argument_is_followed(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to(written(tmp_path / "2018" / "orders.csv", "a").parent)
    (tmp_path / "orders.csv").symlink_to(written(tmp_path / "orders-7.csv", "b"))
    assert fates(land_in(lake, tmp_path / "latest", tmp_path / "orders.csv")) == [("orders.csv", "landed")] * 2
    assert landed(lake) == {"orders.csv": "a", "orders~2.csv": "b"}
