"""The addresses of the API, with what each of them takes and gives.

Every address reads one release of one shop, the latest unless `release` names another. Not here: who may ask (gate.py).
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, FastAPI, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.responses import HTMLResponse, JSONResponse

from ecom_lake.engine.serve.difference import as_document, difference
from ecom_lake.errors import UserError
from ecom_lake.publish.api import catalogue, documents, metrics, profiles, questions, reference
from ecom_lake.publish.api.access import client_of, may_see_people, need
from ecom_lake.publish.api.files import data_file
from ecom_lake.publish.api.formats import MEDIA_TYPES, document, frame_of, wanted, written
from ecom_lake.publish.api.pages_of_rows import RowsParameters, page_of_rows
from ecom_lake.publish.api.parameters import OfFormat, OfRelease, ReleaseNumber, ShopName, TableName, wrong_parameter
from ecom_lake.publish.api.problem import MEDIA_TYPE as PROBLEM
from ecom_lake.publish.api.problem import ProblemError, answered
from ecom_lake.publish.api.reader import Reader
from ecom_lake.publish.api.replies import Body, reply
from ecom_lake.publish.api.sql import SqlParameters, SqlQueries
from ecom_lake.publish.dashboard.served_release import Releases

RELEASES = 20
"""The default number of releases in a list."""
_PROBLEMS = {
    401: "The key is missing, unknown or revoked.",
    403: "The key does not have the scope.",
    404: "There is no such shop, table, release or other thing.",
    406: "No format of the Accept header is known.",
    410: "The release was deleted.",
    416: "The file has no bytes at the range of the header Range.",
    422: "A parameter is wrong.",
    429: "The key asks too often; Retry-After has the seconds to wait.",
    503: "The server is busy, or the query took too long.",
}
ANY_PARAMETER = "x-any-parameter"
"""Marks an address that checks its query parameters itself."""
Responses = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> Responses:
    """The errors of an address, as its documentation."""
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    return {status: {"description": _PROBLEMS[status], "content": content} for status in statuses}


OPEN = problems(401, 422, 429, 503)
OF_RELEASE = problems(401, 404, 410, 422, 429, 503)
OF_TABLE = OF_RELEASE | problems(403)
_BINARY = {"schema": {"type": "string", "format": "binary"}}


def rows_of(model: type[documents.Document], description: str) -> Responses:
    """An answer with rows, in every format, as its documentation."""
    content = {
        MEDIA_TYPES["csv"]: {"schema": {"type": "string"}},
        MEDIA_TYPES["parquet"]: _BINARY,
        MEDIA_TYPES["arrow"]: _BINARY,
    }
    return {200: {"model": model, "description": description, "content": content}, **OF_TABLE, **problems(406)}


OF_ROWS = rows_of(documents.Rows, "A page of rows. The header Link has the address of the next one.")
OF_FILE: Responses = {
    200: {"description": "The file.", "content": {MEDIA_TYPES["parquet"]: _BINARY}},
    206: {"description": "The bytes of the header Range.", "content": {MEDIA_TYPES["parquet"]: _BINARY}},
    **OF_TABLE,
    **problems(416),
}


def given(model: type[documents.Document], errors: Responses) -> Responses:
    return {200: {"model": model, "description": "The answer."}, **errors}


ALIASES = {
    "insights": ("insights", "What stands out, with the money at stake, the action and the caveat."),
    "quality": ("quality_scorecard", "Each rule and identity of the release, and the rows that failed it."),
    "ledger": ("ledger", "Where the rows of each delivered file went."),
    "anomalies": ("anomalies", "Each measure of each month against what earlier months let one expect."),
    "models": ("model_cards", "The card of each model: whether it is published, its test and its reason."),
}
"""Addresses that give the rows of a table under a name that people look for."""


class _Api(FastAPI):
    """Its OpenAPI document also describes errors."""

    def openapi(self) -> dict[str, Any]:
        """With the shape of errors, which no address names as its answer."""
        found, name = super().openapi(), documents.ProblemDetails.__name__
        schemas = found["components"]["schemas"]
        if name not in schemas:
            schemas[name] = documents.ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
        return found


def api(releases: Releases) -> FastAPI:
    app = _Api(
        title="ecom_lake",
        version="1",
        summary="The released tables of online shops.",
        docs_url=None,
        redoc_url=None,
        default_response_class=JSONResponse,
        dependencies=[Depends(_known_parameters)],
    )
    app.add_exception_handler(RequestValidationError, wrong_parameter)
    for error in (UserError, 404, 405, 500):
        app.add_exception_handler(error, answered)
    reader = Reader(releases)
    _reference(app)
    _health(app, reader)
    _shops(app, reader)
    _releases(app, reader)
    _tables(app, reader)
    _aliases(app, reader)
    _questions(app, reader)
    _metrics(app, reader)
    _profiles(app, reader)
    _sql(app, reader)
    return app


async def _known_parameters(request: Request) -> None:
    """Refuse query parameters that the address does not have: a misspelled filter would give all rows."""
    operation = request.app.openapi()["paths"].get(request.scope["route"].path_format, {}).get("get", {})
    if operation.get(ANY_PARAMETER):
        return
    known = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
    if unknown := next((name for name in request.query_params if name not in known), None):
        takes = f"it takes {', '.join(known)}" if known else "it takes none"
        raise ProblemError(422, f"This address has no parameter '{unknown}': {takes}.")


def _reference(app: FastAPI) -> None:
    @app.get("/docs", include_in_schema=False)
    def docs() -> Response:
        return HTMLResponse(reference.page(app.openapi()), headers={"Cache-Control": "private, no-cache"})


def _health(app: FastAPI, reader: Reader) -> None:
    @app.get("/health", tags=["server"], responses=given(documents.Status, problems(422)))
    async def health() -> Response:  # needs no thread, so that it answers while all threads wait
        """Whether the server runs."""
        return JSONResponse({"status": "ok"})

    @app.get("/ready", tags=["server"], responses=given(documents.Status, problems(422, 503)))
    def ready() -> Response:
        """Whether the latest release of every shop can be read."""
        opened = [_opens(reader, shop) for shop in reader.releases.shops]
        if not any(opened) or False in opened:
            raise ProblemError(503, "A release cannot be read.")
        return JSONResponse({"status": "ok"})


def _opens(reader: Reader, shop: str) -> bool | None:
    """Whether the release of a shop can be read; None for a shop without one."""
    try:
        if reader.releases.site(shop).lake.log.released() is None:
            return None
        reader.releases.of(shop)
    except UserError:
        return False
    return True


def _shops(app: FastAPI, reader: Reader) -> None:
    @app.get("/v1/shops", tags=["shops"], responses=given(documents.Shops, OPEN))
    def shops(request: Request) -> Response:
        """The shops that the key reads."""
        found = [_shop_in_list(reader, request, shop) for shop in reader.shops(client_of(request))]
        return reply(request, Body(document({"shops": found})))

    @app.get("/v1/shops/{shop}", tags=["shops"], responses=given(documents.Shop, OF_RELEASE))
    def shop(request: Request, shop: ShopName, release: OfRelease = None) -> Response:
        """A shop: its release, its months, and the tables that it does not have."""
        found = reader.release(request, shop, release)
        return reader.reply(request, found, lambda: Body(document(catalogue.shop(found))))


def _shop_in_list(reader: Reader, request: Request, shop: str) -> dict[str, Any]:
    try:
        return {"shop": shop, "release": reader.release(request, shop).number, "why": None}
    except UserError as error:
        return {"shop": shop, "release": None, "why": str(error)}


def _releases(app: FastAPI, reader: Reader) -> None:
    @app.get("/v1/shops/{shop}/releases", tags=["releases"], responses=given(documents.ReleasesOfShop, OF_RELEASE))
    def releases(
        request: Request, shop: ShopName, limit: Annotated[int, Query(ge=1, le=1_000, description="Releases.")] = RELEASES
    ) -> Response:
        """The releases that are kept, newest first."""
        latest = reader.release(request, shop)
        found = [catalogue.released_state(entry, latest.number) for entry in catalogue.released_entries(latest.site, limit)]
        return reply(request, Body(document({"shop": shop, "releases": found})), latest.number)

    @app.get(
        "/v1/shops/{shop}/releases/{before}/diff/{after}",
        tags=["releases"],
        responses=given(documents.Difference, OF_RELEASE),
    )
    def moved(request: Request, shop: ShopName, before: ReleaseNumber, after: ReleaseNumber) -> Response:
        """The tables and KPIs that differ between two releases."""
        older, newer = (reader.release(request, shop, number) for number in (before, after))
        return reader.reply(
            request, newer, lambda: Body(document(as_document(difference(newer.site, older.number, newer.number))))
        )


def _tables(app: FastAPI, reader: Reader) -> None:
    @app.get("/v1/shops/{shop}/tables", tags=["tables"], responses=given(documents.Tables, OF_RELEASE))
    def tables(request: Request, shop: ShopName, release: OfRelease = None) -> Response:
        """The gold tables of a release, and the ones that the shop does not have."""
        found = reader.release(request, shop, release)
        return reader.reply(request, found, lambda: Body(document(catalogue.tables(found))))

    @app.get("/v1/shops/{shop}/tables/{table}", tags=["tables"], responses=given(documents.TableContract, OF_RELEASE))
    def table(request: Request, shop: ShopName, table: TableName, release: OfRelease = None) -> Response:
        """The contract of a table, and the addresses of its files."""
        found = reader.release(request, shop, release)
        contract = reader.table(found, table)
        return reader.reply(request, found, lambda: Body(document(catalogue.table(found, contract.name))))

    @app.get("/v1/shops/{shop}/tables/{table}/rows", tags=["tables"], responses=OF_ROWS)
    def rows(request: Request, shop: ShopName, table: TableName, asked: Annotated[RowsParameters, Query()]) -> Response:
        """The rows of a table, page by page."""
        return page_of_rows(reader, request, shop, table, asked)

    @app.get("/v1/shops/{shop}/gold/{table}.parquet", tags=["files"], response_class=Response, responses=OF_FILE)
    def latest_file(request: Request, shop: ShopName, table: TableName) -> Response:
        """A table as one file, of the latest release. It changes with the next release: to read it in several requests, use
        the address with the release, which the table's contract has."""
        return data_file(reader, request, shop, table, "", None)

    @app.get(
        "/v1/shops/{shop}/releases/{release}/gold/{table}.parquet",
        tags=["files"],
        response_class=Response,
        responses=OF_FILE,
    )
    def released_file(request: Request, shop: ShopName, release: ReleaseNumber, table: TableName) -> Response:
        """A table as one file, of one release."""
        return data_file(reader, request, shop, table, "", release)

    @app.get(
        "/v1/shops/{shop}/releases/{release}/gold/{table}/{part}.parquet",
        tags=["files"],
        response_class=Response,
        responses=OF_FILE,
    )
    def released_part(
        request: Request,
        shop: ShopName,
        release: ReleaseNumber,
        table: TableName,
        part: Annotated[str, Path(description="A month, as in month=2018-08.", max_length=20)],
    ) -> Response:
        """The rows of one month of a table, of one release."""
        return data_file(reader, request, shop, table, part, release)


def _aliases(app: FastAPI, reader: Reader) -> None:
    for name, (table, description) in ALIASES.items():
        _alias(app, reader, name, table, description)


def _alias(app: FastAPI, reader: Reader, name: str, table: str, description: str) -> None:
    @app.get(f"/v1/shops/{{shop}}/{name}", name=name, tags=["trust"], description=description, responses=OF_ROWS)
    def rows_of_table(request: Request, shop: ShopName, asked: Annotated[RowsParameters, Query()]) -> Response:
        return page_of_rows(reader, request, shop, table, asked)


def _questions(app: FastAPI, reader: Reader) -> None:
    @app.get("/v1/shops/{shop}/questions", tags=["questions"], responses=given(documents.Questions, OF_RELEASE))
    def list_questions(request: Request, shop: ShopName, release: OfRelease = None) -> Response:
        """The business questions, with their parameters."""
        found = reader.release(request, shop, release)
        return reader.reply(request, found, lambda: Body(document(questions.listed(found))))

    @app.get(
        "/v1/shops/{shop}/questions/{question}",
        tags=["questions"],
        responses=rows_of(documents.Answer, "The rows of the answer; in JSON also how to read them, and the SQL that ran."),
        openapi_extra={ANY_PARAMETER: True},
    )
    def answer(
        request: Request,
        shop: ShopName,
        question: Annotated[str, Path(description="The name of a question.", max_length=100)],
        format: OfFormat = None,  # noqa: A002 - the name in the address
        release: OfRelease = None,
    ) -> Response:
        """The answer to a question. Its parameters, such as `year=2017`, are further query parameters."""
        chosen = wanted(format, request.headers.get("accept", ""))
        found = reader.release(request, shop, release)
        values = {name: value for name, value in request.query_params.items() if name not in ("format", "release")}

        def make() -> Body:
            answered = questions.answered(found, question, values, may_see_people(request))
            if chosen == "json":
                return Body(document(questions.answer(found, answered)))
            return Body(written(frame_of(answered.columns, answered.rows), chosen), MEDIA_TYPES[chosen])

        return reader.reply(request, found, make, chosen)


def _metrics(app: FastAPI, reader: Reader) -> None:
    @app.get("/v1/shops/{shop}/metrics", tags=["metrics"], responses=given(documents.Metrics, OF_RELEASE))
    def list_metrics(request: Request, shop: ShopName, release: OfRelease = None) -> Response:
        """The KPIs, with their definitions."""
        found = reader.release(request, shop, release)
        return reader.reply(request, found, lambda: Body(document(metrics.listed(found))))

    @app.get(
        "/v1/shops/{shop}/metrics/{metric}",
        tags=["metrics"],
        responses=rows_of(documents.Metric, "The KPI; in other formats than JSON its rows, or one row with its total."),
    )
    def metric(
        request: Request,
        shop: ShopName,
        metric: Annotated[str, Path(description="The name of a KPI.", max_length=100)],
        by: Annotated[metrics.By | None, Query(description="Default: one number.")] = None,
        since: Annotated[str, Query(description="The first month, such as 2018-01.")] = "",
        until: Annotated[str, Query(description="The last month.")] = "",
        segment: Annotated[str, Query(description="Only this customer segment.")] = "",
        category: Annotated[str, Query(description="Only this category.")] = "",
        state: Annotated[str, Query(description="Only this state.")] = "",
        format: OfFormat = None,  # noqa: A002 - the name in the address
        release: OfRelease = None,
    ) -> Response:
        """A KPI of any months and members, with its definition and the SQL that ran. What does not add up is not summed."""
        chosen = wanted(format, request.headers.get("accept", ""))
        found = reader.release(request, shop, release)
        members = {"segment": segment, "category": category, "state": state}
        asked = metrics.Asked(by or "", since, until, {name: member for name, member in members.items() if member})

        def make() -> Body:
            answer = metrics.metric(found, metric, asked)
            if chosen == "json":
                return Body(document(answer))
            rows = [list(row.values()) for row in answer["rows"]] if by else [[answer["total"]]]
            return Body(written(frame_of([*filter(None, [by]), "value"], rows), chosen), MEDIA_TYPES[chosen])

        return reader.reply(request, found, make, chosen)


def _profiles(app: FastAPI, reader: Reader) -> None:
    @app.get("/v1/shops/{shop}/customers/{customer:path}", tags=["people"], responses=given(documents.Customer, OF_TABLE))
    def customer(
        request: Request,
        shop: ShopName,
        customer: Annotated[str, Path(description="The id of a customer.")],
        release: OfRelease = None,
    ) -> Response:
        """All that the release has of one customer. Needs the scope pii."""
        need(request, "pii", "A customer")
        found = reader.release(request, shop, release)
        return reader.reply(request, found, lambda: Body(document(profiles.customer(found, customer))))

    @app.get("/v1/shops/{shop}/models/{model}", tags=["trust"], responses=given(documents.Model, OF_RELEASE))
    def model(
        request: Request,
        shop: ShopName,
        model: Annotated[str, Path(description="The name of a model.", max_length=100)],
        release: OfRelease = None,
    ) -> Response:
        """The card of a model and its tests. A refused model has its card, with the reason."""
        found = reader.release(request, shop, release)
        return reader.reply(request, found, lambda: Body(document(profiles.model(found, model))))


def _sql(app: FastAPI, reader: Reader) -> None:
    queries = SqlQueries(reader)

    @app.get("/v1/shops/{shop}/sql", tags=["sql"], responses=rows_of(documents.SqlAnswer, "The rows of the answer."))
    async def sql(request: Request, shop: ShopName, asked: Annotated[SqlParameters, Query()]) -> Response:
        """The answer to a query in SQL, which only reads. Off unless lake.toml has `sql = true` below `[server]`. It needs a key
        with the scope sql; of tables with personal columns also pii."""
        return await queries.answer(request, shop, asked)
