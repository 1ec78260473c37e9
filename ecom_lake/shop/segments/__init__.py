"""Customer segments: how customers are segmented and named, and how segments keep their names between fits."""
