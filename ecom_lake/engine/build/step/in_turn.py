"""Steps that all months need: one process of this machine makes them, and the others wait and keep its result.

Several runs over ranges of months may start at once, and each needs bronze, the mapped tables and the order index. The lock only
saves the work of making them twice. It is not what keeps them right: runs on several machines may make them at the same time, and
the first commit counts (commit.py). A lock ends with its process, however that ends.
"""

from __future__ import annotations

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.step.outcome import Outcome
from ecom_lake.engine.build.step.watched import Step


def in_turn(site: Site, table: str, step: Step) -> Step:
    """The step, beginning when no other process of this machine makes the same table; it then reads the state that they left."""

    def after_the_others() -> Outcome | list[Outcome]:
        with site.lake.turn(table):
            return step()

    return after_the_others
