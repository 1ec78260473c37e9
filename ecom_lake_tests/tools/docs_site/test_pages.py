"""The pages of the repository on the site, the navigation, references between tables and diagrams."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.serve.query import session
from ecom_lake.engine.serve.released import released
from ecom_lake.errors import UserError
from ecom_lake.shop.domain import SHOP
from ecom_lake_tests.builders.built_lake import BuiltLake
from tools.docs_site.diagram import Entity, Line, Row, Tile, entities, lineage
from tools.docs_site.markdown import plain, prose, table
from tools.docs_site.navigation import configuration
from tools.docs_site.references import Reference, references
from tools.docs_site.repository_pages import with_links

PLACES = {"docs/a.md": "a.md", "docs/b/README.md": "b/README.md", "README.md": "project/readme.md", "docs/x.png": "x.png"}


@pytest.mark.parametrize(
    ("path", "written", "on_the_site"),
    [
        ("docs/a.md", "[b](b/README.md#c)", "[b](b/README.md#c)"),
        ("docs/a.md", "[b](b)", "[b](b/README.md)"),
        ("docs/a.md", "[home](../README.md#start)", "[home](project/readme.md#start)"),
        ("README.md", "![x](docs/x.png) [a](docs/a.md)", "![x](../x.png) [a](../a.md)"),
        ("docs/a.md", "[the list](../tools/list.toml) is", "the list is"),
        ("docs/a.md", "[e](https://example.org) [here](#there)", "[e](https://example.org) [here](#there)"),
        ("docs/a.md", "```\n[home](../README.md)\n```\n", "```\n[home](../README.md)\n```\n"),
    ],
)
def test_links_lead_to_the_places_of_the_site(path: str, written: str, on_the_site: str) -> None:
    assert with_links(written, path, PLACES) == on_the_site


# --------------------------------------------------------------------------------------------------------- navigation


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "pages"
    for name in ("a.md", "b/README.md", "b/one.md", "made/README.md", "made/two.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"# The `page` {name}\n")
    return folder


def _nav(pages: Path, *entries: object) -> object:
    (pages.parent / "mkdocs.yml").write_text(yaml.safe_dump({"site_name": "x", "nav": [*entries]}))
    text = configuration(pages.parent / "mkdocs.yml", pages, {"made/README.md": [{"two": "made/two.md"}]})
    return yaml.safe_load(text)["nav"]


def test_folders_and_generated_pages_are_added(pages: Path) -> None:
    assert _nav(pages, "a.md", {"B": "b/README.md"}, {"In": [{"Made": "made/README.md"}]}) == [
        "a.md",
        {"B": ["b/README.md", {"The page b/one.md": "b/one.md"}]},
        {"In": [{"Made": ["made/README.md", {"two": "made/two.md"}]}]},
    ]


def test_a_page_that_nobody_added_is_an_error(pages: Path) -> None:
    (pages / "new.md").write_text("# New\n")
    with pytest.raises(UserError, match=r"docs/new\.md is not in the navigation: add it to `nav` in mkdocs\.yml"):
        _nav(pages, "a.md", {"B": "b/README.md"}, {"Made": "made/README.md"})


def test_an_entry_without_its_page_is_an_error(pages: Path) -> None:
    with pytest.raises(UserError, match=r"names gone\.md, which does not exist"):
        _nav(pages, "a.md", "gone.md", {"B": "b/README.md"}, {"Made": "made/README.md"})


# --------------------------------------------------------------------------------------------------------- references


def test_references_are_those_of_a_star() -> None:
    registry = Registry(SHOP)
    gold, silver = references(registry, "gold"), references(registry, "silver")
    assert Reference("fct_sales", "order_id", "fct_orders", "order_id") in gold
    assert Reference("fct_orders", "order_date", "dim_date", "date") in gold
    assert Reference("order_items", "product_id", "products", "product_id") in silver
    assert Reference("rfm", "customer_id", "dim_customer", "customer_id").is_one_to_one(registry.gold)
    assert not [one for one in gold if one.column in ("segment", "decile", "metric")], "the same word for other things"
    assert not [one for one in (*gold, *silver) if one.table == one.to_table]


@pytest.mark.parametrize("layer", ["silver", "gold"])
def test_every_reference_has_its_row(built_lake: BuiltLake, layer: str) -> None:
    site = built_lake.site()
    with session(site, released(site)) as opened:
        there = opened.tables[layer]
        checked = [one for one in references(Registry(SHOP), layer) if {one.table, one.to_table} <= {*there}]
        for one in checked:
            missing = f"select {one.column} from {layer}.{one.table} where {one.column} is not null except " + (
                f"select {one.to_column} from {layer}.{one.to_table}"
            )
            assert opened.rows(missing) == [], one
    assert len(checked) >= 8


# ----------------------------------------------------------------------------------------------------------- diagrams


def _rows(*names: str) -> list[Row]:
    return [Row(name) for name in names]


SHOWN = [
    Entity("a", "a.html", "A", _rows("id")),
    Entity("b", "b.html", "B", _rows("id", "a")),
    Entity("c", "c.html", "C", _rows("a", "b"), others=2),
    Entity("d", "d.html", "D", _rows("a")),
]
LINES = [Line("b", "a", "a", "id"), Line("c", "b", "b", "id"), Line("c", "a", "a", "id"), Line("d", "a", "a", "id", True)]


def test_entities_do_not_overlap_and_each_stands_right_of_what_it_refers_to() -> None:
    drawn = entities("T", "M", SHOWN, LINES)
    boxes = [tuple(map(float, one)) for one in re.findall(r'class="box" x="(\S+)" y="(\S+)" width="(\S+)" height="(\S+)"', drawn)]
    assert len(boxes) == len(SHOWN)
    for number, (x, y, width, height) in enumerate(boxes):
        for other_x, other_y, other_width, other_height in boxes[number + 1 :]:
            assert x + width <= other_x or other_x + other_width <= x or y + height <= other_y or other_y + other_height <= y
    left = [box[0] for box in boxes]
    assert left[0] < left[1] < left[2] and left[0] < left[3]


def test_a_line_past_a_column_keeps_off_its_entities() -> None:
    drawn = entities("T", "M", SHOWN, LINES)
    [(x, y)] = re.findall(r"c\.a: belongs.*?<path d=\"M\S+ \S+C\S+ \S+ \S+ \S+ (\S+) ([\d.]+)H", drawn)
    boxes = re.findall(r'class="box" x="(\S+)" y="(\S+)" width="\S+" height="(\S+)"', drawn)
    passed = [(float(top), float(top) + float(height)) for left, top, height in boxes if left == x]
    assert passed and all(not top <= float(y) <= bottom for top, bottom in passed)


def test_a_fork_marks_the_many() -> None:
    drawn = entities("T", "M", SHOWN, LINES)
    assert drawn.count('class="many"') == 3


def test_names_and_texts_are_escaped() -> None:
    hostile = '<b>"&'
    for drawn in (
        entities(hostile, hostile, [Entity(hostile, hostile, hostile, [Row(hostile, hostile)])], []),
        lineage(hostile, hostile, [Tile(hostile, hostile, hostile)], hostile, []),
    ):
        assert "<b>" not in drawn and '"&' not in drawn.replace('="&', "")


def test_lineage_shows_both_sides_or_one() -> None:
    tiles = [Tile(f"t{number}", "x.html", "X") for number in range(20)]
    both, one = lineage("T", "M", tiles, "this", tiles[:2]), lineage("T", "M", [], "this", tiles[:2])
    assert "Made from 20" in both and "Read by 2" in both and both.count('class="arrow"') == 2
    assert "Made from" not in one and one.count('class="arrow"') == 1


def test_texts_of_contracts_are_no_markup() -> None:
    assert plain("a*b_c | <d> [e](f)") == r"a\*b\_c \| \<d\> \[e\](f)"
    assert prose("a_b `c_d|e` f_g") == r"a\_b `c_d\|e` f\_g"
    assert table(["x"], [["y"]]) == "| x |\n| --- |\n| y |\n"
