"""The pages for users of a client can be followed, with the client itself, against the demo shop."""

import asyncio
from pathlib import Path
from typing import Final

import pytest

from tests.clients.pages import follow
from tests.conftest import ROOT
from tests.scenarios.serving import Program

PAGES: Final = sorted((ROOT / "docs" / "clients").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
async def test_a_page_can_be_followed(page: Path, demo_shop: Program, tmp_path: Path) -> None:
    await asyncio.to_thread(follow, page, tmp_path, demo_shop.url.removeprefix("http://"))
