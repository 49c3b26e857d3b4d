"""Who sends the same at the same time knows of the other."""

from app.kit import twins
from app.kit.db import Database
from app.kit.twins import on_its_way


def test_only_those_that_were_on_their_way_together(db: Database) -> None:
    with on_its_way(db, "a") as first:
        with on_its_way(db, "b") as other:
            assert (first.has_twin, other.has_twin) == (False, False)
        with on_its_way(db, "a") as second:
            assert (first.has_twin, second.has_twin) == (True, True)
        # It is not forgotten when the other one has ended.
        assert first.has_twin
    with on_its_way(db, "a") as third:
        assert not third.has_twin
    assert twins._SENT[db].requests == {}
