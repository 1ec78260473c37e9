"""Erased persons in delivered files: which rows hold them, and the files without them. Not here: the steps (engine/forget/)."""
