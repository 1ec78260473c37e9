"""The commands `doctor` and `repair`: checks the setup and the files, and fixes damage."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from rich.text import Text

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, Flag, Options
from ecom_lake.errors import UsageError
from ecom_lake.words import counted

if TYPE_CHECKING:
    from ecom_lake.engine.serve.doctor import Finding

_STYLES = {"ok": "green", "warn": "yellow", "fail": "red"}


def doctor(*, deep: Flag = False, settings: Flag = False, as_json: AsJson = False, options: Options) -> int:
    """Check the setup and the files, and show how to fix each problem.

    Exit code 1 if a check fails.

    Parameters
    ----------
    deep
        Read every file of the release and check it against its hash.
    settings
        Instead of checks, show every setting of lake.toml with the value in force: of all shops, or of the one in --shop.
    as_json
        Print JSON.
    """
    from ecom_lake.engine.serve.doctor import examine
    from ecom_lake.settings import load

    if settings:
        return _show_settings(as_json, options)
    findings = list(examine(partial(load, options.root, project=options.project), options.shop, deep))
    if as_json:
        screen.show_json([asdict(finding) for finding in findings])
    else:
        _show_findings(findings)
    return 1 if any(finding.state == "fail" for finding in findings) else 0


def _show_settings(as_json: bool, options: Options) -> int:
    """Exit code 1 if the section of a shop has an error."""
    from ecom_lake.engine.config import defaults_in_force
    from ecom_lake.engine.serve.settings_in_force import as_written, settings_in_force
    from ecom_lake.settings import load

    settings = load(options.root, project=options.project)
    found = settings_in_force(settings, [settings.shop(options.shop).name] if options.shop else settings.shops)
    if as_json:
        screen.show_json([{**asdict(one), "is_default": one.is_default} for one in found])
    else:
        rows = [
            (one.name, as_written(one.value), "" if one.is_default else as_written(one.default) or "not set") for one in found
        ]
        screen.show_table(["setting", "value in force", "default, if another"], rows, wrap=["value in force"])
    screen.show_error(*filter(None, [defaults_in_force(settings.config)]), *settings.invalid.values())
    return 1 if settings.invalid else 0


def repair(*, options: Options) -> int:
    """Repair damaged files, and build.

    Reads every file. Damaged log entries are moved out of the log and kept, damaged tables are rebuilt, and damaged
    deliveries are read again from landing. Readers see the newest undamaged release until the build has made a new one.
    Exit code 1 if a damaged delivery is no longer in landing.
    """
    from ecom_lake.cli.build import build
    from ecom_lake.engine.build.maintenance.repair import repair as repair_files
    from ecom_lake.engine.serve.released import nothing_built

    site = options.site()
    if not site.lake.log.numbers():
        raise UsageError(nothing_built(site))
    done = repair_files(site)
    for what, files in (
        ("Moved out of the log", done.set_aside),
        ("Read again from landing", done.read_again),
        ("Restored from the plain view", done.put_back),
        ("To rebuild", done.forgotten),
    ):
        if files:
            screen.show(f"{what}:")
            screen.show_some(files)
    if done.lost:
        screen.show_error("Damaged, and missing in landing:", *done.lost)
        screen.show(f"Copy them to {site.lake.landing.url}, then run {options.command('repair')}.")
        return 1
    if not (done.set_aside or done.read_again or done.put_back or done.forgotten):
        screen.show("No file is damaged: every file matches its hash.")
    return build(options=options)


def _show_findings(findings: list[Finding]) -> None:
    rows = []
    for finding in findings:
        sentence = Text(screen.printable(finding.says))
        if finding.todo:
            sentence.append(f" {finding.todo}", style="bold")
        rows.append((Text(finding.state, style=_STYLES[finding.state]), finding.what, sentence))
    screen.show_table(["", "check", "finding"], rows, wrap=["finding"], header=False)
    failed = sum(finding.state == "fail" for finding in findings)
    warned = sum(finding.state == "warn" for finding in findings)
    screen.show("")
    if failed or warned:
        screen.show(f"{counted(failed, 'failure')}, {counted(warned, 'warning')}.")
    else:
        screen.show(Text("All checks passed.", style="green"))
