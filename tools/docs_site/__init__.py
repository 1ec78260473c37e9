"""The documentation as a website: the pages of `docs/`, and a reference from contracts, code and a synthetic shop.

Here: what the pages contain, their diagrams, and the checks that every page passes. `build.py` is the command.
Not here: the pages that people write (docs/), and how Markdown becomes HTML (Zensical, with mkdocs.yml).
"""
