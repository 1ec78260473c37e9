"""Which products and categories are bought together."""
