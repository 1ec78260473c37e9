"""The addresses of the API: shops, releases, contracts, and errors as sentences in problem documents."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from ecom_lake.engine.serve.difference import as_document, difference
from ecom_lake.publish.api.app import ALIASES
from ecom_lake.publish.api.documents import ProblemDetails
from ecom_lake.publish.api.reference import in_page
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import Releases, ServedRelease
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.project import PROJECT

SHOP = "/v1/shops/olist"


def test_the_shops_and_what_they_have(client: TestClient, release: ServedRelease) -> None:
    olist, empty = client.get("/v1/shops").json()["shops"]
    assert olist == {"shop": "olist", "release": release.number, "why": None}
    assert (empty["shop"], empty["release"], empty["why"][:30]) == ("empty", None, "Shop 'empty' has nothing yet: ")
    shop = client.get(SHOP).json()
    [months] = release.rows(Query("select min(month) as first, max(month) as last from kpi_monthly"))
    assert (shop["first_month"], shop["last_month"]) == (months["first"].isoformat(), months["last"].isoformat())
    assert shop["absent"] == dict(release.absent)


def test_the_releases_and_what_differs_between_them(client: TestClient, release: ServedRelease) -> None:
    latest, older = client.get(f"{SHOP}/releases").json()["releases"]
    assert (latest["release"], latest["is_latest"], older["is_latest"]) == (release.number, True, False)
    moved = client.get(f"{SHOP}/releases/{older['release']}/diff/{latest['release']}").json()
    assert moved == as_document(difference(release.site, older["release"], latest["release"]))
    assert moved["tables"]
    assert client.get(f"{SHOP}?release={older['release']}").headers["x-release"] == str(older["release"])


def test_a_table_has_its_contract(client: TestClient, release: ServedRelease) -> None:
    tables = client.get(f"{SHOP}/tables").json()
    assert {one["table"] for one in tables["tables"]} | set(tables["absent"]) == set(release.site.registry.gold)
    for one in tables["tables"]:
        contract = release.site.registry.table(one["table"])
        found = client.get(f"{SHOP}/tables/{one['table']}").json()
        assert found["key"] == list(contract.key)
        assert {column["name"] for column in found["columns"] if column["is_additive"]} == set(contract.additive)
        assert {column["name"] for column in found["columns"] if not column["is_personal"]} == set(contract.shareable)
        assert [column["meaning"] for column in found["columns"]] == [column.meaning for column in contract.columns.values()]
        assert [rule["holds"] for rule in found["rules"]] == [rule.holds for rule in contract.rules]


def test_what_people_look_for_has_a_short_address(client: TestClient) -> None:
    for name, (table, _) in ALIASES.items():
        assert client.get(f"{SHOP}/{name}").json() == client.get(f"{SHOP}/tables/{table}/rows").json()


def test_an_answer_is_known_by_its_etag(client: TestClient) -> None:
    for address in ("/v1/shops", SHOP, f"{SHOP}/releases", f"{SHOP}/tables", f"{SHOP}/tables/kpi_monthly/rows"):
        first = client.get(address)
        again = client.get(address, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
        assert first.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("/v1/nothing", 404, "There is nothing at this address; /docs lists the addresses."),
        ("/v1/shops/nobody", 404, "There is no shop 'nobody', or your key does not read it; /v1/shops lists the shops."),
        ("/v1/shops/empty/tables", 404, "Shop 'empty' has nothing yet"),
        (f"{SHOP}?release=999", 404, "Shop 'olist' has no release 999: it was deleted, or there never was one."),
        (f"{SHOP}?release=2", 404, "State 2 of shop 'olist' was not released"),
        (f"{SHOP}/tables/<script>", 404, "There is no table '<script>'"),
        (f"{SHOP}/tables?release=x", 422, "release must be a whole number, not 'x'."),
        (
            f"{SHOP}/tables/fct_sale",
            404,
            "There is no table 'fct_sale': did you mean fct_sales? /v1/shops/olist/tables",
        ),
        (f"{SHOP}/questions/best-mont", 404, "There is no question 'best-mont'. The nearest: best-month, "),
    ],
)
def test_an_error_is_a_problem_document(client: TestClient, address: str, status: int, sentence: str) -> None:
    answer = client.get(address)
    problem = ProblemDetails.model_validate(answer.json())
    assert (answer.status_code, problem.status, answer.headers["content-type"]) == (status, status, "application/problem+json")
    assert problem.detail.startswith(sentence), problem.detail


def test_nothing_can_be_written(client: TestClient) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = client.request(method, f"{SHOP}/tables")
        assert (answer.status_code, answer.json()["detail"]) == (405, "This service only reads: use GET or HEAD.")


def test_probes_say_nothing_else_and_take_any_host_name(client: TestClient) -> None:
    for address in ("/health", "/ready"):
        answer = client.get(address, headers={"host": "10.0.0.7:8321"})
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("name", ["attacker.example", "localhost.attacker.example", "", "[::1", "user@attacker.example:8321"])
def test_a_server_answers_to_its_own_names_only(client: TestClient, name: str) -> None:
    for address in ("/v1/shops", "/olist/overview", "/mcp"):
        answer = client.get(address, headers={"host": name})
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    for own in ("localhost:8321", "LOCALHOST", "[::1]:8321", "127.0.0.1"):
        assert client.get("/v1/shops", headers={"host": own}).status_code == 200


def test_a_server_whose_release_cannot_be_read_is_not_ready(fresh_lake: BuiltLake) -> None:
    from ecom_lake.publish.server import server

    for file in (fresh_lake.root / "olist/_store/gold/rfm").iterdir():
        file.unlink()
    with TestClient(server(fresh_lake.settings), base_url="http://localhost") as client:
        answer = client.get("/ready")
    assert (answer.status_code, answer.json()["detail"]) == (503, "A release cannot be read.")


def test_the_api_is_made_once_by_the_first_requests_for_it(built_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch) -> None:
    from ecom_lake.publish import server as module

    made, make = [], module._api

    def failing_once(releases: Releases) -> ASGIApp:
        made.append(releases)
        if len(made) == 1:
            raise OSError("no memory")
        return make(releases)

    monkeypatch.setattr(module, "_api", failing_once)
    app = module.server(built_lake.settings)
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client, ThreadPoolExecutor(8) as pool:
        assert client.get("/olist/tables/rfm_segments").status_code == 200 and not made, "pages do not need it"
        assert client.get("/health").status_code == 500
        answers = pool.map(client.get, ["/health", "/v1/shops", "/docs", "/openapi.json"] * 4)
        assert [answer.status_code for answer in answers] == [200] * 16
    assert len(made) == 2, "once more after it failed"


def test_the_openapi_document_has_every_address(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert all(list(operations) == ["get"] for operations in paths.values())
    assert {f"{SHOP}/{name}".replace("olist", "{shop}") for name in ALIASES} <= set(paths)
    assert all("422" in path["get"]["responses"] for path in paths.values())
    assert "HTTPValidationError" not in json.dumps(paths)


def test_every_shape_that_the_openapi_document_names_is_in_it(client: TestClient) -> None:
    document = client.get("/openapi.json")
    named = set(re.findall(r'"#/components/schemas/(\w+)"', document.text))
    assert "ProblemDetails" in named
    assert named <= document.json()["components"]["schemas"].keys()


def test_the_reference_has_every_address_and_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs")
    assert all(f"<h2>{path}</h2>" in page.text for path in client.get("/openapi.json").json()["paths"])
    assert re.findall(r'(?:href|src)="([^"]*)"', page.text) == ["/dashboard.css", "/openapi.json"]
    assert "script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_the_page_of_the_api_has_the_addresses_of_today(client: TestClient) -> None:
    text = (PROJECT / "docs/api.md").read_text("utf-8")
    assert text == in_page(text, client.get("/openapi.json").json()), "run `make snapshot`"


def test_a_release_that_was_deleted_is_gone_and_one_that_never_was_is_not_found(fresh_grown_lake: BuiltLake) -> None:
    from ecom_lake.publish.server import server

    site = fresh_grown_lake.site()
    log = site.lake.log
    older, latest = sorted(number for number in log.numbers() if log.entry(number).release == number)[-2:]
    with TestClient(server(fresh_grown_lake.settings), base_url="http://localhost") as client:
        cursor = client.get(f"{SHOP}/tables/kpi_monthly/rows?limit=1&release={older}").json()["next"]
        log.delete(older)
        for query in (f"cursor={cursor}", f"release={older}"):
            answer = client.get(f"{SHOP}/tables/kpi_monthly/rows?limit=1&{query}")
            sentence = f"Release {older} of shop 'olist' was deleted: start again without release and cursor."
            assert (answer.status_code, answer.json()["detail"]) == (410, sentence)
        assert client.get(f"{SHOP}?release={latest + 1}").status_code == 404
