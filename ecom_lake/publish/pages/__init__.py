"""Pages for people without tools: data in, one self-contained HTML file out. No script, no request, no clock.

Not here: reading the data (`publish/quality_story.py`, `publish/report_file.py`) and publishing a page
(`engine/build/release/plain_view.py`).
"""
