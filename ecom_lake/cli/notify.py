"""The command `notify`: sends the alerts that are due, or the report, to the channels of lake.toml."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, Flag, Options
from ecom_lake.errors import UsageError
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.build.shop_context import Site
    from ecom_lake.publish.alerts.notify import Notified


def notify(
    *,
    report: Flag = False,
    dry_run: Flag = False,
    test: Annotated[str | None, Parameter(name="--test")] = None,
    out: Path | None = None,
    as_json: AsJson = False,
    options: Options,
) -> int:
    """Send the alerts that are due: build failed, not released, freshness, KPIs, targets, anomalies, refused models.

    Each message is sent once to each channel. A channel that is down gets its messages the next time.
    Exit code 1 if a channel failed.

    Parameters
    ----------
    report
        Send the report of the current release by mail instead, as [shops.NAME.scheduled_report] describes it.
    dry_run
        Send nothing: print what would be sent where. With --report: write the mail and its files to a folder.
    test
        Only send a test message to this channel.
    out
        The folder of --report --dry-run. Default: report-mail in the working folder.
    as_json
        Print the result as JSON.
    """
    from ecom_lake.publish.alerts.notify import notify as notify_all
    from ecom_lake.publish.alerts.notify import send_test

    if test is not None and (report or dry_run):
        raise UsageError("--test sends one message: it goes with neither --report nor --dry-run.")
    if out is not None and not (report and dry_run):
        raise UsageError("--out is the folder of --report --dry-run.")
    site = options.site()
    if test is not None:
        where = send_test(site, test)
        screen.show_json({"channel": test, "sent": where}) if as_json else screen.show(f"{test}: sent to {where}.")
        return 0
    if report and dry_run:
        return _write_report(site, out or Path("report-mail"), as_json)
    if report:
        from ecom_lake.publish.alerts.report_mail import send_report

        return _show(site, send_report(site), as_json)
    _refuse_without_channels(site)
    return _preview(site, as_json) if dry_run else _show(site, notify_all(site), as_json)


def _refuse_without_channels(site: Site) -> None:
    from ecom_lake.engine.alerts import ADD_CHANNEL

    if not site.shop.alerts.channels:
        raise UsageError(f"{site.shop.written.looked_for} has no channel to send to: {ADD_CHANNEL}.")


def _preview(site: Site, as_json: bool) -> int:
    from ecom_lake.publish.alerts.notify import due, sender_of

    found = due(site)
    senders = {name: sender_of(site.shop.alerts.channels[name]) for name in found.messages}
    if as_json:
        waiting = [
            {"channel": name, "target": senders[name].target, "key": one.key, "message": senders[name].preview(one)}
            for name, messages in found.messages.items()
            for one in messages
        ]
        screen.show_json({"shop": site.shop.name, "due": waiting, "failures": found.unread})
    else:
        for name, messages in found.messages.items():
            for one in messages:
                screen.show(f"To {name} ({senders[name].target}):", senders[name].preview(one), "")
        screen.show(f"{counted(sum(map(len, found.messages.values())), 'message')} would be sent.")
        _show_failures(found.unread)
    return 1 if found.unread else 0


def _show(site: Site, result: Notified, as_json: bool) -> int:
    if as_json:
        sent = [{"channel": name, "key": one.key, "title": one.title} for name, one in result.sent]
        screen.show_json({"shop": site.shop.name, "sent": sent, "failures": result.failures})
    else:
        for name, one in result.sent:
            screen.show(f"{name}: {one.title}")
        screen.show(f"{counted(len(result.sent), 'message')} sent.")
        _show_failures(result.failures)
    return 1 if result.failures else 0


def _show_failures(failures: Sequence[str]) -> None:
    for sentence in failures:
        screen.show_error(sentence)


def _write_report(site: Site, folder: Path, as_json: bool) -> int:
    from ecom_lake.publish.alerts.notify import sender_of
    from ecom_lake.publish.alerts.report_mail import channels_of, preview, scheduled

    message = preview(site)
    mail = sender_of(channels_of(site, scheduled(site))[0]).preview(replace(message, attachments=()))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out: {folder} cannot be made: {error.strerror}.") from None
    files = {"mail.txt": f"{mail}\n".encode(), **{one.name: one.content for one in message.attachments}}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    if as_json:
        screen.show_json({"shop": site.shop.name, "release": message.release, "files": [str(folder / name) for name in files]})
    else:
        screen.show(f"Nothing was sent. The mail and {counted(len(message.attachments), 'file')} are in {folder}.")
    return 0
