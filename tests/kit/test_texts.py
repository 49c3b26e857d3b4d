"""jsonb that comes from the database: what is kept of it is never shared with who changes it."""

import pytest

from app.kit.db import Database
from app.kit.statement import Statement

READ = Statement("SELECT CAST(:text AS jsonb) AS value")


async def test_a_text_that_was_changed_is_read_as_it_is_stored(db: Database) -> None:
    async with db.read() as tx:
        for _ in range(3):
            value = await tx.fetchval(READ, text={"ja": "茶", "en": "tea"})
            assert value == {"ja": "茶", "en": "tea"}
            with pytest.raises(TypeError):
                value["ja"] = "changed"
            with pytest.raises(TypeError):
                value |= {"ja": "changed"}
            for change in (value.clear, value.popitem, value.setdefault, value.update, value.pop):
                with pytest.raises(TypeError):
                    change()
            assert dict(value) | {"ja": "changed"} == {"ja": "changed", "en": "tea"}
        for other in ({"ja": ["茶"]}, {"ja": 1}, {}, [], None, {"long": "x"}, {"ja": "x" * 1000}):
            assert await tx.fetchval(READ, text=other) == other
