"""The reference of the command line, from the commands themselves: a page for each, with its subcommands and all options."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cyclopts import App, Group

from tools.docs_site.markdown import code, link, plain, table

_CONTENTS = re.compile(r"^## Table of Contents\n.*?(?=^\*\*Commands)", re.MULTILINE | re.DOTALL)
_OWN_LINK = re.compile(r"^\* \[`(\w+)`\]\(#[\w-]+\)", re.MULTILINE)
_RUN_AS = re.compile(r"(?<=\w) -m [\w.]+(?= |$)", re.MULTILINE)
"""What cyclopts adds to the usage if the documentation is built by `python -m`."""
_OPTIONS = re.compile(r"^\*\*(Arguments|Parameters)\*\*:\n\n((?:\* `.+\n)+)", re.MULTILINE)
_OPTION = re.compile(
    r"^\* `(?P<name>[^`]+)`(?:: (?P<meaning>.*?))?(?: \*\[default: (?P<default>.*?)\]\*)?(?P<required> \*\*\[required\]\*\*)?$"
)


def commands(app: App) -> Mapping[str, App]:
    """The commands by name, in the order of the help."""
    names = [name for name in app if not name.startswith("-")]
    found = {name: app[name] for name in names}
    return dict(sorted(found.items(), key=lambda one: (_order(one[1]), one[1].sort_key or 0)))


def _order(command: App) -> int:
    return int(_family(command).sort_key or 0)


def _family(command: App) -> Group:
    """The heading of a command in the help."""
    group = command.group[0] if isinstance(command.group, tuple) else command.group
    if not isinstance(group, Group):
        raise TypeError(f"The command {command.name} has the group {group!r}; give it one of the families in ecom_lake/cli.")
    return group


def subcommands(command: App) -> tuple[str, ...]:
    return tuple(name for name in command if not name.startswith("-"))


def pages(app: App, common: App, exit_codes: str) -> Iterator[tuple[str, str]]:
    """The index, then each command: the name of a file and its text. `common` has the options of every command."""
    shared = _common_options(common)
    yield "README.md", _index(app, shared, exit_codes)
    for name, command in commands(app).items():
        yield f"{name}.md", _page(name, command)


def _index(app: App, shared: str, exit_codes: str) -> str:
    parts = ["# Commands\n", f"`ecom-lake COMMAND --help` shows the same texts. {plain(exit_codes)}\n"]
    families: dict[str, list[tuple[str, App]]] = {}
    for name, command in commands(app).items():
        families.setdefault(_family(command).name, []).append((name, command))
    for title, found in families.items():
        parts += [f"## {title}\n", table(["command", "what it does"], (_listed(name, command) for name, command in found))]
    return "\n".join([*parts, "## Common options\n", "Every command has these, before or after its own.\n", shared])


def _listed(name: str, command: App) -> tuple[str, str]:
    below = [link(f"`{name} {one}`", f"{name}.md#ecom-lake-{name}-{one}") for one in subcommands(command)]
    first = " ".join(command.help.strip().split("\n\n")[0].split())
    return "<br>".join([link(f"`{name}`", f"{name}.md"), *below]), plain(first)


def _page(name: str, command: App) -> str:
    text = command.generate_docs(output_format="markdown", heading_level=1, usage_name=name)
    text = _OPTIONS.sub(_as_table, _RUN_AS.sub("", text))
    text = _OWN_LINK.sub(rf"* [`{name} \1`](#ecom-lake-{name}-\1)", _CONTENTS.sub("", text))
    text = re.sub(rf"^(#+) {name}\b", rf"\1 ecom-lake {name}", text, flags=re.MULTILINE)
    text = re.sub(rf"^```console\n{name}\b", f"```console\necom-lake {name}", text, flags=re.MULTILINE)
    common = "The options `--root`, `--shop` and `--project` are those of [every command](README.md#common-options)."
    return f"{text.rstrip()}\n\n{common}\n"


def _as_table(found: re.Match[str]) -> str:
    """The list of arguments or options as a table."""
    rows = [_option(line) for line in found.group(2).splitlines()]
    word = "argument" if found.group(1) == "Arguments" else "option"
    return table([word, "default", "meaning"], rows)


def _option(line: str) -> tuple[str, str, str]:
    found = _OPTION.match(line)
    if found is None:
        raise ValueError(f"cyclopts describes an option in a way that is not known: {line}")
    default = code(found["default"] or "")
    return code(found["name"]), "**required**" if found["required"] else default, plain(found["meaning"] or "")


def _common_options(common: App) -> str:
    found = [one for one in common.default_command.__annotations__ if one in ("root", "shop", "project")]
    arguments = common.assemble_argument_collection()
    rows = (
        (code(f"{one.name} STR"), plain(str(one.parameter.help))) for one in arguments if one.name.removeprefix("--") in found
    )
    return table(["option", "meaning"], rows)
