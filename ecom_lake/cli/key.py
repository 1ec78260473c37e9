"""The command `key`: the keys with which programs and people read what `ecom-lake serve` serves."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, LakeOptions, Options
from ecom_lake.errors import UsageError
from ecom_lake.extras import require

if TYPE_CHECKING:
    from ecom_lake.publish.api.keys import Keys


def key(*, as_json: AsJson = False, options: Options) -> int:
    """List, make and revoke the keys of the server.

    Parameters
    ----------
    as_json
        Print JSON.
    """
    return list_(as_json=as_json, options=options)


def list_(*, as_json: AsJson = False, options: Options) -> int:
    """List the keys of the server.

    Parameters
    ----------
    as_json
        Print JSON.
    """
    keys = list(_keys(options).all().values())
    if as_json:
        hidden = [{name: value for name, value in vars(one).items() if name != "sha256"} for one in keys]
        screen.show_json({"keys": hidden})
        return 0
    if not keys:
        screen.show(f"There are no keys; `{options.command('key new NAME')}` makes one.")
        return 0
    rows = [
        (
            one.id,
            screen.printable(one.name),
            " ".join(one.scopes),
            " ".join(one.shops) or "all",
            _time(one.made_at),
            _time(one.last_used),
        )
        for one in keys
    ]
    screen.show_table(["id", "name", "scopes", "shops", "made", "last used"], rows, cut=["name"])
    return 0


def new(
    name: str,
    /,
    *,
    scope: Annotated[list[str] | None, Parameter(negative="")] = None,
    only: Annotated[list[str] | None, Parameter(negative="")] = None,
    options: Options,
) -> int:
    """Make a key. It is shown once.

    Once a key was made, `ecom-lake serve` answers only requests with one of them.

    Parameters
    ----------
    name
        Who uses the key.
    scope
        What it may in addition: pii for what is about single customers and orders, sql for queries of its own. May be repeated.
    only
        A shop that it reads; may be repeated. Default: all shops.
    """
    from ecom_lake.publish.api.access import SCOPES

    keys, shops = _keys(options), options.settings().shops
    if unknown := next((one for one in scope or () if one not in SCOPES), None):
        raise UsageError(f"--scope is one of {', '.join(SCOPES)}, not '{unknown}'.")
    if unknown := next((one for one in only or () if one not in shops), None):
        raise UsageError(f"--only names the shop '{unknown}', which does not exist; the shops are {', '.join(shops)}.")
    made = keys.new(name, scope or (), only or ())
    screen.show(made, f"This is the only time that the key is shown; {keys.file} keeps its hash.")
    return 0


def revoke(id_: Annotated[str, Parameter(name="ID")], /, *, options: Options) -> int:
    """Revoke a key, with immediate effect.

    Parameters
    ----------
    id_
        The id of the key, from `ecom-lake key`: the 8 characters after el_.
    """
    keys = _keys(options)
    revoked = keys.revoke(id_)
    screen.show(f"The key {revoked.id} ({screen.printable(revoked.name)}) is revoked.")
    if not keys.all():
        screen.show(
            f"There are no keys any more: `ecom-lake serve` answers nobody until `{options.command('key new NAME')}` makes one. "
            f"To open it to everyone on this machine, delete {keys.file} and start it again."
        )
    return 0


def _keys(options: LakeOptions) -> Keys:
    require("web", "`ecom-lake key`")
    from ecom_lake.publish.api.keys import Keys

    settings = options.settings()
    if not settings.config.exists():
        raise UsageError("Keys are kept next to lake.toml, and there is none: create a project with `ecom-lake init FOLDER`.")
    return Keys(settings.keys_file)


def _time(moment: str) -> str:
    return screen.local(datetime.fromisoformat(moment)) if moment else "never"
