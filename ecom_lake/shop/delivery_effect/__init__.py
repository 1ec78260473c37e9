"""What differs between people who are alike but for one thing. Not here: the table (delivery_effect.py), beside this folder."""
