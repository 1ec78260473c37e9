"""A made-up shop that exports Olist's nine files and knows what is true about them.

Start at `shop.generate`. One idea a module: when people order (seasons), where they live (places), what is sold (catalog),
who comes back (people), orders, lines, payments, reviews; then what goes wrong (breakage), what is mended later (corrections),
how a file is spelled (write), and what a pipeline must find in the end (truths). Nothing here knows the lake.
"""
