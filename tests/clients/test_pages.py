"""The pages for users of a client can be followed, with the client itself, against the demo shop."""

import asyncio
from pathlib import Path
from typing import Final

import pytest

from tests.clients import node
from tests.clients.pages import compare, follow, read_page, write_files
from tests.conftest import ROOT
from tests.scenarios.serving import Program

PAGES: Final = sorted((ROOT / "docs" / "clients").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
async def test_a_page_can_be_followed(page: Path, demo_shop: Program, tmp_path: Path) -> None:
    await asyncio.to_thread(follow, page, tmp_path, demo_shop.url.removeprefix("http://"))


async def test_what_a_partner_sends_survives_answers_that_get_lost(demo_shop: Program, tmp_path: Path) -> None:
    page = ROOT / "docs" / "clients" / "partner-node.md"
    blocks = read_page(page)
    (tmp_path / "node_modules").symlink_to(node.MODULES)
    write_files(blocks, tmp_path, demo_shop.url.removeprefix("http://"))
    lossy = ["node", "--import", str(node.HERE / "lossy.mjs")]
    for block in blocks:
        # What is shown once is not shown again.
        if block.what == "prints" and block.name not in {"hooks.mjs", "rotate.mjs", "check"}:
            printed = await asyncio.to_thread(node.run, *lossy, block.name, folder=tmp_path)
            compare(block.name, block.text, printed)
