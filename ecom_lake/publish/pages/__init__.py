"""Pages for people without a tool: data in, one HTML file out that needs nothing else; no script, no request, no clock.

Not here: where the data comes from (`publish/quality_story.py`) and where a page is put (`engine/build/release/plain_view.py`).
"""
