from __future__ import annotations

import os
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.lake.lake import Lake
from ecom_lake.lake.landing_zone import Arrival, land

WHEN = 1_500_000_000


def written(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    os.utime(path, (WHEN, WHEN))
    return path


def landed(root: Path) -> dict[str, str]:
    """Every file in landing, hidden ones too, by its name there."""
    folder = root / "shop" / "landing"
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def land_at(root: Path, *sources: Path) -> list[Arrival]:
    return list(land(Lake(str(root), "shop"), list(sources)))


def fates(arrivals: list[Arrival]) -> list[tuple[str, str]]:
    return [(arrival.source.name, arrival.fate) for arrival in arrivals]


def test_a_folders_files_keep_their_paths_and_times(tmp_path: Path) -> None:
    export = tmp_path / "export"
    written(export / "2017-01" / "orders.csv", "january")
    written(export / "2017-02" / "orders.csv", "february")
    land_at(tmp_path / "data", export)
    assert landed(tmp_path / "data") == {"2017-01/orders.csv": "january", "2017-02/orders.csv": "february"}
    assert (tmp_path / "data/shop/landing/2017-01/orders.csv").stat().st_mtime == WHEN


def test_the_same_content_lands_once_whatever_it_is_called(tmp_path: Path) -> None:
    first = written(tmp_path / "orders.csv", "a")
    again = written(tmp_path / "copy_of_orders.csv", "a")
    assert fates(land_at(tmp_path / "data", first, again)) == [("orders.csv", "landed"), ("copy_of_orders.csv", "known")]
    arrivals = land_at(tmp_path / "data", first, again)
    assert fates(arrivals) == [("orders.csv", "known"), ("copy_of_orders.csv", "known")]
    assert {arrival.name for arrival in arrivals} == {"orders.csv"}
    assert landed(tmp_path / "data") == {"orders.csv": "a"}


def test_other_content_never_takes_the_place_of_what_is_there(tmp_path: Path) -> None:
    for content in ("a", "b", "c"):
        land_at(tmp_path / "data", written(tmp_path / "orders.csv.gz", content))
    assert landed(tmp_path / "data") == {"orders.csv.gz": "a", "orders~2.csv.gz": "b", "orders~3.csv.gz": "c"}


def test_one_that_cannot_land_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nowhere")
    (tmp_path / "nothing").mkdir()
    # Where the folder 2017 is wanted there is a file.
    written(tmp_path / "data/shop/landing/2017", "in the way")
    written(tmp_path / "export/2017/orders.csv", "x")
    good = written(tmp_path / "good.csv", "good")
    missing = tmp_path / "missing.csv"
    arrivals = land_at(tmp_path / "data", missing, tmp_path / "gone.csv", tmp_path / "nothing", tmp_path / "export", good)
    assert [arrival.fate for arrival in arrivals] == ["failed", "failed", "failed", "failed", "landed"]
    assert [arrival.why for arrival in arrivals[:3]] == [
        f"{missing} is not there.",
        f"{tmp_path / 'gone.csv'} is no file and no folder.",
        f"{tmp_path / 'nothing'} holds nothing to land: no .csv, .tsv, .txt, .gz or .zip file.",
    ]
    assert arrivals[3].why.startswith(f"{tmp_path / 'export/2017/orders.csv'} cannot be landed: ")
    assert landed(tmp_path / "data") == {"2017": "in the way", "good.csv": "good"}


def test_of_a_folder_only_what_may_be_an_export_is_taken(tmp_path: Path) -> None:
    for name in ("orders.CSV", "README.md", ".hidden.csv", "_drafts/items.csv", "pack.zip"):
        written(tmp_path / "export" / name, name)
    named = written(tmp_path / "orders.dat", "named itself")
    arrivals = land_at(tmp_path / "data", tmp_path / "export", named)
    assert fates(arrivals) == [
        ("README.md", "left out"),
        ("orders.CSV", "landed"),
        ("pack.zip", "landed"),
        ("orders.dat", "landed"),
    ]
    assert set(landed(tmp_path / "data")) == {"orders.CSV", "pack.zip", "orders.dat"}


@given(st.lists(st.tuples(st.sampled_from(["a.csv", "b.csv", "a~2.csv"]), st.sampled_from("xyz"), st.booleans()), max_size=12))
def test_whatever_lands_in_whatever_order_nothing_is_lost_and_nothing_is_twice(
    deliveries: list[tuple[str, str, bool]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root, before = Path(folder) / "data", dict[str, str]()
        for name, content, in_folder in deliveries:
            source = written(Path(folder) / "export" / name, content)
            land_at(root, source.parent if in_folder else source)
            now = landed(root)
            assert before.items() <= now.items()
            before = now
            source.unlink()
        assert sorted(before.values()) == sorted({content for _, content, _ in deliveries})
