"""Maps: TOML files whose cells are SQL scalar expressions, which turn the files of any export into the canonical tables.

Here: reading a map (map_file.py), checking its cells (cells.py), compiling a table of it to one query (compiled.py), and running
the query on delivered rows (run_facet.py). All of it is pure: rows in, rows out.
Not here: recognising and storing the files (engine/landing/), and what the build does with mapped rows (engine/build/).
"""
