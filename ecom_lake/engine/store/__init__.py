"""Where tables live: storage, the commit log, readers and the SQL engine. Knows contracts, and nothing that makes a table."""
