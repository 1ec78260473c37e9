"""Connectors: from each kind of export to the canonical shop, in pure Polars, one package per kind."""
