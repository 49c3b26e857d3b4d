"""The page at `/`: an explorer of our own, which gives its place to GraphiQL where a CDN can be reached."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson


@dataclass(frozen=True, slots=True)
class Example:
    """A document that the page offers. It runs as it stands against the demo shop."""

    title: str
    query: str
    variables: dict[str, Any] = field(default_factory=dict[str, Any])


EXAMPLES: Final = [
    Example(
        "Any object",
        "# Every object has an id; node finds it again.\n"
        "query AnyObject($id: ID!) {\n  node(id: $id) {\n    __typename\n    id\n  }\n}\n",
        {"id": "UHJvZHVjdDox"},
    ),
]

_TEMPLATE: Final = Path(__file__).with_name("explorer.html").read_text(encoding="utf-8")
# Inside a script element only `<` could end the data early.
_DATA: Final = orjson.dumps([asdict(example) for example in EXAMPLES]).decode().replace("<", "\\u003c")
PAGE: Final = _TEMPLATE.replace("/*EXAMPLES*/", _DATA)
