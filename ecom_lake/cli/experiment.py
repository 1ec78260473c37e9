"""Experiments: what this shop could test, what a discount would bring by what is assumed, and what came out of one."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ecom_lake.cli import screen
from ecom_lake.cli.place import AsJson, Flag, Here, Place
from ecom_lake.errors import UsageError, UserError

if TYPE_CHECKING:
    from ecom_lake.shop.experiments.analysis import Analysis, Result, Spec, Units
    from ecom_lake.shop.experiments.groups import Group
    from ecom_lake.shop.settings.mining import MiningSettings


def experiment() -> int:
    """Plan, simulate and analyze experiments.

    Start with experiment plan: it says what this shop can test.
    """
    raise UsageError("Which one? ecom-lake experiment plan, simulate, or analyze FILE.")


# ---------------------------------------------------------------------------------------------------------------- plan


def plan(
    *,
    baseline: float | None = None,
    uplift: float | None = None,
    segment: str | None = None,
    power: float | None = None,
    alpha: float | None = None,
    money: Flag = False,
    deviation: Annotated[float | None, Parameter(help="With --money and --baseline: standard deviation of the money.")] = None,
    as_json: AsJson = False,
    place: Here,
) -> int:
    """Say how many people an experiment needs, and whether this shop has them.

    With --baseline and --uplift alone no lake is needed.

    Parameters
    ----------
    baseline
        Share who buy without it, such as 0.03; with --money, mean money per person. Else as measured.
    uplift
        Supposed rise, as a share of the baseline: 0.1 is a tenth more. Else several.
    segment
        One group of people; without it, all that there are.
    power
        Chance to find the uplift.
    alpha
        Chance to find one where there is none.
    money
        Plan for money per person, not for the share who buy.
    as_json
        As JSON.
    """
    for name, value, most in (("power", power, 1), ("alpha", alpha, 1), ("uplift", uplift, None)):
        _within(name, value, most)
    _within("baseline", baseline, None if money else 1)
    _within("deviation", deviation, None)
    if deviation is not None and not (money and baseline is not None):
        raise UsageError("--deviation goes with --money and --baseline.")
    if baseline is not None and segment is None and uplift is not None:
        row = _formula(baseline, uplift, power or 0.8, alpha or 0.05, deviation, money)
        _show_plan([row], "", as_json)
        return 0
    if baseline is not None:
        raise UsageError("--baseline needs --uplift too, and no --segment: a group's own baseline is measured.")
    rows = _plans(place, uplift, segment, power, alpha, money)
    _show_plan(rows, f"Next: {place.command('experiment simulate')}", as_json)
    return 0


def _within(name: str, value: float | None, most: float | None) -> None:
    if value is not None and not (value > 0 and (most is None or value < most)):
        raise UsageError(f"--{name} must be above 0{f' and below {most}' if most is not None else ''}, not {value:g}.")


def _formula(baseline: float, uplift: float, power: float, alpha: float, deviation: float | None, money: bool) -> dict[str, Any]:
    from ecom_lake.statistics.power import people_for_means, people_for_shares, whole

    treated = baseline * (1 + uplift)
    if money:
        if deviation is None:
            raise UsageError("--money with --baseline needs --deviation: how far people are apart in what they spend.")
        n = whole(people_for_means(treated - baseline, deviation, power, alpha))
    elif treated >= 1:
        raise UsageError(f"{uplift:.0%} more than {baseline:.2%} would be everybody and more.")
    else:
        n = whole(people_for_shares(baseline, treated, power, alpha))
    return {"baseline": baseline, "uplift": uplift, "treated": treated, "power": power, "alpha": alpha, "n_per_arm": n}


def _plans(
    place: Place, uplift: float | None, segment: str | None, power: float | None, alpha: float | None, money: bool
) -> list[dict[str, Any]]:
    from ecom_lake.cli.experiment_groups import chosen, shop_groups
    from ecom_lake.shop.experiments.experiment_plan_model import UPLIFTS

    site = place.site()
    known, _ = shop_groups(site)
    settings = site.shop.mining
    settings = replace(settings, power=power or settings.power, test_alpha=alpha or settings.test_alpha)
    uplifts = UPLIFTS if uplift is None else (uplift,)
    return [_planned(group, one, settings, money) for group in chosen(known, segment) for one in uplifts]


def _planned(group: Group, uplift: float, settings: MiningSettings, money: bool) -> dict[str, Any]:
    from ecom_lake.shop.experiments.experiment_plan_model import money_plan, plan

    found = (money_plan if money else plan)(group, uplift, settings)
    baseline = group.money if money else group.rate
    return {"segment": group.name, "baseline": baseline, "uplift": uplift, **asdict(found)}


def _show_plan(rows: list[dict[str, Any]], after: str, as_json: bool) -> None:
    if as_json:
        screen.emit_json({"plans": rows})
        return
    names = [name for name in rows[0] if name != "reason"]
    screen.show_rows(names, [[row[name] for name in names] for row in rows])
    screen.say("")
    if "reason" in rows[0]:
        can = sum(bool(row["testable"]) for row in rows)
        screen.say(rows[0]["reason"] if len(rows) == 1 else f"{can} of {len(rows)} can be tested here; uplifts are supposed.")
    else:
        screen.say(f"{rows[0]['n_per_arm']:,} people are needed in each of two arms.")
    screen.say(*filter(None, [after]), style="dim")


# ------------------------------------------------------------------------------------------------------------ simulate


def simulate(
    *,
    discount: float | None = None,
    uplift: float | None = None,
    cannibalisation: float | None = None,
    margin: float | None = None,
    segment: str | None = None,
    as_json: AsJson = False,
    place: Here,
) -> int:
    """Say what a discount for people who may be lost would bring, by what is assumed.

    Parameters
    ----------
    discount
        Share taken off the price; else several.
    uplift
        Assumed: by what share more of them buy; else several.
    cannibalisation
        Assumed: share of those who would buy anyway who take the discount; else all of them.
    margin
        Share of net sales left after cost; else as measured, or the shop's setting assumed_margin.
    segment
        One group of people; without it, all who may be lost.
    as_json
        As JSON.
    """
    from ecom_lake.cli.experiment_groups import chosen, shop_groups
    from ecom_lake.shop.experiments import experiment_simulation_model as model
    from ecom_lake.shop.experiments.groups import WIN_BACK

    for name, value in (("discount", discount), ("margin", margin)):
        _within(name, value, 1)
    _within("uplift", uplift, None)
    if cannibalisation is not None and not 0 <= cannibalisation <= 1:
        raise UsageError(f"--cannibalisation must be from 0 to 1, not {cannibalisation:g}.")
    site = place.site()
    known, measured = shop_groups(site)
    groups = [group for group in chosen(known, segment) if group.people and (segment or group.name in WIN_BACK)]
    if not groups:
        raise UsageError("No group of people who may be lost has a base rate to start from.")
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
        screen.emit_json({"shop": site.shop.name, "scenarios": rows})
        return 0
    names = ["segment", "discount", "assumed_uplift", "incremental_orders", "incremental_margin", "low", "high"]
    screen.show_rows([*names, "break_even_uplift"], [[row[name] for name in (*names, "break_even_uplift")] for row in rows])
    source = "assumed" if assumed else "measured"
    screen.say(
        "",
        f"Assumed, not measured: the uplift, {scenarios[0].cannibalisation:.0%} of those who would buy anyway take the discount;"
        f" margin {scenarios[0].margin:.0%} ({source}). Only an experiment tells: {place.command('experiment plan')}",
    )
    return 0


# ------------------------------------------------------------------------------------------------------------- analyze


def analyze(file: Path, /, *, plan: Path | None = None, as_json: AsJson = False) -> int:
    """Say what came out of an experiment.

    Parameters
    ----------
    file
        A CSV or Parquet file with columns unit, arm, outcome (or several: outcome_…), and optionally before.
    plan
        What was planned, as TOML: metric, minimal_effect, alpha, n, seed, method, looks, bounds, share_treated.
    as_json
        As JSON.
    """
    from ecom_lake.cli.experiment_files import read_plan, read_units
    from ecom_lake.shop.experiments.analysis import analyze as analyzed

    spec, metrics = read_plan(plan)
    units = read_units(file, metrics)
    found = analyzed(units, spec)
    if found.refused:
        raise (UsageError if found.is_early else UserError)(found.refused)
    if as_json:
        screen.emit_json({"control": units.control, "treated": units.treated, "method": spec.method, **asdict(found)})
        return 0
    _show_results(found, units, spec)
    return 0


def _show_results(found: Analysis, units: Units, spec: Spec) -> None:
    names = ["metric", units.control, units.treated, "difference", "low", "high", "p"]
    cells = [[one.metric, one.control, one.treated, one.difference, one.low, one.high, one.p] for one in found.results]
    screen.show_rows(names, cells)
    screen.say("", *(_sentence(one, units, spec) for one in found.results))
    n0, n1 = found.people
    screen.say(
        f"{n0:,} people in {units.control}, {n1:,} in {units.treated} (split as planned, p = {found.split_p:.2f});"
        f" splits by lot find something in {found.false_alarms:.1%} of all cases.",
        style="dim",
    )
    if spec.n is None:
        screen.say("No number of people was planned beforehand: nobody can tell that it was not stopped when it looked good.")


def _sentence(one: Result, units: Units, spec: Spec) -> str:
    def said(value: float) -> str:
        return f"{value:.2%}" if one.is_share else f"{value:,.2f}"

    change = f"{one.metric}: {said(one.treated)} in {units.treated} against {said(one.control)} in {units.control}"
    bounds = f"a difference of {said(one.difference)} ({1 - spec.alpha:.0%} interval {said(one.low)} to {said(one.high)})"
    past = f" The past explained {1 - one.variance_left:.0%} of the variance." if one.variance_left is not None else ""
    if one.is_found:
        return f"{change}, {bounds}: more than chance.{past}"
    return f"{change}, {bounds}: not to be told from chance, which is not proof of no effect.{past}"
