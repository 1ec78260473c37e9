"""If an extra of the package is not installed: which tables are left out, which commands fail, and their messages."""

from __future__ import annotations

import re
import sys
import tomllib
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from ecom_lake import extras
from ecom_lake.cli import main
from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.release.offer import left_out
from ecom_lake.engine.build.step.built_with import MissingExtraError
from ecom_lake.engine.contracts.columns import Count, Key
from ecom_lake.engine.contracts.definition_error import DefinitionError
from ecom_lake.engine.contracts.table import Gold
from ecom_lake.engine.serve import doctor
from ecom_lake.engine.store.access import Access
from ecom_lake.engine.store.open_store import open_store
from ecom_lake.errors import UsageError
from ecom_lake.settings import load
from ecom_lake_tests.builders.built_lake import BuiltLake

MODELS = "It needs ecom-lake[models], which is not installed here: run `pip install 'ecom-lake[models]'`."


@pytest.fixture
def without_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python cannot import scikit-learn; the other modules of the extra are installed."""
    monkeypatch.setitem(sys.modules, "sklearn", None)


def test_tables_of_models_are_left_out_with_the_reason(built_lake: BuiltLake, without_models: None) -> None:
    missing = left_out(built_lake.site())
    named = {table for table, why in missing.items() if why == MODELS}
    assert named == {"churn_scores", "churn_fit", "review_risk", "review_risk_fit", *_of_the_forecast()}
    assert "insights" not in missing


def test_doctor_names_what_is_not_built_and_does_not_fail(
    tmp_path: Path, without_models: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_version(package: str) -> str:
        if package == "scikit-learn":
            raise PackageNotFoundError(package)
        return version(package)

    monkeypatch.setattr(doctor, "version", no_version)
    (tmp_path / "lake.toml").touch()
    found = {one.what: (one.state, one.says) for one in doctor.examine(partial(load, project=str(tmp_path)), None)}
    assert found["packages"][0] == "ok" and "scikit-learn" not in found["packages"][1]
    assert found["extra models"] == (
        "ok",
        "Building churn_scores, review_risk, sales_forecast needs ecom-lake[models], which is not installed here: "
        "run `pip install 'ecom-lake[models]'`.",
    )


def _of_the_forecast() -> set[str]:
    return {"sales_forecast", "sales_forecast_fit", "forecast_backtest"}


def test_a_build_that_would_remove_released_tables_is_refused(
    fresh_lake: BuiltLake, without_models: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = fresh_lake.site().lake.log.numbers()
    with pytest.raises(MissingExtraError) as error:
        build(fresh_lake.site())
    assert "The lake has churn_scores" in str(error.value)
    assert "pip install 'ecom-lake[models]'" in str(error.value)
    assert fresh_lake.site().lake.log.numbers() == before
    monkeypatch.setenv("ECOM_LAKE_CONFIG", str(fresh_lake.config))
    assert main(["build", "--root", str(fresh_lake.root)]) == 2
    assert "The lake has churn_scores" in " ".join(capsys.readouterr().err.split())


def test_opening_an_azure_lake_without_the_extra_fails_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adlfs", None)
    with pytest.raises(UsageError, match=re.escape("A lake on Azure Blob needs ecom-lake[azure], which is not installed here")):
        open_store("az://lake/of-nobody", Access())


def test_a_contract_with_an_unknown_extra_is_an_error() -> None:
    with pytest.raises(DefinitionError, match="needs the extra 'magic', which does not exist"):

        class Spell(Gold, extra="magic"):
            """One row per spell."""

            spell = Key("The spell.", personal=False)
            uses = Count("How often it was used.")


def test_the_extras_are_the_optional_dependencies_of_the_package() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    assert set(extras.MODULES) == set(project["optional-dependencies"])
