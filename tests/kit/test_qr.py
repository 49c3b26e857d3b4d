"""QR codes as pictures."""

import xml.etree.ElementTree as ET

from app.kit.qr import qr_svg


def test_a_picture_is_one_svg_document_without_a_size() -> None:
    picture = qr_svg("PU-70000001 123456")
    root = ET.fromstring(picture)  # noqa: S314  # it is our own
    assert root.tag.endswith("svg")
    assert "width" not in root.attrib
    assert root.attrib["viewBox"].startswith("0 0 ")
    assert "<script" not in picture
    assert picture == qr_svg("PU-70000001 123456")
    assert picture != qr_svg("PU-70000001 123457")
