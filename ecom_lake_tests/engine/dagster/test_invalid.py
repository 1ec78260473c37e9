"""A shop with invalid settings: Dagster still defines the other shops, and shows the error of this one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from ecom_lake.definitions import build_definitions
from ecom_lake.settings import load
from ecom_lake_tests.project import PROJECT

VALID = '[shops.good]\nfirst_month = "2024-01"\nlast_month = "2024-02"\n'
INVALID = {
    "nightly": 'nightly = "0 25 * * *"',
    "timezone": 'timezone = "Sao_Paulo"',
    "months": 'first_month = "2024-03"\nlast_month = "2024-01"',
    "connector": 'connector = "shopify"',
    "unknown": 'nigthly = "0 3 * * *"',
    "landing": 'landing = "ftp://me:secret@nowhere.invalid/inbox"',
    "numbers": "numbers = { repeat_days = -1 }",
    "mining": "mining = 3",
}


def defined(folder: Path, toml: str) -> dg.Definitions:
    config = folder / "lake.toml"
    config.write_text(toml, encoding="utf-8")
    return build_definitions(load(str(folder), {"ECOM_LAKE_CONFIG": str(config)}))


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dg.Definitions]:
    """Each kind of invalid setting in its own shop, together with one valid shop."""
    shops = [f"[shops.{name}]\n{text}\n" for name, text in INVALID.items()]
    yield defined(tmp_path_factory.mktemp("wrong"), "\n".join([VALID, *shops, '[shops."Not-A-Name"]\n']))


def test_the_valid_shop_is_defined_and_each_invalid_one_shows_its_error(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)
    specs = {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}
    assert {"good/gold/release", "good/silver/orders"} <= specs.keys()
    left_out = {key: spec for key, spec in specs.items() if not key.startswith("good/")}
    assert left_out.keys() == {*(f"{shop}/settings" for shop in INVALID), "Not_A_Name/settings"}
    messages = {key.split("/")[0]: str(spec.description) for key, spec in left_out.items()}
    assert "its hour '25' is not within 0 to 23" in messages["nightly"]
    assert "'Sao_Paulo' is not a time zone; did you mean 'America/Sao_Paulo'?" in messages["timezone"]
    assert "last_month (2024-01) is before first_month (2024-03)" in messages["months"]
    assert "names the connector 'shopify', which does not exist" in messages["connector"]
    assert "'shopify' is a map: write map = \"shopify\" instead of connector." in messages["connector"]
    assert "'nigthly'; did you mean 'nightly'?" in messages["unknown"]
    assert "lake.toml: landing: No store can be opened at ftp://nowhere.invalid/inbox: " in messages["landing"]
    assert "repeat_days must be at least 0, not -1." in messages["numbers"]
    assert "[shops.mining.mining]" in messages["mining"] and "must be a table of settings" in messages["mining"]
    assert all("lake.toml" in sentence for sentence in messages.values())


def test_the_job_schedule_and_sensor_of_an_invalid_shop_keep_their_names(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    for shop in ("good", *INVALID):
        assert repository.has_job(f"{shop}_all")
        assert repository.get_schedule_def(f"{shop}_nightly").job_name == f"{shop}_all"
        assert repository.get_sensor_def(f"{shop}_landing").job_name == f"{shop}_all"


def test_the_nightly_run_of_an_invalid_shop_fails_and_its_check_states_the_reason(definitions: dg.Definitions) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        job = definitions.resolve_job_def("nightly_all")
        result = job.execute_in_process(instance=instance, raise_on_error=False)
        sensor = definitions.resolve_sensor_def("nightly_landing")
        looked = sensor(dg.build_sensor_context(instance=instance))
    assert not result.success
    [check] = result.get_asset_check_evaluations()
    assert (check.passed, check.severity, "hour '25'" in str(check.description)) == (False, dg.AssetCheckSeverity.ERROR, True)
    assert result.get_asset_materialization_events() == []
    assert isinstance(looked, dg.SkipReason) and "hour '25'" in str(looked.skip_message)


def test_shops_whose_names_are_equal_in_dagster_get_different_groups(tmp_path: Path) -> None:
    definitions = defined(tmp_path, '[shops.a_b]\nnightly = "never"\n[shops."a-b"]\n[shops."a.b"]\n')
    dg.Definitions.validate_loadable(definitions)
    groups = {str(spec.group_name) for spec in definitions.resolve_all_asset_specs()}
    assert groups == {"a_b_left_out", "a_b__left_out", "a_b___left_out"}


@pytest.mark.parametrize(
    ("toml", "code", "text"),
    [
        (f'{VALID}[shops.bad]\nnightly = "never"\n', 0, "Validation successful"),
        ("[shops.good\n", 1, "lake.toml cannot be read as TOML: "),
    ],
)
def test_dagster_definitions_validate_loads_the_code_location(tmp_path: Path, toml: str, code: int, text: str) -> None:
    """Takes seconds: Dagster's command line starts a process that loads the code location."""
    (tmp_path / "lake.toml").write_text(toml, encoding="utf-8")
    project = PROJECT
    ours = {"PYTHONPATH": str(project), "ECOM_LAKE_CONFIG": str(tmp_path / "lake.toml"), "DAGSTER_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "dagster", "definitions", "validate", "-w", str(project / "workspace.yaml")]
    ran = subprocess.run(command, cwd=tmp_path, env=os.environ | ours, capture_output=True, text=True)
    assert ran.returncode == code, ran.stderr
    assert text in ran.stdout + ran.stderr
