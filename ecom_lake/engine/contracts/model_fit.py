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
_HAS_NUMBERS = (
    "value is not null and low <= high and baseline_value is not null and margin is not null"
    " and difference_low <= difference_high"
)
_MEETS = f"""case requirement
    when 'better' then {_IS_AHEAD}
    when 'certainly better' then {_IS_AHEAD} and {_WORST} > margin
    when 'no worse' then {_SIGN} * value >= {_SIGN} * baseline_value + margin
    when 'not certainly worse' then {_BEST} >= margin
    else false end"""

HAS_A_GATE = Rule(
    "published_has_a_gate",
    f"status <> 'published' or coalesce({_HAS_WORDS} and direction in ('higher', 'lower') and {_HAS_NUMBERS}, false)",
    "A published model names its candidate, its rival or threshold, the metric, both values and both intervals.",
)
PASSES_ITS_GATE = Rule(
    "published_passes_its_gate",
    f"status <> 'published' or coalesce({' '.join(_MEETS.split())}, false)",
    "The numbers of a published model meet the requirement of its gate.",
)


class ModelFit(Gold, group="models"):
    """One row per fact of a fitted model."""

    kind = Key("Whether it belongs to the card, a rival, a curve, the parameters, what was seen, or the drift.", one_of=KINDS)
    name = Key("What it says: a line of the card, a metric, a curve, a parameter.")
    series = Key("Of what: the rival, or one line of several of a curve; else empty.")
    position = Integer("Number of the point on its curve; else 0.", key=True, at_least=0)
    x = Number("Where on the curve; of drift: what it was before.", nullable=True)
    value = Number("The number, where it is one.", nullable=True)
    low = Number("Lower bound of it, where there is one.", nullable=True)
    high = Number("Upper bound of it.", nullable=True)
    said = Text("The words, where it is not a number.", nullable=True)


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
