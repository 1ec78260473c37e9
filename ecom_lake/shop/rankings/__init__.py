"""Who is likeliest to be lost, which order is likeliest to end badly: features, models, lists and reasons.

Not here: the tables (churn_scores.py, review_risk.py), which lie beside this folder.
"""
