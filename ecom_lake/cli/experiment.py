"""The commands `experiment plan`, `simulate` and `analyze`: sample sizes, assumed effects of a discount, results."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, Flag, LakeOptions, Options
from ecom_lake.errors import UsageError, UserError

if TYPE_CHECKING:
    from ecom_lake.shop.experiments.analysis import Analysis, Result, Spec, Units
    from ecom_lake.shop.experiments.groups import Group
    from ecom_lake.shop.settings.mining import MiningSettings

_LEAST = 0.000001
"""Shares, uplifts and money next to zero have no sample size: in floating point numbers, both arms are equal."""
_LARGEST_UPLIFT, _MOST_MONEY = 1_000, 10**12


def experiment() -> int:
    """Plan, simulate and analyze experiments.

    Start with experiment plan: it shows which experiments this shop can run.
    """
    raise UsageError("Name a subcommand: ecom-lake experiment plan, simulate, or analyze FILE.")


# ---------------------------------------------------------------------------------------------------------------- plan


def plan(
    *,
    baseline: float | None = None,
    uplift: float | None = None,
    segment: str | None = None,
    power: float | None = None,
    alpha: float | None = None,
    money: Flag = False,
    deviation: Annotated[
        float | None, Parameter(help="With --money and --baseline: standard deviation of the money per customer.")
    ] = None,
    as_json: AsJson = False,
    options: Options,
) -> int:
    """Compute the sample size of an experiment, and whether this shop has enough customers.

    With --baseline and --uplift, no lake is needed.

    Parameters
    ----------
    baseline
        Purchase rate without the treatment, such as 0.03; with --money, mean net sales per customer. Default: measured.
    uplift
        Assumed relative uplift: 0.1 is 10% more than the baseline. Default: several.
    segment
        One group of customers. Default: all groups.
    power
        Probability of detecting the uplift (statistical power).
    alpha
        Probability of a false positive (significance level).
    money
        Plan for net sales per customer instead of the purchase rate.
    as_json
        Print JSON.
    """
    _within("power", power, 1)
    _within("alpha", alpha, 1, _LEAST)
    _within("uplift", uplift, _LARGEST_UPLIFT, _LEAST)
    _within("baseline", baseline, _MOST_MONEY if money else 1, _LEAST)
    _within("deviation", deviation, _MOST_MONEY, _LEAST)
    if deviation is not None and not (money and baseline is not None):
        raise UsageError("--deviation applies only together with --money and --baseline.")
    if baseline is not None and segment is None and uplift is not None:
        row = _formula(baseline, uplift, power or 0.8, alpha or 0.05, deviation, money)
        _show_plan([row], "", as_json)
        return 0
    if baseline is not None:
        raise UsageError("--baseline needs --uplift, and cannot be combined with --segment, whose baseline is measured.")
    rows = _plans(options, uplift, segment, power, alpha, money)
    _show_plan(rows, f"Next: {options.command('experiment simulate')}", as_json)
    return 0


def _within(name: str, value: float | None, most: int, least: float = 0) -> None:
    if value is not None and not least < value < most:
        raise UsageError(f"--{name} must be above {f'{least:f}' if least else 0} and below {most:,}, not {value:g}.")


def _formula(baseline: float, uplift: float, power: float, alpha: float, deviation: float | None, money: bool) -> dict[str, Any]:
    from ecom_lake.statistics.power import people_for_means, people_for_shares, whole

    treated = baseline * (1 + uplift)
    if money:
        if deviation is None:
            raise UsageError("--money with --baseline needs --deviation: the standard deviation of the money per customer.")
        n = whole(people_for_means(treated - baseline, deviation, power, alpha))
    elif treated >= 1:
        raise UsageError(f"An uplift of {uplift:.0%} on {baseline:.2%} is a rate of 100% or more: lower --uplift or --baseline.")
    else:
        n = whole(people_for_shares(baseline, treated, power, alpha))
    return {"baseline": baseline, "uplift": uplift, "treated": treated, "power": power, "alpha": alpha, "n_per_arm": n}


def _plans(
    options: LakeOptions, uplift: float | None, segment: str | None, power: float | None, alpha: float | None, money: bool
) -> list[dict[str, Any]]:
    from ecom_lake.cli.experiment_groups import chosen, shop_groups
    from ecom_lake.shop.experiments.experiment_plan_model import UPLIFTS

    site = options.site()
    known, _ = shop_groups(site)
    settings = site.shop.mining
    settings = settings.with_changes(power=power or settings.power, test_alpha=alpha or settings.test_alpha)
    uplifts = UPLIFTS if uplift is None else (uplift,)
    return [_planned(group, one, settings, money) for group in chosen(known, segment) for one in uplifts]


def _planned(group: Group, uplift: float, settings: MiningSettings, money: bool) -> dict[str, Any]:
    from ecom_lake.shop.experiments.experiment_plan_model import money_plan, plan

    found = (money_plan if money else plan)(group, uplift, settings)
    baseline = group.money if money else group.rate
    return {"segment": group.name, "baseline": baseline, "uplift": uplift, **asdict(found)}


def _show_plan(rows: list[dict[str, Any]], after: str, as_json: bool) -> None:
    if as_json:
        screen.show_json({"plans": rows})
        return
    names = [name for name in rows[0] if name != "reason"]
    screen.show_rows(names, [[row[name] for name in names] for row in rows])
    screen.show("")
    if "reason" in rows[0]:
        can = sum(bool(row["testable"]) for row in rows)
        screen.show(
            rows[0]["reason"]
            if len(rows) == 1
            else f"{can} of {len(rows)} experiments can be run in this shop; the uplifts are assumptions."
        )
    else:
        screen.show(f"Sample size: {rows[0]['n_per_arm']:,} customers in each of two arms.")
    screen.show(*filter(None, [after]), style="dim")


# ------------------------------------------------------------------------------------------------------------ simulate


def simulate(
    *,
    discount: float | None = None,
    uplift: float | None = None,
    cannibalisation: float | None = None,
    margin: float | None = None,
    segment: str | None = None,
    as_json: AsJson = False,
    options: Options,
) -> int:
    """Simulate a discount for customers at risk of churn, under assumptions.

    Parameters
    ----------
    discount
        Discount as a share of the price. Default: several.
    uplift
        Assumed relative uplift of the purchase rate. Default: several.
    cannibalisation
        Assumed share of customers who would buy anyway and use the discount. Default: 1.
    margin
        Margin as a share of net sales. Default: measured, else the shop's setting assumed_margin.
    segment
        One group of customers. Default: all groups at risk of churn.
    as_json
        Print JSON.
    """
    from ecom_lake.cli.experiment_groups import chosen, shop_groups
    from ecom_lake.shop.experiments import experiment_simulation_model as model
    from ecom_lake.shop.experiments.groups import WIN_BACK

    for name, value in (("discount", discount), ("margin", margin)):
        _within(name, value, 1)
    _within("uplift", uplift, _LARGEST_UPLIFT, _LEAST)
    if cannibalisation is not None and not 0 <= cannibalisation <= 1:
        raise UsageError(f"--cannibalisation must be from 0 to 1, not {cannibalisation:g}.")
    site = options.site()
    known, measured = shop_groups(site)
    groups = [group for group in chosen(known, segment) if group.people and (segment or group.name in WIN_BACK)]
    if not groups:
        raise UsageError("No group of customers at risk of churn has a measured purchase rate.")
    assumed = margin is not None or measured is None
    scenarios = model.scenario_grid(
        groups,
        model.DISCOUNTS if discount is None else (discount,),
        model.UPLIFTS if uplift is None else (uplift,),
        (1.0 if cannibalisation is None else cannibalisation,),
        (margin if margin is not None else site.shop.mining.assumed_margin if measured is None else measured,),
    )
    rows = list(model.simulate(scenarios, not assumed, site.shop.mining.seed))
    if as_json:
        screen.show_json({"shop": site.shop.name, "scenarios": rows})
        return 0
    names = ["segment", "discount", "assumed_uplift", "incremental_orders", "incremental_margin", "low", "high"]
    screen.show_rows([*names, "break_even_uplift"], [[row[name] for name in (*names, "break_even_uplift")] for row in rows])
    source = "assumed" if assumed else "measured"
    screen.show(
        "",
        f"Assumed, not measured: the uplift; {scenarios[0].cannibalisation:.0%} of those who would buy anyway use the discount;"
        f" margin {scenarios[0].margin:.0%} ({source}). Only an experiment measures them: {options.command('experiment plan')}",
    )
    return 0


# ------------------------------------------------------------------------------------------------------------- analyze


def analyze(file: Path, /, *, plan: Path | None = None, as_json: AsJson = False) -> int:
    """Analyze the results of an experiment.

    Parameters
    ----------
    file
        A CSV or Parquet file with the columns unit, arm, outcome (or several: outcome_…), and optionally before and assigned.
    plan
        The plan, as TOML: metric, minimal_effect, alpha, n, seed, method, looks, bounds, share_treated, name.
    as_json
        Print JSON.
    """
    from ecom_lake.cli.experiment_files import read_plan, read_units
    from ecom_lake.shop.experiments.analysis import analyze as analyzed

    spec, metrics = read_plan(plan)
    units = read_units(file, metrics, spec.name)
    found = analyzed(units, spec)
    if found.refused:
        raise (UsageError if found.is_early else UserError)(found.refused)
    if as_json:
        screen.show_json({"control": units.control, "treated": units.treated, "method": spec.method, **asdict(found)})
        return 0
    show_results(found, units, spec)
    return 0


def show_results(found: Analysis, units: Units, spec: Spec) -> None:
    names = ["metric", units.control, units.treated, "difference", "low", "high", "p"]
    cells = [[one.metric, one.control, one.treated, one.difference, one.low, one.high, one.p] for one in found.results]
    screen.show_rows(names, cells)
    screen.show("", *(_sentence(one, units, spec) for one in found.results), *(one.reason for one in found.unreliable))
    n0, n1 = found.people
    screen.show(
        f"{n0:,} participants in {units.control}, {n1:,} in {units.treated} (split as planned, p = {found.split_p:.2f});"
        f" random splits show a difference in {found.false_alarms:.1%} of cases.",
        style="dim",
    )
    if found.look:
        screen.show(_about_look(found, spec))
    if spec.n is None:
        screen.show("No sample size was planned: it cannot be excluded that the experiment was stopped when it looked good.")


def _about_look(found: Analysis, spec: Spec) -> str:
    planned = "The single planned look" if spec.method == "fixed" else f"Planned look {found.look} of {spec.looks}"
    later = f"; {found.left_out:,} participants who were assigned later are left out" if found.left_out else ""
    return f"{planned}{later}."


def _sentence(one: Result, units: Units, spec: Spec) -> str:
    def text(value: float) -> str:
        return f"{value:.2%}" if one.is_share else f"{value:,.2f}"

    change = f"{one.metric}: {text(one.treated)} in {units.treated} against {text(one.control)} in {units.control}"
    bounds = f"a difference of {text(one.difference)} ({1 - spec.alpha:.0%} interval {text(one.low)} to {text(one.high)})"
    past = (
        f" The values before explained {1 - one.variance_left:.0%} of the variance (CUPED)."
        if one.variance_left is not None
        else ""
    )
    if one.is_found:
        return f"{change}, {bounds}: statistically significant.{past}"
    return f"{change}, {bounds}: not statistically significant, which is not proof of no effect.{past}"
