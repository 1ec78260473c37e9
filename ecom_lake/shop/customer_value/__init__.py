"""How often people buy, what they spend, and whether that was foretold.

Not here: the table (customer_value.py), which lies beside this folder.
"""
