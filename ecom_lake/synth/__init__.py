"""Demo data, not part of the product: the exports of a synthetic shop, and the truths that a pipeline must find in them.

Start at `shop.generate`. One module per topic: order dates (seasons), addresses (places), products (catalog), customers and
repeat purchases (people), orders, lines, payments, reviews; then broken rows (breakage), later corrections (corrections), the
CSV format (write) and the expected results (truths). Not here: anything about the lake.
"""
