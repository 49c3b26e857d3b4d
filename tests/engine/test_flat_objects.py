"""Objects inside of objects: called for at first, written out in the generated functions later, the same answer."""

import strawberry

from app.engine.documents import DocumentStore
from app.engine.engine import Engine
from app.engine.request import Request


@strawberry.type
class _Inner:
    a: int
    b: str | None


@strawberry.type
class _Row:
    """Eleven fields and more, and objects inside of objects."""

    n: int
    inner: _Inner
    perhaps: _Inner | None
    several: list[_Inner]
    deep: list["_Row"]


class _OtherInner(_Inner):
    """Of another class than the usual one, and of the same type."""


def _rows(count: int) -> list[_Row]:
    return [
        _Row(
            n=number,
            inner=(_OtherInner if number % 5 == 4 else _Inner)(a=number, b=None),
            perhaps=None if number % 2 else _Inner(a=-number, b="b"),
            several=[_Inner(a=1, b="x"), _OtherInner(a=2, b=None)] * (number % 3),
            deep=_rows(count - 1) if number == 1 else [],
        )
        for number in range(count)
    ]


@strawberry.type
class _RowQuery:
    @strawberry.field
    def rows(self, count: int) -> list[_Row]:
        return _rows(count)


async def test_objects_inside_of_objects_are_written_out_once_their_class_is_known() -> None:
    schema = strawberry.Schema(_RowQuery)
    engine = Engine(schema, store=DocumentStore(schema._schema), publish=lambda error, _: error)
    inner = "{ a b c: a d: b e: a f: a g: a h: a i: a j: a k: a l: b }"
    level = f"n inner {inner} perhaps {inner} several {inner}"
    document = f"query ($count: Int!) {{ rows(count: $count) {{ {level} deep {{ {level} deep {{ n }} }} }} }}"
    written: set[str] = set()
    for count in (1, 2, 6, 6, 6):
        prepared = engine.prepare(Request(document, {"count": count}))
        ours = (await engine.execute(prepared, None)).encode()
        assert ours == (await engine.reference(prepared, None)).encode()
        assert prepared.plan is not None
        written |= {build.text for build in prepared.plan.root.fields[0].child.functions.values()}
    assert engine.counts["replayed"] == 0
    assert engine.counts["compiled"] == 5
    # At first all are called, then more and more is written out.
    assert sorted({text.count("for ") for text in written}) == [1, 3, 5]
