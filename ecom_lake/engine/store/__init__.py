"""Where tables are kept: stores, the commit log, data files and their local copies. It imports nothing that builds a table."""
