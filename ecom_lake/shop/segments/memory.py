"""What the next fit of the segments is told of this one: centres and deviations as parameters, the words as notes.

Numbers and names of segments are kept with them, so that a segment stays the same from run to run.
Not here: what is done with it (segment_parts.py), how rows of a `…_fit` table are made and read (fitted.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from ecom_lake.engine.contracts.fitted import Past, Rival
from ecom_lake.engine.contracts.gate import Gate
from ecom_lake.shop.segments.names import Name
from ecom_lake.shop.segments.segmentation import Part, Segment

LAST_NUMBER = "last segment_id"


def parameters(parts: Sequence[Part], last_number: int) -> dict[str, float]:
    told: dict[str, float] = {LAST_NUMBER: last_number}
    for part in parts:
        told[f"{part.noun}: segments"] = len(part.segments)
        told |= {_deviation(part.noun, feature): value for feature, value in part.deviations.items()}
        for segment in part.segments:
            told |= {_centre(segment.number, feature): value for feature, value in segment.centre.items()}
    return told


def notes(parts: Sequence[Part]) -> dict[str, str]:
    return {part.noun: json.dumps(_words(part)) for part in parts}


def _words(part: Part) -> dict[str, object]:
    return {
        "people": part.people,
        "method": part.method,
        "verdict": part.verdict,
        "features": part.features,
        "segments": [[segment.number, segment.name.text, segment.name.rule] for segment in part.segments],
        "tried": part.tried,
        "rivals": [asdict(rival) for rival in part.rivals],
        "gates": [asdict(gate) for gate in part.gates],
    }


def recall(past: Past, nouns: Sequence[str]) -> tuple[dict[str, Part], int]:
    """The groups as they were parted last, and the last number that a segment got; nothing, where the last fit said less."""
    words, numbers = past.notes, past.parameters
    try:
        parts = {noun: _part(noun, json.loads(words[noun]), numbers) for noun in nouns if noun in words}
        return parts, int(numbers[LAST_NUMBER])
    except (KeyError, TypeError, ValueError):
        return {}, 0


def _part(noun: str, said: Mapping[str, object], numbers: Mapping[str, float]) -> Part:
    words: dict[str, list] = {name: said[name] for name in ("features", "segments", "tried", "rivals")}  # type: ignore[misc, type-arg]
    words["gates"] = list(said.get("gates", ()))  # type: ignore[call-overload]
    is_whole = not words["features"]
    return Part(
        noun=noun,
        people=int(str(said["people"])),
        method=str(said["method"]),
        verdict=str(said["verdict"]),
        deviations={feature: numbers[_deviation(noun, feature)] for feature in words["features"]},
        segments=tuple(
            Segment(
                number,
                Name(text, rule),
                {} if is_whole else {feature: numbers[_centre(number, feature)] for feature in words["features"]},
            )
            for number, text, rule in words["segments"]
        ),
        tried=tuple(words["tried"]),
        rivals=tuple(Rival(**rival) for rival in words["rivals"]),
        gates=tuple(Gate(**gate) for gate in words["gates"]),
    )


def _deviation(noun: str, feature: str) -> str:
    return f"{noun}: deviation of ln(1 + {feature})"


def _centre(number: int, feature: str) -> str:
    return f"segment {number}: {feature}"
