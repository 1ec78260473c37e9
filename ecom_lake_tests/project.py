"""The project folder, whose files are read by tests of documents, tools and settings."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).parents[1]
