"""Bronze to the mapped tables: the delivered rows of a shop with a map, as the canonical tables that silver reads."""
