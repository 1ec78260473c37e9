"""Erasing persons from a lake, and the proof that none of the searched bytes holds them any more (docs/decisions/0069, 0070)."""
