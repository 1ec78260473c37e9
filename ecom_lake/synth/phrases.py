"""Titles and messages of reviews: the same number for each mood (unhappy, neutral, happy).

A message combines an opening, a middle and an end. Some contain commas, quotes, line breaks, a leading digit, or only a blank,
which a reader of the export must handle.
"""

from __future__ import annotations

from itertools import product

TITLES = (
    ("Não recebi", "Péssimo", "Atrasado, e muito", 'Nota "zero"', "0 de 10", "Decepcionada", "Cadê o pedido?", " "),
    ("Mais ou menos", "Regular", "Podia ser melhor, mas ok", "Razoável", "3 estrelas", '"Ok"', "Demorou um pouco", " "),
    ("Recomendo", "Ótimo", "Muito bom, chegou antes", "Excelente!", "10", 'Loja "nota 10"', "Super recomendo", " "),
)

_OPENINGS = (
    (
        "Comprei há um mês e nada",
        "O produto não chegou",
        "Veio com defeito",
        'Disseram "em dois dias"',
        "20 dias de atraso",
        "Muito ruim",
    ),
    (
        "O produto é bom",
        "Chegou no prazo",
        "Esperava mais",
        'A cor não é a da foto ("azul")',
        "2 caixas amassadas",
        "Nada demais",
    ),
    ("Adorei", "Chegou antes do prazo", "Produto de qualidade", 'Meu filho disse "perfeito"', "5 estrelas", "Tudo certo"),
)
_MIDDLES = (
    (", ninguém responde", ", já reclamei três vezes", ".\r\nQuero meu dinheiro de volta", " e a loja sumiu", ""),
    (", mas a entrega demorou", ", a embalagem veio aberta", ".\r\nO manual está em outra língua", " pelo preço", ""),
    (", muito bem embalado", ", igual à foto", ".\r\nComprarei de novo", " e o preço é justo", ""),
)
_ENDS = (
    (".", "!!!", ", não recomendo.", ".\r\n\r\nAguardo resposta.", " :("),
    (".", "...", ", é isso.", ".\r\n\r\nObrigado.", " ok"),
    (".", "!", ", recomendo.", ".\r\n\r\nParabéns à loja.", " :)"),
)

MESSAGES = tuple(
    (" ", *("".join(parts) for parts in product(openings, middles, ends)))
    for openings, middles, ends in zip(_OPENINGS, _MIDDLES, _ENDS, strict=True)
)
