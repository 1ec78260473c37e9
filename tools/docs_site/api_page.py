"""The reference of the API from its OpenAPI document: each address with its parameters and answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tools.docs_site.markdown import code, fenced, link, plain, prose, table

_HEAD = """# API reference

Every address is a GET of one release. Generated from the OpenAPI document, which a server has at `/openapi.json`;
[the API](api.md) explains rows, files, errors and keys.
"""


def page(document: Mapping[str, Any]) -> str:
    parts = [_HEAD]
    for path, operations in document["paths"].items():
        parts += _address(path, operations["get"])
    parts += ["## Errors\n", "Their content is `application/problem+json` [ProblemDetails](#problemdetails).\n"]
    parts.append(table(["status", "meaning"], _errors(document)))
    return "\n".join([*parts, "## Answers\n", *_schemas(document["components"]["schemas"])])


def _address(path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {code(path)}\n"
    yield f"{prose(' '.join(operation['description'].split()))}\n"
    if parameters := operation.get("parameters"):
        yield table(["parameter", "in", "type", "default", "meaning"], (_parameter(one) for one in parameters))
    responses = operation["responses"]
    yield "".join(_answer(status, one) for status, one in responses.items() if status < "300")
    yield f"Errors: {', '.join(link(status, '#errors') for status in responses if status >= '400')}.\n"


def _parameter(one: Mapping[str, Any]) -> tuple[str, ...]:
    schema = one["schema"]
    default = schema.get("default")
    shown = code(str(default)) if default not in (None, "", []) else "**required**" if one.get("required") else ""
    return code(one["name"]), one["in"], _type(schema), shown, prose(one.get("description", ""))


def _type(schema: Mapping[str, Any]) -> str:
    """The type of a value in words, with its limits."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[-1]
        return link(name, f"#{name.lower()}")
    if options := [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]:
        return " or ".join(map(_type, options))
    if values := schema.get("enum"):
        return ", ".join(code(str(value)) for value in values)
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    limits = [
        (word, schema[key]) for word, key in (("from", "minimum"), ("to", "maximum"), ("up to", "maxLength")) if key in schema
    ]
    words = " ".join(f"{word} {value:,}{' characters' * (word == 'up to')}" for word, value in limits)
    name = plain(str(schema.get("type", "any")))
    return f"{name}, {words}" if words else name


def _answer(status: str, one: Mapping[str, Any]) -> str:
    content = (f"{code(kind)} {_content(value.get('schema', {}))}".strip() for kind, value in one.get("content", {}).items())
    return f"- **{status}** {prose(one['description'])} {', '.join(content)}\n"


def _errors(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    responses = [one for operations in document["paths"].values() for one in operations["get"]["responses"].items()]
    meanings = {status: one["description"] for status, one in responses if status >= "400"}
    yield from ((status, prose(meaning)) for status, meaning in sorted(meanings.items()))


def _content(schema: Mapping[str, Any]) -> str:
    return _type(schema) if "$ref" in schema else ""


def _schemas(schemas: Mapping[str, Any]) -> Iterator[str]:
    for name, schema in sorted(schemas.items()):
        yield f"### {plain(name)}\n"
        if described := schema.get("description"):
            yield f"{prose(' '.join(described.split()))}\n"
        if properties := schema.get("properties"):
            yield table(
                ["field", "type", "meaning"],
                ((code(key), _type(one), prose(one.get("description", ""))) for key, one in properties.items()),
            )
        elif not described:
            yield fenced("json", str(schema))
