from __future__ import annotations

import numpy as np

from ecom_lake.synth.arrays import Ints
from ecom_lake.synth.orders import CANCELED, DELIVERED, INVOICED, Orders, outcome_of
from ecom_lake.synth.people import LATE, NONE_YET, NOT_DELIVERED, ON_TIME, Visits
from ecom_lake.synth.text import DAY, NEVER


def days(*numbers: int) -> Ints:
    return np.array([NEVER if number == NEVER else number * DAY for number in numbers])


def test_the_first_valid_order_is_the_split_one_if_the_other_was_canceled() -> None:
    """Four visits; the first, third and fourth have a second order split off."""
    nothing, no = np.zeros(4, dtype=np.int64), np.zeros(4, dtype=np.bool_)
    visits = Visits(nothing, nothing, nothing, nothing, nothing, nothing, returning=no, split=no, met=nothing)
    visit = np.array([0, 1, 2, 3, 0, 2, 3])
    orders = Orders(
        seed=1,
        number=np.arange(7),
        visit=visit,
        person=visit,
        place=visit,
        status=np.array([CANCELED, DELIVERED, INVOICED, CANCELED, DELIVERED, DELIVERED, CANCELED]),
        purchased=days(1, 1, 1, 1, 1, 1, 1),
        approved=days(1, 1, 1, 1, 1, 1, 1),
        shipped=days(NEVER, 2, NEVER, NEVER, 2, 2, NEVER),
        delivered=days(NEVER, 5, NEVER, NEVER, 9, 5, NEVER),
        promised=days(6, 6, 6, 6, 6, 6, 6),
        without_lines=np.zeros(7, dtype=np.bool_),
    )
    outcome = outcome_of(visits, orders)
    assert outcome.valid_orders.tolist() == [1, 1, 2, 0]
    assert outcome.first_valid.tolist() == [LATE, ON_TIME, NOT_DELIVERED, NONE_YET]
    assert outcome.late.tolist() == [False, False, False, False]
    assert outcome.settled.tolist() == days(11, 5, 11, 11).tolist()
