"""The state of a segments fit that the next fit reads: centres and deviations as parameters, sentences and names as notes.

Segment numbers and names are stored with them, so that a segment keeps both from fit to fit.
Not here: how they are used (segmentation.py), and the rows of a `…_fit` table (engine/contracts/fitted.py)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from ecom_lake.engine.contracts.fitted import Past, Rival
from ecom_lake.engine.contracts.gate import Gate
from ecom_lake.shop.segments.names import Name
from ecom_lake.shop.segments.scale import LOGARITHMIC, PLAIN, Scale
from ecom_lake.shop.segments.segmentation import Segment, Segmentation

LAST_NUMBER = "last segment_id"


def parameters(segmentations: Sequence[Segmentation], last_number: int) -> dict[str, float]:
    numbers: dict[str, float] = {LAST_NUMBER: last_number}
    for one in segmentations:
        numbers[f"{one.group}: segments"] = len(one.segments)
        numbers |= {_deviation(one.group, feature, one.scale): value for feature, value in one.deviations.items()}
        for segment in one.segments:
            numbers |= {_centre(segment.number, feature): value for feature, value in segment.centre.items()}
    return numbers


def notes(segmentations: Sequence[Segmentation]) -> dict[str, str]:
    return {one.group: json.dumps(_note(one)) for one in segmentations}


def _note(segmentation: Segmentation) -> dict[str, object]:
    return {
        "people": segmentation.people,
        "method": segmentation.method,
        "verdict": segmentation.verdict,
        "features": segmentation.features,
        "segments": [[segment.number, segment.name.text, segment.name.rule] for segment in segmentation.segments],
        "tried": segmentation.candidates,
        "rivals": [asdict(rival) for rival in segmentation.rivals],
        "gates": [asdict(gate) for gate in segmentation.gates],
        "scale": segmentation.scale,
    }


def read_state(past: Past, groups: Sequence[str]) -> tuple[dict[str, Segmentation], int]:
    """The segmentation of each group in the last fit, and the last segment number; nothing where the state is incomplete."""
    saved, numbers = past.notes, past.parameters
    try:
        segmentations = {group: _segmentation(group, json.loads(saved[group]), numbers) for group in groups if group in saved}
        return segmentations, int(numbers[LAST_NUMBER])
    except (KeyError, TypeError, ValueError):
        return {}, 0


def _segmentation(group: str, note: Mapping[str, object], numbers: Mapping[str, float]) -> Segmentation:
    lists: dict[str, list] = {name: note[name] for name in ("features", "segments", "tried", "rivals")}  # type: ignore[misc, type-arg]
    lists["gates"] = list(note.get("gates", ()))  # type: ignore[call-overload]
    is_only_group = not lists["features"]
    scale: Scale = PLAIN if note.get("scale") == PLAIN else LOGARITHMIC
    return Segmentation(
        group=group,
        people=int(str(note["people"])),
        method=str(note["method"]),
        verdict=str(note["verdict"]),
        deviations={feature: numbers[_deviation(group, feature, scale)] for feature in lists["features"]},
        segments=tuple(
            Segment(
                number,
                Name(text, rule),
                {} if is_only_group else {feature: numbers[_centre(number, feature)] for feature in lists["features"]},
            )
            for number, text, rule in lists["segments"]
        ),
        candidates=tuple(lists["tried"]),
        rivals=tuple(Rival(**rival) for rival in lists["rivals"]),
        gates=tuple(Gate(**gate) for gate in lists["gates"]),
        scale=scale,
    )


def _deviation(group: str, feature: str, scale: Scale) -> str:
    return f"{group}: deviation of {f'ln(1 + {feature})' if scale == LOGARITHMIC else feature}"


def _centre(number: int, feature: str) -> str:
    return f"segment {number}: {feature}"
