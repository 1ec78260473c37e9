"""How itemsets are mined. Not here: the tables of baskets (basket_itemsets.py, basket_rules.py), which lie beside this folder."""
