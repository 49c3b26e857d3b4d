"""QR codes as pictures."""

from functools import lru_cache

import segno


@lru_cache(maxsize=256)
def qr_svg(text: str) -> str:
    """An SVG document with the QR code of a short text, four modules of quiet zone, error correction of a quarter.

    It has no size of its own: it fills the box that it is put into.
    """
    code = segno.make_qr(text, error="q", boost_error=False)
    return code.svg_inline(border=4, omitsize=True, dark="#000", light="#fff")
