"""What the documents tell their readers to do works, against the shops that `make run` starts."""

import re
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.conftest import ROOT
from tests.docs.reading import Block, read_blocks
from tests.docs.running import Reader
from tests.scenarios.serving import Program

# What is done on an empty database; all other pages are about the demo shop.
OF_AN_EMPTY_SHOP: Final = ROOT / "docs" / "setup.md"
PAGES: Final = sorted([*ROOT.glob("README*.md"), *(ROOT / "docs").glob("*.md")])
# Commands that the runner leaves out, with the reason.
NOT_RUN: Final = {
    "make run": "builds .venv and starts what the fixture `demo_shop` starts: `hikiate dev`",
    "make run ARGS=--no-demo": "the same, of what the fixture `empty_shop` starts: `hikiate dev --no-demo`",
    "make test": "would run this test again",
    'make test ARGS="tests/inventory -k safety"': "runs tests, which this one is",
    "make check": "is run before the tests, by `.ci/run`",
}


def _is_left_out(block: Block) -> bool:
    """Whether every command of the block is left out. Fails when only some are: write two blocks then."""
    commands = [line.partition("#")[0].strip() for line in block.text.splitlines()]
    left_out = {command in NOT_RUN for command in commands if command}
    assert block.language != "sh" or len(left_out) == 1, f"{block}: some commands are run and some are not"
    return block.language == "sh" and left_out == {True}


BLOCKS: Final = {page: read_blocks(page) for page in PAGES}
WHAT_TO_DO: Final = {
    page: [block for block in blocks if block.language != "python" and not _is_left_out(block)]
    for page, blocks in BLOCKS.items()
}
QUOTATIONS: Final = [block for blocks in BLOCKS.values() for block in blocks if block.language == "python"]
OF_THE_DEMO_SHOP: Final = [page for page in PAGES if WHAT_TO_DO[page] and page != OF_AN_EMPTY_SHOP]


# A page may start many processes.
@pytest.mark.timeout(360)
@pytest.mark.parametrize("page", OF_THE_DEMO_SHOP, ids=lambda page: page.name)
async def test_a_page_can_be_followed(page: Path, demo_shop: Program, tmp_path: Path) -> None:
    await Reader(demo_shop, tmp_path).read(WHAT_TO_DO[page])


async def test_a_shop_can_be_opened(empty_shop: Program, tmp_path: Path) -> None:
    assert "There is no API key yet." in empty_shop.output
    await Reader(empty_shop, tmp_path).read(WHAT_TO_DO[OF_AN_EMPTY_SHOP])


async def test_the_explorer_stands_at_the_front_door(demo_shop: Program) -> None:
    async with httpx.AsyncClient() as http:
        page = await http.get(demo_shop.url + "/")
    assert page.status_code == 200
    assert "GraphiQL" in page.text
    assert demo_shop.url in demo_shop.output


@pytest.mark.parametrize("block", QUOTATIONS, ids=str)
def test_code_is_quoted_as_it_stands(block: Block) -> None:
    source = (ROOT / block.directives["from"]).read_text(encoding="utf-8")
    position = 0
    for part in block.text.split("...\n"):
        found = source.find(part.rstrip("\n"), position)
        assert found >= 0, f"{block}: {block.directives['from']} has no such lines (any more):\n{part}"
        position = found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_are_there(page: Path) -> None:
    named = set(re.findall(r"(?:app|tests|docs|migrations|bench)/[\w./-]*\w", page.read_text(encoding="utf-8")))
    named |= {f"docs/{path}" for path in re.findall(r"\]\(([\w./-]+)", page.read_text()) if page.parent.name == "docs"}
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def test_every_command_that_is_left_out_is_written_somewhere() -> None:
    written = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [command for command in NOT_RUN if command not in written] == []
