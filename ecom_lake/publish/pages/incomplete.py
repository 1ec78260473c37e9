"""How every chart states that a month is incomplete: one wording. Its look is the class `incomplete`.

The class is in styles/charts_incomplete.css of the dashboard, and the legend in templates/charts/incomplete.html.jinja.
"""

from __future__ import annotations

LEGEND = "incomplete month, not compared"


def marked(text: str, is_complete: bool) -> str:
    """What a pointer shows at a month."""
    return text if is_complete else f"{text} (incomplete month)"
