"""Addresses: zip prefixes, and the many noisy points of each in the geolocation file."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from ecom_lake.synth.arrays import Floats, Ints
from ecom_lake.synth.brazil import STATES
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.randomness import stream

_POINTS = 7
"""Average number of additional points per zip."""
_REPEATED, _WITHOUT_POINTS, _ABROAD = 0.2, 0.005, 20_000
_ABROAD_AT = ((38.72, -9.14), (41.15, -8.61), (40.42, -3.7))
_SPELLINGS = {"plain": 0.68, "accents": 0.25, "capitals": 0.04, "entities": 0.03}


@dataclass(frozen=True)
class Places:
    """Zip prefixes: one element per zip."""

    prefix: Ints
    state: Ints
    city: Ints
    """Index of the city in its state."""
    lat: Floats
    lng: Floats
    reach: Floats
    """Cumulative weight, from 0 to 1."""

    def at(self, shares: Floats) -> Ints:
        """The zips for shares from 0 to 1, by weight."""
        return np.searchsorted(self.reach, shares, side="right")

    def zips(self, places: Ints) -> pl.Series:
        return self._zips.gather(places)

    def cities(self, places: Ints) -> pl.Series:
        return self._cities.gather(places)

    def states(self, places: Ints) -> pl.Series:
        return pl.Series([state.code for state in STATES]).gather(self.state[places])

    @cached_property
    def _zips(self) -> pl.Series:
        return pl.Series([f"{prefix:05}" for prefix in self.prefix])

    @cached_property
    def _cities(self) -> pl.Series:
        return pl.Series([_plain(STATES[state].cities[city]) for state, city in zip(self.state, self.city, strict=True)])

    def far(self, places: Ints) -> Ints:
        return np.array([state.far for state in STATES], dtype=np.int64)[self.state[places]]


def make_places(options: SynthOptions) -> Places:
    rng = stream(options.seed, "places")
    wanted = int(np.clip(options.orders // 5, 100, 15_000))
    of_state = [max(1, round(wanted * state.buyers / 100)) for state in STATES]
    prefix = np.concatenate(
        [
            np.sort(rng.choice(np.arange(*s.zips), size=min(n, np.ptp(s.zips)), replace=False))
            for s, n in zip(STATES, of_state, strict=True)
        ]
    )
    bounds = np.array([state.zips for state in STATES])
    state = np.searchsorted(bounds[:, 0], prefix, side="right") - 1
    cities = np.array([len(s.cities) for s in STATES])[state]
    city = np.floor(rng.random(len(prefix)) ** 2 * cities).astype(np.int64)
    centre = _city_centres(rng)[state, city]
    at = centre + rng.normal(0, 0.04, (len(prefix), 2))
    weight = rng.lognormal(0, 0.7, len(prefix)) * (np.array([s.buyers for s in STATES]) / np.bincount(state))[state]
    reach = np.cumsum(weight) / weight.sum()
    reach[-1] = 1.0
    return Places(prefix.astype(np.int64), state.astype(np.int64), city, at[:, 0], at[:, 1], reach)


def _city_centres(rng: np.random.Generator) -> Floats:
    """Latitude and longitude by state and city; all except the capitals are inland, to the west."""
    most = max(len(state.cities) for state in STATES)
    inland = np.stack([rng.uniform(-0.8, 0.8, (len(STATES), most)), rng.uniform(-1.5, -0.3, (len(STATES), most))], axis=2)
    inland[:, 0] = (0, -0.15)
    return np.array([[state.lat, state.lng] for state in STATES])[:, None, :] + inland


def geolocation(places: Places, options: SynthOptions) -> pl.DataFrame:
    """Several points per zip with different spellings of the city, some duplicates, and a few abroad."""
    rng = stream(options.seed, "geolocation")
    known = np.flatnonzero(rng.random(len(places.prefix)) >= _WITHOUT_POINTS)
    place = np.repeat(known, 1 + rng.poisson(_POINTS, len(known)))
    abroad = rng.choice(known, size=2 + len(place) // _ABROAD)
    lat = places.lat[place] + rng.normal(0, 0.006, len(place))
    lng = places.lng[place] + rng.normal(0, 0.006, len(place))
    there = np.array(_ABROAD_AT)[rng.integers(0, len(_ABROAD_AT), len(abroad))] + rng.normal(0, 0.01, (len(abroad), 2))
    place, lat, lng = np.append(place, abroad), np.append(lat, there[:, 0]), np.append(lng, there[:, 1])
    points = pl.DataFrame(
        {
            "geolocation_zip_code_prefix": places.zips(place),
            "geolocation_lat": pl.Series(lat).cast(pl.String),
            "geolocation_lng": pl.Series(lng).cast(pl.String),
            "geolocation_city": _spelled(places, place, rng),
            "geolocation_state": places.states(place),
        }
    )
    repeated = rng.choice(len(points), size=int(_REPEATED * len(points)), replace=False)
    return points[rng.permutation(np.append(np.arange(len(points)), repeated))]


def _spelled(places: Places, place: Ints, rng: np.random.Generator) -> pl.Series:
    spellings = [_spellings(STATES[state].cities[city]) for state, city in zip(places.state, places.city, strict=True)]
    how = rng.choice(len(_SPELLINGS), size=len(place), p=list(_SPELLINGS.values()))
    return pl.Series([name for names in spellings for name in names]).gather(place * len(_SPELLINGS) + how)


def _spellings(name: str) -> tuple[str, str, str, str]:
    entities = name.replace("ã", "&atilde;").replace("á", "&aacute;").replace("ó", "&oacute;")
    return _plain(name), name, _plain(name).upper(), entities


def _plain(name: str) -> str:
    return unicodedata.normalize("NFD", name).encode("ascii", "ignore").decode()
