"""The command `audience`: customers for a campaign, with a holdout, and the campaign's effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, Flag, Options
from ecom_lake.cli.output_file import replacing
from ecom_lake.errors import UsageError, UserError
from ecom_lake.words import counted

DAYS = 90


def audience(*, as_json: AsJson = False, options: Options) -> int:
    """List the groups of customers that can be exported for a campaign, and the campaigns so far.

    Parameters
    ----------
    as_json
        Print JSON.
    """
    from ecom_lake.engine.serve.released import released
    from ecom_lake.publish.audiences.campaign import campaigns
    from ecom_lake.publish.audiences.export import why_none
    from ecom_lake.publish.audiences.groups import audiences

    site = options.site()
    entry = released(site)
    why, recorded = why_none(site, entry), campaigns(site)
    found = {} if why else audiences(site, entry)
    if as_json:
        sizes = [{"audience": name, "customers": len(customers)} for name, customers in found.items()]
        screen.show_json({"shop": site.shop.name, "release": entry.number, "audiences": sizes, "campaigns": recorded})
        return 0
    if why:
        screen.show(why)
    else:
        rows = [(name, screen.number(len(customers))) for name, customers in found.items()]
        screen.show_table(["audience", "customers"], rows, right=["customers"])
    if recorded:
        screen.show("", f"Campaigns: {', '.join(recorded)}")
    if not why:
        screen.show("", f"Next: {options.command('audience export AUDIENCE FILE --campaign NAME --holdout 0.1')}")
    return 0


def export(
    audience: str,
    file: Path,
    /,
    *,
    campaign: str,
    holdout: float = 0.1,
    new: Flag = False,
    hashed: Flag = False,
    as_json: AsJson = False,
    options: Options,
) -> int:
    """Write the customers of an audience to contact into a CSV file; some are left out, to measure the effect.

    The same campaign gives every customer the same arm each time. Who was contacted and who was not is recorded in the lake.

    Parameters
    ----------
    audience
        A group such as "rfm: at risk" or "value: decile 1"; `ecom-lake audience` lists them.
    file
        The CSV file to write. It has customer ids: protect it as the lake.
    campaign
        Name of the campaign, such as win-back-spring.
    holdout
        Share of customers that are not contacted, such as 0.1. With 0 the effect cannot be measured.
    new
        Write only the customers who joined the campaign with this release. Repeated before the next release, it writes the same
        customers: send each release once.
    hashed
        Write the SHA-256 of each id, as advertising networks take them.
    as_json
        Print JSON.
    """
    from ecom_lake.engine.serve.csv_text import write_csv
    from ecom_lake.publish.audiences.export import export_audience
    from ecom_lake.publish.audiences.export import hashed as hash_of

    site = options.site()

    def write(customers: Sequence[str]) -> None:
        with replacing(file) as draft:
            site.lake.record_made("audience", file)
            with draft.open("w", encoding="utf-8", newline="") as stream:
                write_csv(stream, ["customer_id"], ([hash_of(one) if hashed else one] for one in customers), raw=True)

    done = export_audience(site, audience, campaign, holdout, write, new)
    if as_json:
        counts = {"contacted": len(done.contacted), "held_out": done.held_out, "new": done.new}
        screen.show_json({"campaign": campaign, "audience": done.campaign.audience, "file": str(file), **counts})
        return 0
    screen.show(
        f"Wrote {counted(len(done.contacted), 'customer')} of '{done.campaign.audience}' to {file}; {done.held_out:,} are held "
        f"out, {done.new:,} of both arms joined with this release."
    )
    if new and done.is_repeated:
        screen.show("This release was exported to this campaign before: the file has the same customers.")
    screen.show(f"Next, when its {DAYS} days are over: {options.command(f'audience effect {campaign}')}")
    return 0


def effect(campaign: str, /, *, days: int = DAYS, as_json: AsJson = False, options: Options) -> int:
    """Compare the customers of a campaign who were contacted with those who were held out.

    Parameters
    ----------
    campaign
        Name of the campaign.
    days
        Days after joining the campaign in which orders count.
    as_json
        Print JSON.
    """
    from ecom_lake.cli.experiment import show_results
    from ecom_lake.engine.serve.released import released
    from ecom_lake.publish.audiences.campaign import campaigns, read_campaign
    from ecom_lake.publish.audiences.effect import units_of
    from ecom_lake.shop.experiments.analysis import Spec, analyze

    if days < 1:
        raise UsageError(f"--days must be at least 1, not {days}.")
    site = options.site()
    recorded = read_campaign(site, campaign)
    if recorded is None:
        known = ", ".join(campaigns(site)) or "there are none yet"
        raise UsageError(f"There is no campaign '{campaign}'; the campaigns: {known}.")
    units = units_of(site, released(site), recorded, days)
    spec = Spec(share_treated=1 - recorded.holdout)
    found = analyze(units, spec)
    if found.refused:
        raise UserError(found.refused)
    if as_json:
        screen.show_json({"campaign": campaign, "audience": recorded.audience, "days": days, **asdict(found)})
        return 0
    show_results(found, units, spec)
    return 0
