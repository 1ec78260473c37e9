"""Charts are inserted into pages without escaping, so their own text must be escaped."""

from __future__ import annotations

from xml.etree import ElementTree

from ecom_lake.publish.pages.plots import plot

EVIL = "</text><script>alert(1)</script><image href='http://127.0.0.1:9/x.png'/>"


def test_text_from_the_data_is_escaped() -> None:
    point = {"series": EVIL, "x": 1.0, "value": 2.0, "low": 1.0, "high": 3.0, "said": EVIL, "position": 1}
    drawn = ElementTree.fromstring(plot(EVIL, [point, point | {"x": 2.0, "position": 2}]))
    assert not {"script", "image"} & {element.tag.rsplit("}")[-1] for element in drawn.iter()}
    assert sum(EVIL in "".join(element.itertext()) for element in drawn.iter() if element.tag.endswith("text")) >= 2
