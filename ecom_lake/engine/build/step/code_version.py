"""Code versions: a hash of all the code that can change what a function returns.

Here: the import closure of a module (the module and everything that it imports from the package), read from the source
without running it. Comments, docstrings, layout and imports for type checkers do not count. A file in the module's folder that
the module names in a string, such as the template of a page, is part of the module.
Not here: data, settings and contracts, which enter a fingerprint by value (fingerprint.py).
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from functools import cache
from importlib.util import cache_from_source, resolve_name
from pathlib import Path
from typing import TypeGuard

import ecom_lake
from ecom_lake.engine.contracts.project_folder import folder_of
from ecom_lake.engine.contracts.syntax_tree import parse

PACKAGE = Path(ecom_lake.__file__).parent
CUT = (
    "ecom_lake.errors",
    "ecom_lake.engine.config",
    "ecom_lake.engine.contracts.registry",
    "ecom_lake.engine.store",
    "ecom_lake.logs",
    "ecom_lake.engine.build.bronze.merging",
    "ecom_lake.engine.build.step.built_with",
    "ecom_lake.engine.build.step.commit",
    "ecom_lake.engine.build.landing_site",
    "ecom_lake.engine.build.once_per_site",
    "ecom_lake.engine.build.shop_context",
)
"""Where the closure ends: the store returns the bytes that were stored, and merged files the same rows; settings and definitions
enter a fingerprint by value."""


_FILE_NAME = re.compile(r"[\w.-]+\.[a-z]+")


@dataclass(frozen=True)
class _Source:
    """One module: a hash of its code, and its imports."""

    digest: str
    imports: Sequence[tuple[str, Sequence[str]]]
    """Each imported module with the names that are taken from it."""
    files: Sequence[str]
    """Its string constants that look like the name of a file."""
    enters_by_value: bool = False
    """Whether it holds definitions only, which enter fingerprints by value: it sets ENTERS_BY_VALUE."""


@cache
def code_version(*modules: str) -> str:
    """A hash of these modules and of everything that they import."""
    digest = hashlib.blake2b(digest_size=12)
    for path in import_closure(*modules):
        content = _source(path).digest if path.suffix == ".py" else _read(path).hex()
        digest.update(f"{_place(path)}\0{content}\0".encode())
    return digest.hexdigest()


def version_of(*functions: Callable[..., object]) -> str:
    """A hash of all code that these functions can run."""
    return code_version(*sorted({function.__module__ for function in functions}))


def import_closure(*modules: str) -> tuple[Path, ...]:
    """The files of these modules, of everything that they import, and the files in their folders that they name."""
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module in found or any(module == cut or module.startswith(f"{cut}.") for cut in CUT):
            continue
        path = _file_of(module)
        if path is None:
            raise LookupError(f"There is no module {module} in {PACKAGE}.")
        if _source(path).enters_by_value:
            continue
        found[module] = path
        waiting += _imported(module, path)
    named = {file for path in found.values() for file in _named_files(path)}
    return tuple(sorted({*found.values(), *named}))


def _imported(module: str, path: Path) -> Iterator[str]:
    """The modules of the package that a module imports; an `__init__.py` only if a name is imported from it."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for target, names in _source(path).imports:
        base = resolve_name(target, package)
        if _root_of(base) is None:
            continue
        submodules = {name for name in names if _file_of(f"{base}.{name}")}
        yield from (f"{base}.{name}" for name in submodules)
        if set(names) != submodules or not names:
            yield base


def _root_of(module: str) -> Path | None:
    """The folder of the package, or of the user's project, that contains a module; None for other modules."""
    package = module.partition(".")[0]
    return PACKAGE if package == PACKAGE.name else folder_of(package)


def _place(path: Path) -> str:
    """The path of a file relative to the package, or to the user's project folder."""
    if path.is_relative_to(PACKAGE):
        return path.relative_to(PACKAGE).as_posix()
    return f"project/{path.parent.name}/{path.name}"


@cache
def _file_of(module: str) -> Path | None:
    root = _root_of(module)
    if root is None:
        return None
    place = root.joinpath(*module.split(".")[1:])
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def _named_files(path: Path) -> Iterator[Path]:
    yield from (file for name in _source(path).files if (file := path.parent / name).is_file())


def _read(path: Path) -> bytes:
    return path.read_bytes()


@cache
def _source(path: Path) -> _Source:
    return _analyzed(path, _read(path))


@cache
def _analyzed(path: Path, content: bytes) -> _Source:
    """The analysis of a module, cached next to its compiled form: parsing the package takes longer than planning a build."""
    cached = Path(cache_from_source(str(path))).with_suffix(".closure")
    key = hashlib.blake2b(_own_source() + content, digest_size=16).hexdigest()
    with suppress(OSError, ValueError):
        known, *analysis = json.loads(cached.read_text(encoding="utf-8"))
        if known == key:
            return _Source(*analysis)
    source = _analyze(content)
    draft = cached.with_suffix(f".{os.getpid()}")
    with suppress(OSError):  # without write permission, the package is analyzed each time
        cached.parent.mkdir(exist_ok=True)
        draft.write_text(json.dumps((key, *astuple(source))), encoding="utf-8")
        draft.replace(cached)
    return source


@cache
def _own_source() -> bytes:
    """The source of the analysis: a change to it invalidates the cache."""
    return Path(__file__).read_bytes()


def _analyze(content: bytes) -> _Source:
    tree = _WithoutComments().visit(parse(content))
    nodes = list(ast.walk(tree))
    texts = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return _Source(
        digest=hashlib.blake2b(ast.dump(tree).encode(), digest_size=12).hexdigest(),
        imports=tuple(imported for node in nodes for imported in _import_in(node)),
        files=tuple(sorted(filter(_FILE_NAME.fullmatch, texts))),
        enters_by_value=any(isinstance(node, ast.Name) and node.id == "ENTERS_BY_VALUE" for node in nodes),
    )


def _import_in(node: ast.AST) -> Iterator[tuple[str, tuple[str, ...]]]:
    if isinstance(node, ast.Import):
        yield from ((alias.name, ()) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield "." * node.level + (node.module or ""), tuple(alias.name for alias in node.names)


class _WithoutComments(ast.NodeTransformer):
    """Removes code without effect: expressions that are only a string, and imports for type checkers."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        return None if _is_text(node.value) else node

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING" else self.generic_visit(node)


def _is_text(node: ast.expr) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
