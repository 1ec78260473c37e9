from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecom_lake.statistics.fisher_exact import fisher
from ecom_lake.statistics.multiple_testing import benjamini_hochberg, by_family


def p(both: int, first: int, second: int, total: int) -> float:
    return float(fisher(*(np.array([count]) for count in (both, first, second, total)))[0])


def exact(both: int, first: int, second: int, total: int) -> float:
    hits = sum(comb(first, k) * comb(total - first, second - k) for k in range(both, min(first, second) + 1))
    return hits / comb(total, second)


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, int, int, int]:
    total = draw(st.integers(1, 400))
    first, second = draw(st.integers(1, total)), draw(st.integers(1, total))
    return draw(st.integers(max(0, first + second - total), min(first, second))), first, second, total


def test_the_lady_tasting_tea_has_the_published_p_value() -> None:
    assert p(3, 4, 4, 8) == pytest.approx(17 / 70)
    assert p(4, 4, 4, 8) == pytest.approx(1 / 70)


@given(tables())
def test_p_values_agree_with_exact_arithmetic(table: tuple[int, int, int, int]) -> None:
    assert p(*table) == pytest.approx(exact(*table), rel=1e-9)


@given(tables())
def test_the_order_of_the_groups_does_not_matter(table: tuple[int, int, int, int]) -> None:
    both, first, second, total = table
    assert p(both, first, second, total) == p(both, second, first, total)


def test_p_values_of_large_counts_agree_with_scipy() -> None:
    from scipy.stats import hypergeom

    draw = np.random.default_rng(3)
    total = np.full(2_000, 5_000_000)
    first, second = draw.integers(1_000, 400_000, 2_000), draw.integers(1_000, 400_000, 2_000)
    both = (first * (second / total) * draw.uniform(0.97, 1.05, 2_000)).astype(np.int64)
    wanted = hypergeom.sf(both - 1, total, first, second)
    assert wanted.min() < 1e-12
    assert wanted.max() > 0.999
    np.testing.assert_allclose(fisher(both, first, second, total), wanted, rtol=1e-6, atol=1e-300)


def test_an_empty_input_gives_an_empty_result() -> None:
    none = np.array([], dtype=np.int64)
    assert fisher(none, none, none, none).tolist() == []
    assert benjamini_hochberg(np.array([])).tolist() == []


def test_benjamini_hochberg_has_the_hand_computed_values() -> None:
    # Of four: .04 is the largest and stays, .03 × 4/3 = .04, .01 × 4/1 = .04 and .02 × 4/2 = .04 are all reduced to it.
    assert benjamini_hochberg(np.array([0.04, 0.01, 0.03, 0.02])) == pytest.approx([0.04] * 4)
    assert benjamini_hochberg(np.array([0.001, 0.9, 0.02])) == pytest.approx([0.003, 0.9, 0.03])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50), st.integers(0, 50))
def test_tests_without_a_p_value_count_as_one(values: list[float], more: int) -> None:
    every = benjamini_hochberg(np.array([*values, *[1.0] * more]))
    np.testing.assert_allclose(benjamini_hochberg(np.array(values), len(values) + more), every[: len(values)], rtol=1e-12)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_benjamini_hochberg_agrees_with_scipy(values: list[float]) -> None:
    from scipy.stats import false_discovery_control

    adjusted = benjamini_hochberg(np.array(values))
    np.testing.assert_allclose(adjusted, false_discovery_control(values), rtol=1e-12)
    assert (adjusted >= values).all()


def test_a_large_family_does_not_affect_a_family_of_one() -> None:
    many = np.random.default_rng(1).uniform(size=300).tolist()
    corrected = by_family({"one": [0.001], "many": many, "none": []}, alpha=0.05)
    assert corrected["one"] == [pytest.approx(0.002)]  # one of two families is selected
    assert min(corrected["many"]) > 0.05
    assert corrected["none"] == []
    assert by_family({"one": [0.001], "other": [0.02, 0.5]}, alpha=0.05)["other"] == [pytest.approx(0.04), pytest.approx(0.5)]


@settings(max_examples=30)
@given(st.lists(st.lists(st.floats(0, 1), max_size=8), min_size=1, max_size=8))
def test_a_correction_by_family_never_lowers_a_p_value(families: list[list[float]]) -> None:
    given = dict(enumerate(families))
    for family, corrected in by_family(given, alpha=0.05).items():
        assert len(corrected) == len(given[family])
        assert all(after >= before * (1 - 1e-12) for before, after in zip(given[family], corrected, strict=True))
