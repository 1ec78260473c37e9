"""The checks of the built site find each kind of problem, and nothing in a good site."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.docs_site.site_check import problems

GOOD = """<html><head><link rel="stylesheet" href="site.css"><link rel="canonical" href="https://docs.example/"></head>
<body><h1 id="top">A</h1><a href="#top">here</a> <a href="b/c.html#place">there</a> <a href="https://example.org/">elsewhere</a>
<img src="data:image/png;base64,AAAA"></body></html>"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "b").mkdir()
    (tmp_path / "b/c.html").write_text('<p id="place">C <a href="../index.html">A</a> <a href="../b/">no index</a></p>')
    (tmp_path / "b/index.html").write_text("<p>B</p>")
    (tmp_path / "site.css").write_text("a { background: url(data:image/png;base64,AAAA) }")
    (tmp_path / "index.html").write_text(GOOD)
    return tmp_path


def test_a_good_site_has_no_problem(site: Path) -> None:
    assert problems(site) == []


@pytest.mark.parametrize(
    ("added", "problem"),
    [
        ('<a href="missing.html">x</a>', "links to missing.html, which does not exist"),
        ('<a href="b/c.html#nowhere">x</a>', "links to b/c.html#nowhere, but the page has no such place"),
        ('<a href="#nowhere">x</a>', "links to #nowhere, but"),
        ('<svg><a href="b/d.html">x</a></svg>', "links to b/d.html, which does not exist"),
        ('<img src="missing.png">', "requests missing.png, which does not exist"),
        ('<img src="https://cdn.example/a.png">', "requests https://cdn.example/a.png, which is not of the site"),
        ('<script src="//cdn.example/a.js"></script>', "requests //cdn.example/a.js, which is not of the site"),
        ('<link rel="preconnect" href="https://cdn.example">', "requests https://cdn.example, which is not of the site"),
        ('<p style="background: url(https://cdn.example/a.png)">x</p>', "requests https://cdn.example/a.png"),
        ("<style>@import 'https://cdn.example/a.css';</style>", "requests https://cdn.example/a.css"),
        ('<img srcset="https://cdn.example/a.png 2x">', "requests https://cdn.example/a.png"),
    ],
)
def test_a_problem_is_named_with_its_page(site: Path, added: str, problem: str) -> None:
    (site / "index.html").write_text(GOOD.replace("</body>", f"{added}</body>"))
    [found] = problems(site)
    assert found.startswith("index.html ") and problem in found


@pytest.mark.parametrize(
    ("style", "problem"),
    [
        ("@import url('https://cdn.example/a.css');", "site.css requests https://cdn.example/a.css, which is not of the site."),
        ("a { background: url(missing.png) }", "site.css requests missing.png, which does not exist."),
    ],
)
def test_a_style_sheet_is_checked_too(site: Path, style: str, problem: str) -> None:
    (site / "site.css").write_text(style)
    assert problems(site) == [problem]
