"""Your own gold tables: a contract (.py) and its query (.sql) for each."""
