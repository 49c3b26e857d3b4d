"""What a page of documentation asks its reader to do: documents to paste, commands to run.

A comment before a block, which the rendered page does not show, says what the runner has to know:

    <!-- as: staff; save: cartId=cartCreate.cart.id, lineId=cartCreate.cart.lines.0.id -->

as        whose key the request carries (staff, hoshi, ekibako, sandbox, or the name of a saved key); without one
          a shopper
save      names for values of the answer; later blocks say them as `<cartId>`. What a command prints is its `output`
errors    codes of the refusals that the answer must have, parted by blanks
times     how often the request is sent; all answers must be the same
language  the request's Accept-Language
events    for subscriptions: how many events the rest of the page must cause, by default 1
from      for `python`: the file that the lines were taken from; `...` stands for lines left out
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

KEYS: Final = frozenset({"as", "save", "errors", "times", "language", "events", "from"})
_FENCE: Final = re.compile(r"^(`{3,})(.*)$")
_COMMENT: Final = re.compile(r"^<!--\s*(.*?)\s*-->$")


@dataclass
class Block:
    """A fenced block with what belongs to it. line: where its text begins, from 1."""

    path: Path
    line: int
    language: str
    text: str
    directives: dict[str, str] = field(default_factory=dict[str, str])
    variables: str = "{}"
    answer: str | None = None

    def __str__(self) -> str:
        return f"{self.path.name}:{self.line}"


def read_blocks(path: Path) -> list[Block]:
    """All blocks in `graphql`, `sh` and `python`.

    `json` right behind a document is its variables, `json answer` its answer.
    """
    found: list[Block] = []
    directives: dict[str, str] = {}
    owner: Block | None = None
    lines = iter(enumerate(path.read_text(encoding="utf-8").splitlines(), 1))
    for number, line in lines:
        comment, fence = _COMMENT.match(line), _FENCE.match(line)
        if comment is not None:
            directives = _directives(path, number, comment[1])
        elif fence is not None:
            inside: list[str] = []
            for _, inner in lines:
                if inner.rstrip() == fence[1]:
                    break
                inside.append(inner)
            block = Block(path, number + 1, fence[2].strip(), "\n".join(inside), directives)
            owner, directives = _place(block, owner, found), {}
        elif line.strip():
            assert not directives, f"{path.name}:{number}: this comment stands before no block"
            owner = None
    return found


def _place(block: Block, owner: Block | None, found: list[Block]) -> Block | None:
    """Keep the block; returns the document that following JSON belongs to."""
    if block.language in {"graphql", "sh", "python"}:
        found.append(block)
        return block if block.language == "graphql" else None
    if owner is not None and block.language == "json":
        owner.variables = block.text
        return owner
    if owner is not None and block.language == "json answer":
        owner.answer = block.text
        return owner
    return None


def _directives(path: Path, number: int, comment: str) -> dict[str, str]:
    parts = [part.partition(":") for part in comment.split(";")]
    found = {name.strip(): value.strip() for name, _, value in parts}
    unknown = found.keys() - KEYS
    assert not unknown, f"{path.name}:{number}: nobody knows the words {sorted(unknown)}"
    return found
