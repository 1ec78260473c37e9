"""The country of the synthetic shop: states, zip prefixes and largest cities.

Geography is real; the shares of customers are rounded guesses. Only the capital (named first) has its real position; the other
cities are placed inland of it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class State:
    code: str
    buyers: float
    """Share of the customers, in percent."""
    zips: tuple[int, int]
    """First and last zip prefix."""
    lat: float
    lng: float
    far: int
    """Distance class from the sellers in the south-east: 0 near, 3 across the Amazon."""
    cities: tuple[str, ...]


STATES = (
    State("SP", 42, (1000, 19999), -23.55, -46.63, 0, ("são paulo", "campinas", "guarulhos", "santo andré", "ribeirão preto")),
    State("RJ", 13, (20000, 28999), -22.91, -43.2, 0, ("rio de janeiro", "niterói", "nova iguaçu", "petrópolis")),
    State("ES", 2, (29000, 29999), -20.32, -40.34, 1, ("vitória", "vila velha", "serra")),
    State("MG", 12, (30000, 39999), -19.92, -43.94, 0, ("belo horizonte", "uberlândia", "contagem", "juiz de fora")),
    State("BA", 3.4, (40000, 48999), -12.97, -38.51, 2, ("salvador", "feira de santana", "vitória da conquista")),
    State("SE", 0.4, (49000, 49999), -10.91, -37.07, 2, ("aracaju", "lagarto")),
    State("PE", 1.7, (50000, 56999), -8.05, -34.9, 2, ("recife", "olinda", "jaboatão dos guararapes")),
    State("AL", 0.4, (57000, 57999), -9.67, -35.74, 2, ("maceió", "arapiraca")),
    State("PB", 0.6, (58000, 58999), -7.12, -34.88, 2, ("joão pessoa", "campina grande")),
    State("RN", 0.5, (59000, 59999), -5.79, -35.21, 2, ("natal", "mossoró")),
    State("CE", 1.3, (60000, 63999), -3.73, -38.52, 2, ("fortaleza", "caucaia", "juazeiro do norte")),
    State("PI", 0.5, (64000, 64999), -5.09, -42.8, 2, ("teresina", "parnaíba")),
    State("MA", 0.8, (65000, 65999), -2.53, -44.3, 2, ("são luís", "imperatriz")),
    State("PA", 1, (66000, 68899), -1.46, -48.5, 3, ("belém", "ananindeua", "santarém")),
    State("AP", 0.1, (68900, 68999), 0.03, -51.07, 3, ("macapá",)),
    State("AM", 0.2, (69000, 69299), -3.12, -60.02, 3, ("manaus", "parintins")),
    State("RR", 0.1, (69300, 69399), 2.82, -60.67, 3, ("boa vista",)),
    State("AC", 0.1, (69900, 69999), -9.97, -67.81, 3, ("rio branco",)),
    State("DF", 2.1, (70000, 72799), -15.79, -47.88, 1, ("brasília", "taguatinga")),
    State("GO", 2, (73700, 76799), -16.68, -49.25, 1, ("goiânia", "anápolis", "rio verde")),
    State("RO", 0.3, (76800, 76999), -8.76, -63.9, 3, ("porto velho", "ji-paraná")),
    State("TO", 0.3, (77000, 77999), -10.18, -48.33, 2, ("palmas", "araguaína")),
    State("MT", 0.9, (78000, 78899), -15.6, -56.1, 2, ("cuiabá", "rondonópolis")),
    State("MS", 0.7, (79000, 79999), -20.47, -54.62, 1, ("campo grande", "dourados")),
    State("PR", 5, (80000, 87999), -25.43, -49.27, 1, ("curitiba", "londrina", "maringá", "foz do iguaçu")),
    State("SC", 3.6, (88000, 89999), -27.6, -48.55, 1, ("florianópolis", "joinville", "blumenau")),
    State("RS", 5.5, (90000, 99999), -30.03, -51.23, 1, ("porto alegre", "caxias do sul", "pelotas", "santa maria")),
)

REGIONS = {
    "Norte": "AC AM AP PA RO RR TO",
    "Nordeste": "AL BA CE MA PB PE PI RN SE",
    "Centro-Oeste": "DF GO MS MT",
    "Sudeste": "ES MG RJ SP",
    "Sul": "PR RS SC",
}

FAR = (0, 5, 10, 14)
"""Additional days until the promised day, by distance class."""
