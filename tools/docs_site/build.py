"""Builds the site: `python -m tools.docs_site.build`, which `make docs` runs. It ends with 1 and a sentence for each problem.

Here: the order of the steps. Pages are written to FOLDER/pages with FOLDER/mkdocs.yml, which any MkDocs can build too; Zensical
makes FOLDER/html, and every page of it is checked.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ecom_lake.cli import EXIT_CODES, app
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.serve.query import session
from ecom_lake.engine.serve.released import released
from ecom_lake.errors import UserError
from ecom_lake.publish.api.app import api
from ecom_lake.publish.dashboard.served_release import Releases
from ecom_lake.settings import load
from ecom_lake.shop.domain import SHOP
from ecom_lake.shop.exports.canonical import FILES
from ecom_lake.words import counted
from tools.docs_site import api_page, command_pages, dictionary_pages, questions_page, repository_pages, settings_page, table_page
from tools.docs_site.example_shop import Examples, example_shop, examples
from tools.docs_site.navigation import Entry, configuration
from tools.docs_site.references import references
from tools.docs_site.site_check import problems
from tools.docs_site.use import Use

ROOT = Path(__file__).parents[2]
COMMANDS = "commands/README.md"
_COLOURS = re.compile(r"\x1b\[[\d;]*m")


def build(folder: Path, site: Site) -> Path:
    """The folder with the HTML. `site` has the shop whose rows are the examples."""
    pages = folder / "pages"
    shutil.rmtree(pages, ignore_errors=True)
    registry = Registry(SHOP)
    repository_pages.write(ROOT, pages)
    for path, text in _generated(registry, site):
        (pages / path).parent.mkdir(parents=True, exist_ok=True)
        (pages / path).write_text(text, encoding="utf-8")
    (folder / "mkdocs.yml").write_text(configuration(ROOT / "mkdocs.yml", pages, _entries(registry)), encoding="utf-8")
    warnings = _to_html(folder)
    if found := problems(folder / "html"):
        raise UserError("\n".join([*found, f"{counted(len(found), 'problem')} in the documentation."]))
    if warnings:
        raise UserError(f"Zensical warns about the documentation:\n{warnings}")
    return folder / "html"


def _generated(registry: Registry, site: Site) -> Iterator[tuple[str, str]]:
    """The path and the text of each generated page."""
    layers = {layer: references(registry, layer) for layer in ("silver", "gold")}
    use = Use(registry, (ROOT / "docs/dashboard.md").read_text(encoding="utf-8"))
    canonical = frozenset(file.contract.name for file in FILES)
    sources = table_page.Sources(registry, use, layers, dict(_examples(registry, site)), canonical)
    yield repository_pages.DICTIONARY, dictionary_pages.index_page(registry)
    for layer, found in layers.items():
        yield f"entities/{layer}.md", dictionary_pages.entities_page(registry, layer, found)
    for table in (*registry.silver.values(), *registry.gold.values()):
        yield f"tables/{table.name}.md", table_page.page(table, sources)
    for name, text in command_pages.pages(app, app.meta, EXIT_CODES):
        yield f"commands/{name}", text
    yield "api-reference.md", api_page.page(api(Releases(load(environment={}))).openapi())
    yield "settings.md", settings_page.page()
    yield "questions.md", questions_page.page(registry)


def _examples(registry: Registry, site: Site) -> Iterator[tuple[str, Examples]]:
    with session(site, released(site)) as opened:
        there = {name for layer in ("silver", "gold") for name in opened.tables.get(layer, ())}
        for table in (*registry.silver.values(), *registry.gold.values()):
            if table.name in there:
                of_the_lake = table.layer == "gold" and registry.recipe(table.name).reads_own_tables
                yield table.name, examples(opened, table, of_the_lake)


def _entries(registry: Registry) -> Mapping[str, Sequence[Entry]]:
    """The pages below the generated indexes."""
    by_area: list[Entry] = [
        {dictionary_pages.area_name(group): [{one.name: f"tables/{one.name}.md"} for one in tables]}
        for group, tables in dictionary_pages.areas(registry).items()
    ]
    silver: Entry = {"Silver": [{name: f"tables/{name}.md"} for name in registry.silver]}
    commands: list[Entry] = [{name: f"commands/{name}.md"} for name in command_pages.commands(app)]
    return {repository_pages.DICTIONARY: [*by_area, silver], COMMANDS: commands}


def _to_html(folder: Path) -> str:
    """The warnings of Zensical, or nothing."""
    shutil.rmtree(folder / "html", ignore_errors=True)
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--config-file", str(folder / "mkdocs.yml")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    output = _COLOURS.sub("", done.stdout + done.stderr).strip()
    if done.returncode:
        raise UserError(f"Zensical cannot build the site:\n{output}")
    return output if "Warning" in output else ""


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the documentation as a website.")
    parser.add_argument("--folder", type=Path, default=ROOT / "build/docs", help="default: build/docs")
    folder = parser.parse_args().folder.absolute()
    try:
        html = build(folder, example_shop(folder / "shop"))
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The documentation is in {html}. Open its index.html, or serve it, which the search needs:")
    print(f"  python -m http.server --bind 127.0.0.1 --directory {html}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
