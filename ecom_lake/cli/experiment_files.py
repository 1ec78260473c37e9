"""The input files of `experiment analyze`: a CSV or Parquet file of units and outcomes, and a TOML file with the plan.

Here: reading and validating both, with one sentence for each error. Not here: the analysis (shop/experiments/analysis.py).
"""

from __future__ import annotations

import tomllib
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

import numpy as np
import polars as pl

from ecom_lake.errors import UsageError, UserError
from ecom_lake.shop.experiments.analysis import Method, Spec, Units
from ecom_lake.statistics.arrays import Integers
from ecom_lake.words import counted

_CONTROLS = ("control", "a", "0", "off", "false")
_FEWEST = 2
_TIMES = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f")
_RANGES: dict[str, tuple[int, float | None]] = {
    "alpha": (0, 0.5),
    "share_treated": (0, 1),
    "minimal_effect": (0, None),
    "n": (1, None),
    "looks": (0, 50),
    "seed": (-1, None),
}
"""Exclusive lower and upper bounds; the upper bound of a whole number is inclusive."""


def read_plan(path: Path | None) -> tuple[Spec, list[str] | None]:
    """The plan and the names of its metrics; without a file, the defaults."""
    if path is None:
        return Spec(), None
    try:
        plan = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"The plan {path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"The plan {path} is not TOML: {error}.") from None
    named = {"metric", *(field.name for field in fields(Spec))}
    if unknown := sorted(set(plan) - named):
        raise UsageError(f"The plan {path} has an unknown key {unknown[0]}; the known keys are {', '.join(sorted(named))}.")
    metric = plan.pop("metric", None)
    metrics = [metric] if isinstance(metric, str) else metric
    if metrics is not None and not (isinstance(metrics, list) and metrics and all(isinstance(one, str) for one in metrics)):
        raise UsageError(f"The plan {path} must have metric as a text or a list of texts.")
    return _checked(path, plan), metrics


def _checked(path: Path, plan: dict[str, Any]) -> Spec:
    for name, (least, most) in _RANGES.items():
        value = plan.get(name)
        if value is None:
            continue
        is_integer = name in ("n", "looks", "seed")
        if isinstance(value, bool) or not isinstance(value, int if is_integer else int | float):
            raise UsageError(f"The plan {path}: {name} must be a {'whole number' if is_integer else 'number'}, not {value!r}.")
        if not value > least or (most is not None and (value > most or (value == most and not is_integer))):
            bound = f" and {'at most' if is_integer else 'below'} {most}" if most is not None else ""
            raise UsageError(f"The plan {path}: {name} must be above {least}{bound}, not {value}.")
    for name, allowed in (("method", get_args(Method)), ("bounds", ("obrien-fleming", "pocock"))):
        if plan.get(name, allowed[0]) not in allowed:
            raise UsageError(f"The plan {path}: {name} must be one of {', '.join(allowed)}, not {plan[name]!r}.")
    if not isinstance(plan.get("name", ""), str):
        raise UsageError(f"The plan {path}: name must be a text, not {plan['name']!r}.")
    spec = Spec(**plan)
    if spec.method == "sequential" and spec.n is None:
        raise UsageError(f"The plan {path}: a sequential experiment must set n, the sample size per arm at its last look.")
    if spec.method == "always-valid" and spec.minimal_effect is None:
        raise UsageError(
            f"The plan {path}: an always-valid experiment must set minimal_effect, the smallest effect worth detecting."
        )
    return spec


def read_units(path: Path, metrics: list[str] | None, experiment: str = "") -> Units:
    """`experiment`: the name in the plan."""
    rows = _rows(path)
    wanted = metrics or [name for name in rows.columns if name == "outcome" or name.startswith("outcome_")] or ["outcome"]
    for name in ("unit", "arm", *wanted):
        if name not in rows.columns:
            raise UserError(
                f"{path} has no column {name}; it needs unit, arm and {', '.join(wanted)}; before and assigned are optional."
            )
    for name in ("unit", "arm"):
        if missing := rows[name].null_count():
            raise UserError(f"{path}: {counted(missing, 'row')} without {name}.")
    if twice := rows.height - rows["unit"].n_unique():
        raise UserError(f"{path}: {counted(twice, 'row')} with a duplicate unit; each unit must have one row, in one arm.")
    arms = rows["arm"].cast(pl.String)
    control, treated = _arms(path, arms.unique().sort().to_list())
    is_treated = (arms == treated).to_numpy()
    units = Units(
        control,
        treated,
        is_treated,
        {name: _numbers(path, rows, name) for name in wanted},
        _numbers(path, rows, "before") if "before" in rows.columns else None,
        _by_time(path, rows, experiment) if "assigned" in rows.columns else None,
    )
    if min(units.people) < _FEWEST:
        raise UserError(f"{path}: an arm of {counted(min(units.people), 'unit')} is too small to analyze.")
    return units


def _rows(path: Path) -> pl.DataFrame:
    if path.suffix not in (".csv", ".parquet"):
        raise UsageError(f"{path} must be a .csv or a .parquet file.")
    if not path.is_file():
        raise UsageError(f"There is no file {path}.")
    try:
        if path.suffix == ".csv":
            return pl.read_csv(path, infer_schema_length=None)
        return pl.read_parquet(path, glob=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UserError(f"{path} cannot be read as {path.suffix[1:]}: {str(error).splitlines()[0]}.") from None


def _arms(path: Path, names: list[str]) -> tuple[str, str]:
    """Control and treatment: the control is the arm with a name such as control, else the first by name."""
    if len(names) != 2:
        listed = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        raise UserError(f"{path} has {counted(len(names), 'arm')} ({listed}); an experiment must have two.")
    control = next((name for name in names if name.lower() in _CONTROLS), names[0])
    return control, next(name for name in names if name != control)


def _numbers(path: Path, rows: pl.DataFrame, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    found = rows[name]
    if not (found.dtype.is_numeric() or found.dtype == pl.Boolean):
        raise UserError(f"{path}: {name} must be numeric, not {found.dtype}.")
    values = found.cast(pl.Float64)
    if missing := rows.height - int(values.is_finite().sum()):
        raise UserError(f"{path}: {counted(missing, 'row')} without a number in {name}; a unit without a purchase must have 0.")
    return values.to_numpy()


def _by_time(path: Path, rows: pl.DataFrame, experiment: str) -> Integers:
    """The positions of the rows in the order of assignment. Units of the same time are in the order of a hash, which has nothing
    to do with their arm or outcome: it is salted, because shops assign arms by a hash of the unit, too."""
    assigned = rows["assigned"]
    if assigned.dtype == pl.String:
        day_or_time = pl.coalesce(pl.col("assigned").str.to_datetime(of, strict=False) for of in _TIMES)
        assigned = rows.select(day_or_time).to_series()
    if not assigned.dtype.is_temporal() or assigned.null_count():
        raise UserError(f"{path}: assigned must be a date or a time in every row, such as 2026-11-30 or 2026-11-30 09:30:00.")
    hashed = [sha256(f"order of assignment\x1f{experiment}\x1f{unit}".encode()).digest() for unit in rows["unit"]]
    return (
        pl.DataFrame({"assigned": assigned, "hashed": hashed}).select(pl.arg_sort_by("assigned", "hashed")).to_series().to_numpy()
    )
