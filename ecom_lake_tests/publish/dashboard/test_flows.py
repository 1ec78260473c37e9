"""Flows between groups: bands as thick as their flow, that fill their groups."""

from __future__ import annotations

import re

import pytest

from ecom_lake.publish.dashboard.flows import Flow, flows

ORDER = ("good", "fair", "poor")


def test_bands_are_as_thick_as_their_flows_and_fill_their_groups() -> None:
    chart = flows("a", [Flow("good", "poor", 30), Flow("good", "fair", 10), Flow("fair", "poor", 60)], ORDER, "customers")
    assert chart is not None
    bands = [[float(number) for number in re.findall(r"[\d.]+", band.path)] for band in chart.bands]
    thick = [numbers[-1] - numbers[1] for numbers in bands]
    assert thick == pytest.approx([thick[1] / 3, thick[1], 2 * thick[1]], abs=0.05), "10, 30 and 60 customers"
    assert [node.name for node in chart.sources] == ["good", "fair"]
    assert [(node.name, node.size) for node in chart.targets] == [("fair", 10), ("poor", 90)]
    for side in (chart.sources, chart.targets):
        assert sum(node.height for node in side) == pytest.approx(sum(thick), abs=0.05)
        assert all(node.y >= 0 and node.y + node.height <= 100.01 for node in side)
    assert chart.bands[1].text == "30 customers from good to poor"


def test_tiny_groups_have_no_label_so_that_the_others_are_next_to_their_bands() -> None:
    chart = flows("a", [Flow("good", "fair", 1), Flow("fair", "poor", 999)], ORDER, "customers")
    assert chart is not None
    assert [node.label_y is None for node in chart.sources] == [True, False]


def test_without_a_flow_there_is_no_chart() -> None:
    assert flows("a", [Flow("good", "poor", 0)], ORDER, "customers") is None
