from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Date
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold
from ecom_lake.shop import vocabulary


class ShopEvents(Gold):
    """One row per event that the shop noted, such as a campaign or an outage."""

    event_date = vocabulary.event_date.replace(key=True)
    event = vocabulary.event.replace(key=True)
    month = vocabulary.month
    last_day = Date("Last day of the event; the first one where it has no other.")
    event_days = Count("Number of days, the first and the last included.", at_least=1)
    note = vocabulary.note

    needs = ("orders.ordered_at", "events")
    identities = (
        agree(
            "every_event_is_there",
            "Each event of silver has one row.",
            "select event_date, event, last_day from shop_events",
            "select event_date, event, coalesce(ends_on, event_date) from events",
        ),
    )
