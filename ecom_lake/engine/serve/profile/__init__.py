"""The profile of a table: how full, how different and how distributed its columns are, and which of them move together.

Here: the SQL (queries.py, bins.py) and what it returns as data (table_profile.py), for any table with a contract. Not here: the
sentences about it and the profile of a whole shop (publish/profile/), and pages. The profile of a landed file, before anything
is known of its columns, is that of the map assistant (engine/mapping/draft/profile.py).
"""
