"""The Dagster definitions as JSON: assets with inputs and checks, jobs, schedules and sensors, for a closed and an open shop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ecom_lake.definitions import build_definitions
from ecom_lake.settings import load

SNAPSHOT = Path(__file__).with_name("definitions.json")
_TOML = """
[shops.closed]
first_month = "2016-09"
last_month = "2018-10"

[shops.selling]
first_month = "2024-01"
"""


def snapshot(folder: Path) -> str:
    config = folder / "lake.toml"
    config.write_text(_TOML)
    definitions = build_definitions(load(root=str(folder), environment={"ECOM_LAKE_CONFIG": str(config)}))
    repository = definitions.get_repository_def()
    graph = definitions.resolve_asset_graph()
    return json.dumps(
        {
            "assets": {node.key.to_user_string(): _asset(node) for node in sorted(graph.asset_nodes, key=lambda n: n.key)},
            "jobs": sorted(job for job in repository.job_names if not job.startswith("__")),
            "schedules": {s.name: [s.cron_schedule, s.job_name] for s in repository.schedule_defs},
            "sensors": {
                s.name: [s.minimum_interval_seconds, *(target.job_name for target in s.targets)] for s in repository.sensor_defs
            },
        },
        indent=1,
    )


def _asset(node: Any) -> dict[str, Any]:
    return {
        "after": sorted(key.to_user_string() for key in node.parent_keys),
        "checks": sorted(key.name for key in node.check_keys),
        "group": node.group_name,
        "kinds": sorted(node.kinds),
        "partitioned": bool(node.partitions_def),
    }
