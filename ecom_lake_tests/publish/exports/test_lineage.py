"""Lineage events: valid for OpenLineage's own classes, complete, and the same for the same release."""

from __future__ import annotations

from typing import Any

import pytest
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState

from ecom_lake.engine.build.release.offer import gold_tables
from ecom_lake.engine.serve.released import released
from ecom_lake.publish.exports.lineage import lineage_events
from ecom_lake_tests.builders.built_lake import BuiltLake


@pytest.fixture(scope="module")
def events(built_lake: BuiltLake) -> list[dict[str, Any]]:
    site = built_lake.site()
    return list(lineage_events(site, released(site)))


def test_openlineage_takes_every_event(events: list[dict[str, Any]]) -> None:
    for event in events:
        RunEvent(
            eventType=RunState[event["eventType"]],
            eventTime=event["eventTime"],
            run=Run(event["run"]["runId"]),
            job=Job(event["job"]["namespace"], event["job"]["name"]),
            producer=event["producer"],
            inputs=[InputDataset(one["namespace"], one["name"]) for one in event["inputs"]],
            outputs=[OutputDataset(one["namespace"], one["name"]) for one in event["outputs"]],
        )


def test_every_gold_table_has_its_inputs_columns_and_rows(events: list[dict[str, Any]], built_lake: BuiltLake) -> None:
    site = built_lake.site()
    entry = released(site)
    made = {event["job"]["name"]: event for event in events}
    assert {f"gold.{table}" for table in gold_tables(site)} <= set(made)
    rfm = made["gold.rfm_segments"]
    assert {one["name"] for one in rfm["inputs"]} == {"olist/gold/rfm"}
    [output] = rfm["outputs"]
    assert output["name"] == "olist/gold/rfm_segments"
    rows = sum(file.rows for file in entry.parts(site.registry.table("rfm_segments").id).values())
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == rows > 0
    columns = [field["name"] for field in output["facets"]["schema"]["fields"]]
    assert columns == list(site.registry.table("rfm_segments").columns)


def test_every_dataset_that_is_read_is_made_by_another_event_or_delivered(events: list[dict[str, Any]]) -> None:
    made = {output["name"] for event in events for output in event["outputs"]}
    read = {one["name"] for event in events for one in event["inputs"]}
    assert {name for name in read - made if "/bronze/" not in name} == set()


def test_the_same_release_gives_the_same_events_under_one_parent(events: list[dict[str, Any]], built_lake: BuiltLake) -> None:
    site = built_lake.site()
    assert list(lineage_events(site, released(site))) == events
    *tables, release = events
    assert {event["run"]["facets"]["parent"]["run"]["runId"] for event in tables} == {release["run"]["runId"]}
    assert len({event["run"]["runId"] for event in events}) == len(events)
