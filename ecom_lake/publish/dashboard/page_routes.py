"""The addresses of a page: the page itself, and the files and the evidence of each figure and chart that it shows."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from ecom_lake.publish.api.access import client_of
from ecom_lake.publish.dashboard.chart_files import KINDS, download
from ecom_lake.publish.dashboard.evidence import Shown
from ecom_lake.publish.dashboard.filters import Filters, read_release
from ecom_lake.publish.dashboard.served_release import Releases
from ecom_lake.publish.dashboard.view import View

Viewed = tuple[View, Response]
"""A page as it was rendered, with the view that has recorded what it shows."""
Answer = Callable[[Request], Response]


def get(app: Starlette, path: str) -> Callable[[Answer], Answer]:
    """Answer a GET of this address by the decorated function, which runs in a thread of its own."""

    def register(answer: Answer) -> Answer:
        app.add_route(path, answer, methods=["GET"])
        return answer

    return register


def unfiltered(releases: Releases, request: Request, page: str) -> View:
    """The view of a page that no filter acts on, in the release that its address names."""
    shop, number = request.path_params["shop"], read_release(request.query_params)
    return View(shop, page, releases.of(shop, number), Filters(release=number), client=client_of(request))


def add_page(app: Starlette, path: str, viewed: Callable[[Request], Viewed], evidence: Callable[[View, Shown], Response]) -> None:
    """`viewed` renders the page, and `evidence` the page "Why this number?" of one of its charts."""

    @get(app, f"{path}/{{chart}}/evidence")
    def evidence_page(request: Request) -> Response:
        view, _ = viewed(request)
        return evidence(view, view.evidence_of(request.path_params["chart"]))

    def add_file(kind: str) -> None:
        @get(app, f"{path}/{{chart}}.{kind}")
        def file(request: Request) -> Response:
            view, _ = viewed(request)
            return download(view, view.evidence_of(request.path_params["chart"]), kind)

    for kind in KINDS:
        add_file(kind)

    @get(app, path)
    def page(request: Request) -> Response:
        return viewed(request)[1]
