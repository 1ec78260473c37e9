"""Product categories: name, English name, share of the products, usual price and weight. All are rounded guesses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Category:
    name: str
    english: str
    """Empty for a category without a translation."""
    share: float
    price: float
    """Median price, in reais."""
    spread: float
    """Standard deviation of the logarithm of the price."""
    grams: float


CATEGORIES = (
    Category("cama_mesa_banho", "bed_bath_table", 10, 75, 0.7, 1300),
    Category("beleza_saude", "health_beauty", 9, 80, 0.9, 400),
    Category("esporte_lazer", "sports_leisure", 9, 78, 0.8, 700),
    Category("moveis_decoracao", "furniture_decor", 8, 65, 0.75, 1400),
    Category("informatica_acessorios", "computers_accessories", 7, 80, 0.85, 300),
    Category("utilidades_domesticas", "housewares", 7, 60, 0.85, 1200),
    Category("relogios_presentes", "watches_gifts", 5, 130, 0.85, 350),
    Category("telefonia", "telephony", 4.5, 38, 0.9, 220),
    Category("ferramentas_jardim", "garden_tools", 4, 72, 0.8, 1600),
    Category("automotivo", "auto", 4, 82, 0.95, 900),
    Category("brinquedos", "toys", 4, 84, 0.8, 800),
    Category("perfumaria", "perfumery", 3.5, 80, 0.85, 400),
    Category("bebes", "baby", 3, 82, 0.85, 750),
    Category("eletronicos", "electronics", 2.5, 30, 0.95, 200),
    Category("papelaria", "stationery", 2.5, 70, 0.75, 1000),
    Category("fashion_bolsas_e_acessorios", "fashion_bags_accessories", 2, 54, 0.7, 200),
    Category("pet_shop", "pet_shop", 2, 78, 0.75, 900),
    Category("moveis_escritorio", "office_furniture", 1.6, 145, 0.5, 10_000),
    Category("consoles_games", "consoles_games", 1.2, 70, 1, 260),
    Category("malas_acessorios", "luggage_accessories", 1.1, 100, 0.65, 1300),
    Category("casa_construcao", "home_construction", 1, 92, 0.9, 1000),
    Category("eletroportateis", "small_appliances", 0.8, 120, 1.1, 1200),
    Category("alimentos_bebidas", "food_drink", 0.8, 40, 0.7, 700),
    Category("instrumentos_musicais", "musical_instruments", 0.8, 125, 1, 800),
    Category("livros_tecnicos", "books_technical", 0.6, 55, 0.7, 800),
    Category("casa_conforto", "home_comfort", 0.6, 100, 0.7, 1800),
    Category("climatizacao", "air_conditioning", 0.5, 125, 0.85, 2900),
    Category("audio", "audio", 0.5, 75, 1, 400),
    Category("pcs", "computers", 0.4, 950, 0.45, 2800),
    Category("artes", "art", 0.4, 75, 0.7, 1500),
    Category("cine_foto", "cine_photo", 0.3, 62, 0.9, 400),
    Category("artigos_de_festas", "party_supplies", 0.3, 60, 0.8, 900),
    Category("flores", "flowers", 0.2, 32, 0.5, 800),
    Category("cursos_presentes", "", 0.2, 90, 0.6, 100),
)
