"""How each kind of export becomes the canonical shop: pure Polars, a module or package per kind."""
