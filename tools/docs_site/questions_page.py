"""The business questions: what each answers, its parameters, the tables that it reads and its SQL."""

from __future__ import annotations

from collections.abc import Iterator

from ecom_lake.engine.contracts.question import Parameter, Question
from ecom_lake.engine.contracts.registry import Registry
from tools.docs_site.markdown import code, fenced, folded, link, prose, table

_HEAD = """# Questions

{count} questions that every shop can ask: `ecom-lake ask NAME`, the page *Ask* of the [dashboard](dashboard.md#ask), the
[API](api.md) and [agents](api.md#agents) give the same answers. [Add your own](how-to-add-a-question.md).
"""


def page(registry: Registry) -> str:
    parts = [_HEAD.format(count=len(registry.questions))]
    for group in registry.question_groups:
        if found := [one for one in registry.questions if one.group == group]:
            parts += [f"## {group}\n", *(text for question in found for text in _question(question, registry))]
    return "\n".join(parts)


def _question(of: Question, registry: Registry) -> Iterator[str]:
    yield f"### {prose(of.title)} {{ #{of.name} }}\n"
    if of.note:
        yield f"{prose(of.note)}\n"
    reads = ", ".join(link(name, f"tables/{name}.md") for name in of.reads if name in registry.tables)
    yield f"{code(f'ecom-lake ask {of.name}')} · reads {reads}\n"
    if of.parameters:
        yield table(["parameter", "kind", "meaning"], (_parameter(one) for one in of.parameters))
    yield folded("The SQL", fenced("sql", of.sql))


def _parameter(one: Parameter) -> tuple[str, str, str]:
    return code(f"--{one.name}"), f"{one.kind}{', or all' if one.or_all else ''}", prose(one.meaning)
