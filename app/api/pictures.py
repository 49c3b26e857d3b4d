"""Pictures of the demo shop's products: drawn from the name in the address, the same at every call."""

import hashlib
import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9'-]{0,99}")
_PAGE: Final = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" role="img" aria-label="{words}">
<rect width="400" height="400" fill="hsl({hue} 40% 92%)"/>
<circle cx="200" cy="170" r="{radius}" fill="hsl({hue} 45% 60%)"/>
<circle cx="{x}" cy="{y}" r="{small}" fill="hsl({other} 45% 45%)"/>
<text x="200" y="350" font-family="sans-serif" font-size="20" text-anchor="middle">{words}</text>
</svg>
"""


async def picture(request: Request) -> Response:
    """An SVG for `/media/<name>.svg`; 404 for what is no name. Real shops keep their pictures elsewhere."""
    name: str = request.path_params["name"]
    if _NAME.fullmatch(name) is None:
        return Response(status_code=404)
    digest = hashlib.sha256(name.encode()).digest()
    hue = digest[0] * 360 // 256
    page = _PAGE.format(
        words=name.replace("-", " ").replace("'", "&#39;"),
        hue=hue,
        other=(hue + 120) % 360,
        radius=70 + digest[1] % 50,
        x=130 + digest[2] % 140,
        y=110 + digest[3] % 120,
        small=20 + digest[4] % 40,
    )
    return Response(page, media_type="image/svg+xml", headers={"cache-control": "public, max-age=86400"})
