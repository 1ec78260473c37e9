"""The canonical shop: one contract a file. The same tables for every shop, whatever it exported."""
