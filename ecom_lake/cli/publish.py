"""The command `publish`: writes the gold tables of the current release into the databases of lake.toml."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, TypeVar

from cyclopts import Parameter

from ecom_lake.cli import screen
from ecom_lake.cli.lake_options import AsJson, Flag, Options
from ecom_lake.errors import UsageError, UserError

if TYPE_CHECKING:
    from ecom_lake.engine.build.shop_context import Site
    from ecom_lake.engine.database import Target
    from ecom_lake.engine.serve.publish.publish import Published

Done = TypeVar("Done")


def publish(
    *,
    to: Annotated[str | None, Parameter(name="--to")] = None,
    whole: Flag = False,
    check: Flag = False,
    as_json: AsJson = False,
    options: Options,
) -> int:
    """Publish the current release into PostgreSQL, MariaDB or MySQL.

    Only what changed since the last publication is written, and readers see it in one step. Rows and figures of each column are
    compared with gold before that. Without changes nothing is written.
    Exit code 1 if a database cannot be written or, with --check, differs from the release; readers keep what was there.

    Parameters
    ----------
    to
        Only this target of [shops.NAME.publish]. Default: all.
    whole
        Write every table, changed or not.
    check
        Write nothing: compare every table with the release by its rows and the figures of each column.
    as_json
        Print the result as JSON.
    """
    from ecom_lake.engine.serve.publish.publish import targets_of

    site = options.site()
    targets = targets_of(site, to)
    if check:
        return _check(site, targets, as_json)
    published, failures = _each(targets, lambda target: _publish(site, target, whole))
    if as_json:
        done = [_as_json(one) for one in published.values()]
        screen.show_json({"shop": site.shop.name, "targets": done, "failures": failures})
    else:
        for one in published.values():
            screen.show(f"{one.target}: {one.sentence}")
    screen.show_error(*failures.values())
    return 1 if failures else 0


def _each(targets: Sequence[Target], do: Callable[[Target], Done]) -> tuple[dict[str, Done], dict[str, str]]:
    """What was done for each target, and why not for others: one that cannot be reached does not stop those after it."""
    done, failures = dict[str, Done](), dict[str, str]()
    for target in targets:
        try:
            done[target.name] = do(target)
        except UsageError:
            raise
        except UserError as error:
            failures[target.name] = str(error)
    return done, failures


def _publish(site: Site, target: Target, whole: bool) -> Published:
    from ecom_lake.engine.build.step.outcome import Outcome
    from ecom_lake.engine.build.step.watched import watched
    from ecom_lake.engine.serve.publish.publish import LAYER
    from ecom_lake.engine.serve.publish.publish import publish as publish_release

    published: list[Published] = []
    with screen.progress() as bar:
        task = bar.add_task("connecting", total=None)

        def step() -> list[Outcome]:
            published.append(publish_release(site, target, whole, lambda table: bar.update(task, description=table)))
            return [one.outcome(site.run) for one in published]

        watched(site, f"{LAYER}/{target.name}", step)
    return published[0]


def _check(site: Site, targets: list[Target], as_json: bool) -> int:
    from ecom_lake.engine.serve.publish.figures import COMPARED
    from ecom_lake.engine.serve.publish.publish import compare

    found, failures = _each(targets, lambda target: compare(site, target))
    if as_json:
        screen.show_json({"shop": site.shop.name, "differences": found, "failures": failures})
    else:
        for name, differences in found.items():
            if differences:
                screen.show(f"{name} differs from the release:")
                screen.show_list(differences, mark="!", style="yellow")
            else:
                screen.show(f"{name}: every table agrees with the release. Compared: {COMPARED}.")
    screen.show_error(*failures.values())
    return 1 if failures or any(found.values()) else 0


def _as_json(published: Published) -> dict[str, object]:
    return {
        "target": published.target,
        "schema": published.schema,
        "release": published.release,
        "tables": published.tables,
        "rows": published.rows,
        "written": published.written,
    }
