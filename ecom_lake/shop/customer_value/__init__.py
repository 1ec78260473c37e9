"""How often customers buy, what they spend, and how well both were predicted."""
