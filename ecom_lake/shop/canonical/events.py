from __future__ import annotations

from ecom_lake.engine.contracts.columns import Date
from ecom_lake.engine.contracts.table import Rule, Silver
from ecom_lake.shop import vocabulary


class Events(Silver):
    """One row per event that explains a number: a campaign, a price change, an outage, a holiday."""

    event_date = vocabulary.event_date.replace(key=True)
    event = vocabulary.event.replace(key=True)
    ends_on = Date("Last day of the event; NULL for an event of one day.", nullable=True)
    note = vocabulary.note

    rules = (Rule("ends_after_it_begins", "ends_on IS NULL OR ends_on >= event_date", "An event does not end before it begins."),)
