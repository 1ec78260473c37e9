"""Models that rank customers or orders by the probability of an outcome: fit, evaluation, probabilities and reasons.

Not here: the tables and their features (churn/, review_risk/).
"""
