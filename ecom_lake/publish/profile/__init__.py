"""What the data of a shop look like: its silver tables, its orders over time, how often customers order, and findings in words.

The page "Profile" of the dashboard and `notebooks/exploration.py` show it. Not here: the profile of one
table (engine/serve/profile/), KPIs and what follows from them (the other pages, insights).
"""
