"""The scheduled report: the report of a release by mail, with what changed since the release that was reported last.

Sent once to each channel for each tick of the schedule, with the release that readers see then.
Not here: what is in the report (publish/pages/report.py), in the workbook (publish/excel/workbook.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import cache

from ecom_lake.engine.alerts import Channel, ScheduledReport
from ecom_lake.engine.build.gold.table_rows import gold_rows
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.serve.difference import Moved, difference
from ecom_lake.engine.serve.released import released
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UsageError, UserError
from ecom_lake.publish.alerts.message import LONGEST_TITLE, Attachment, Message, one_line
from ecom_lake.publish.alerts.month_rules import shown
from ecom_lake.publish.alerts.notify import Notified, send_messages, sent_of
from ecom_lake.publish.excel.workbook import workbook
from ecom_lake.publish.report_file import report_page, report_pdf

_INSIGHTS, _MONTHS = 5, 12
"""The most of each that the text has."""
_TYPES = {
    "html": "text/html",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_LONGEST_LINE = 400


def send_report(site: Site, tick: str | None = None) -> Notified:
    """Send the report. `tick`: the time that the schedule planned; None for a report that somebody asked for."""
    report, entry, result, sent = scheduled(site), released(site), Notified(), sent_of(site)
    key = f"report-{hashlib.blake2b((tick or site.run).encode(), digest_size=8).hexdigest()}"
    attached = cache(lambda: attachments(site, entry, report))
    for channel in channels_of(site, report):
        if not sent.has(channel.name, key):
            last = sent.latest(channel.name, "report-")
            since = last.get("release") if last else None
            message = report_message(site, entry, key, since if isinstance(since, int) else None, attached())
            send_messages(channel, [message], sent, result)
    return result


def preview(site: Site) -> Message:
    """The report as the first channel would get it now."""
    report, entry = scheduled(site), released(site)
    last = sent_of(site).latest(report.channels[0], "report-")
    since = last.get("release") if last else None
    return report_message(site, entry, "report", since if isinstance(since, int) else None, attachments(site, entry, report))


def scheduled(site: Site) -> ScheduledReport:
    if site.shop.alerts.report is None:
        raise UsageError(
            f"Shop '{site.shop.name}' has no report to send: add [shops.{site.shop.name}.scheduled_report] to "
            f'{site.shop.written.looked_for}, with schedule = "0 7 1 * *" and channels = ["NAME"], a channel of the kind mail '
            "(docs/alerts.md in the repository)."
        )
    return site.shop.alerts.report


def channels_of(site: Site, report: ScheduledReport) -> list[Channel]:
    return [site.shop.alerts.channels[name] for name in report.channels]


Attached = tuple[tuple[Attachment, ...], tuple[str, ...]]
"""The files, and the reasons why some are left out."""


def attachments(site: Site, entry: Entry, report: ScheduledReport) -> Attached:
    html = cache(lambda: report_page(site, entry))
    makers: dict[str, Callable[[], bytes]] = {
        "html": html,
        "pdf": lambda: report_pdf(html()),
        "xlsx": lambda: workbook(site, entry),
    }
    files, left_out = [], []
    for ending in dict.fromkeys(report.attach):
        try:
            content = makers[ending]()
        except UserError as error:
            left_out.append(f"The {ending.upper()} file is left out: {error}")
        else:
            files.append(Attachment(f"{site.shop.name}-release-{entry.number}.{ending}", content, _TYPES[ending]))
    return tuple(files), tuple(left_out)


def report_message(site: Site, entry: Entry, key: str, since: int | None, attached: Attached) -> Message:
    files, left_out = attached
    at = datetime.fromisoformat(entry.at)
    names = [f"Attached: {', '.join(one.name for one in files)}"] if files else []
    lines = [
        f"Report of the shop {site.shop.name}: release {entry.number} of {at:%Y-%m-%d %H:%M} UTC.",
        *_paragraph("What changed", _changes(site, entry, since)),
        *_paragraph("What to do", _insights(site, entry)),
        *_paragraph("Files", [*names, *left_out]),
    ]
    title = one_line(f"[{site.shop.name}] Report of release {entry.number}, {at:%Y-%m-%d}", LONGEST_TITLE)
    text = "\n".join(one_line(line, _LONGEST_LINE) for line in lines)
    return Message(site.shop.name, "report", key, title, text, entry.number, files)


def _paragraph(heading: str, lines: list[str]) -> list[str]:
    return ["", heading, *(f"- {line}" for line in lines)] if lines else []


def _changes(site: Site, entry: Entry, since: int | None) -> list[str]:
    if since is None:
        return ["This is the first report that was sent: there is nothing to compare with."]
    if since == entry.number:
        return [f"Nothing: release {since} was reported before."]
    if not site.lake.log.has(since):
        return [f"Release {since}, which was reported last, is no longer kept: keep_days in lake.toml keeps releases longer."]
    found = difference(site, since, entry.number)
    months = [f"{month} {_moved(site, one)}" for month, one in found.months]
    more = [f"and {len(months) - _MONTHS:,} more values of months"] if len(months) > _MONTHS else []
    changed = [*(_moved(site, one) for one in found.kpis), *months[-_MONTHS:], *more]
    return [f"Since release {since}, which was reported last:", *(changed or ["no KPI changed"])]


def _moved(site: Site, one: Moved) -> str:
    before, after = (shown(value, one.unit, site.shop.numbers.currency) for value in (one.before, one.after))
    return f"{one.metric.replace('_', ' ')}: {before} → {after}"


def _insights(site: Site, entry: Entry) -> list[str]:
    rows = gold_rows(site, entry, "insights", "rank", "statement", "action", "status").filter(status="shown").sort("rank")
    return [f"{statement} {action}" for _, statement, action, _ in rows.head(_INSIGHTS).iter_rows()]
