"""The base of the tables that hold a fitted model: its card, rivals, curves, parameters, and drift since the last fit.

Here: the columns that all of them share, so that one reader reads every model, and the next fit reads this one. Each model has
its own class `<model>_fit`, which is `beside` the table that it is made with. Not here: the rows (fitted.py).
"""

from __future__ import annotations

from typing import Final

from ecom_lake.engine.contracts.columns import Integer, Key, Number, Text
from ecom_lake.engine.contracts.table import Gold, Identity, Rule

CARD, RIVAL, CURVE, PARAMETER, SEEN, DRIFT = KINDS = ("card", "rival", "curve", "parameter", "seen", "drift")
PUBLISHED: Final = "published"
BASELINE: Final = "baseline"
REFUSED: Final = "refused"
STATUSES = (PUBLISHED, BASELINE, REFUSED)
DIGITS = 9
"""The decimals of every stored number; libraries differ between machines only in later ones."""
DIRECTIONS = ("higher", "lower")
REQUIREMENTS = ("better", "certainly better", "no worse", "not certainly worse")

_SIGN = "(case when direction = 'higher' then 1 else -1 end)"
_IS_AHEAD = f"{_SIGN} * value > {_SIGN} * baseline_value + margin"
_WORST = "(case when direction = 'higher' then difference_low else -difference_high end)"
_BEST = "(case when direction = 'higher' then difference_high else -difference_low end)"
_HAS_WORDS = "candidate <> '' and champion = candidate and metric <> '' and baseline <> ''"
_HAS_NUMBERS = "value is not null and baseline_value is not null and margin is not null"
_HAS_INTERVALS = " and ".join(
    f"({low} <= {high} or (requirement = 'better' and {low} is null and {high} is null))"
    for low, high in (("low", "high"), ("difference_low", "difference_high"))
)
_MEETS = f"""case requirement
    when 'better' then {_IS_AHEAD}
    when 'certainly better' then {_IS_AHEAD} and {_WORST} > margin
    when 'no worse' then {_SIGN} * value >= {_SIGN} * baseline_value + margin
    when 'not certainly worse' then {_BEST} >= margin
    else false end"""

HAS_A_GATE = Rule(
    "published_has_a_gate",
    f"status <> 'published' or coalesce({_HAS_WORDS} and direction in ('higher', 'lower') and {_HAS_NUMBERS}"
    f" and {_HAS_INTERVALS}, false)",
    "A published model names its candidate, its rival or threshold, the metric, both values, and both intervals unless it only"
    " has to be better.",
)
PASSES_ITS_GATE = Rule(
    "published_passes_its_gate",
    f"status <> 'published' or coalesce({' '.join(_MEETS.split())}, false)",
    "The numbers of a published model meet the requirement of its gate.",
)


class ModelFit(Gold):
    """One row per fact of a fitted model."""

    kind = Key(
        "Kind of the row: a line of the model card, a rival, a point of a curve, a parameter, a figure seen, or a drift.",
        one_of=KINDS,
    )
    name = Key("Name of the fact: a line of the card, a metric, a curve or a parameter.")
    series = Key("Line of a curve that has several, or the rival that the fact belongs to; else empty.")
    position = Integer("Position in the list or on the curve; 0 where the row is in neither.", key=True, at_least=0)
    x = Number("Position on the curve's horizontal axis; of a drift, the value at the previous fit.", nullable=True)
    value = Number("The value; NULL where it is unknown or not a number.", nullable=True)
    low = Number(
        "Lower bound of the value, where there is one: of its 95% confidence interval or its expected range.", nullable=True
    )
    high = Number("Upper bound of the value, where there is one.", nullable=True)
    said = Text("The value as text, where it is not a number.", nullable=True)


def card_identities(fit: str) -> tuple[Identity, ...]:
    """A fit has one card, and a published card passes its gate. A card is several rows, so that identities check it."""
    return (has_one_card(fit), *(_of_the_card(fit, rule) for rule in (HAS_A_GATE, PASSES_ITS_GATE)))


def _of_the_card(fit: str, rule: Rule) -> Identity:
    words = ("status", "champion", "candidate", "metric", "baseline", "direction", "requirement")
    numbers = ("value", "low", "high", "baseline_value", "margin", "difference_low", "difference_high")
    columns = [f"max(said) filter (where name = '{name}') as {name}" for name in words]
    columns += [f"max(value) filter (where name = '{name}') as {name}" for name in numbers]
    card = f"select {', '.join(columns)} from {fit} where kind = 'card'"
    return Identity(rule.name, f"select * from ({card}) as card where not ({rule.holds})", rule.meaning)


def has_one_card(fit: str) -> Identity:
    """A fit states its status exactly once."""
    where = f"from {fit} where kind = 'card' and name = 'status'"
    return Identity(
        "has_one_card",
        f"select 1 as cards where (select count(*) {where}) <> 1",
        "The model has one card, which states its status.",
    )
