"""How jsonb comes out of the database and goes into it."""

from typing import Any, Final

import orjson


def _refuse(*_: Any, **__: Any) -> Any:
    message = "A text as it is stored cannot be changed; make a dict of it."
    raise TypeError(message)


class Texts(dict[str, str]):
    """A text in several languages, as it is stored. It is shared by all who read it, so it cannot be changed."""

    __slots__ = ()
    __setitem__: Any = _refuse
    __delitem__: Any = _refuse
    __ior__: Any = _refuse
    clear: Any = _refuse
    pop: Any = _refuse
    popitem: Any = _refuse
    setdefault: Any = _refuse
    update: Any = _refuse


class _Decoder(dict[bytes, Any]):
    """The values of jsonb. Texts in languages, which a shop reads again and again, are decoded once."""

    def __missing__(self, value: bytes) -> Any:
        found = orjson.loads(value[1:])
        if len(value) > _LONGEST_TEXT or not _is_text(found):
            return found
        if len(self) >= _TEXTS_KEPT:
            self.clear()
        self[value] = found = Texts(found)
        return found


def _is_text(found: Any) -> bool:
    if type(found) is not dict:
        return False
    return all(len(key) == _LANGUAGE and type(text) is str for key, text in found.items())  # pyright: ignore[reportUnknownVariableType]


_LANGUAGE: Final = 2
_LONGEST_TEXT: Final = 256
_TEXTS_KEPT: Final = 20_000
_decode: Final = _Decoder().__getitem__


async def set_json_codec(connection: Any) -> None:
    """Values in place of texts, from now on, on one connection."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: b"\x01" + orjson.dumps(value),
        decoder=_decode,
    )
