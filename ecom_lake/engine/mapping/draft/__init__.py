"""Drafts of maps: what the columns of foreign files contain, how they belong together, and which canonical columns they may be.

Here: pure functions over delivered texts. They know no table: the canonical columns, with their meanings and the names that they
have elsewhere, are given (targets.py). A draft is a proposal with reasons, which a person reads before it is built.
"""
