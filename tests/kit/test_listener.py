"""Who hears the feed without reading it: called back, with all that was read together."""

from app.kit.db import Database
from app.kit.listener import Fact
from app.kit.outbox import LAST_ID, Position
from tests.kit.feed_tools import Happened, running_feed, say, take


async def test_a_listener_is_called_once_with_all_that_was_read_together(db: Database) -> None:
    heard: list[list[tuple[str, int]]] = []
    reached: list[Position] = []
    ends: list[str] = []

    def hear(facts: list[Fact], through: Position) -> None:
        heard.append([(fact.key, fact.payload["number"]) for fact in facts])
        reached.append(through)
        assert facts[-1].position <= through

    async with running_feed(db) as feed:
        feed.listen("happened", ["broken"], _fail)
        listener = feed.listen("happened", ["a", "b:", "b:1"], hear, lambda: ends.append("ended"))
        end = feed.subscribe("happened", ["end"])
        await say(
            db,
            Happened("a", 1),
            Happened("broken", 2),
            Happened("b:1", 3),
            Happened("c", 4),
            Happened("a", 5),
            Happened("end"),
        )
        await take(end, 1)
        assert heard == [[("a", 1), ("b:1", 3), ("a", 5)]]
        assert reached[0].id == LAST_ID
        listener.close()
        listener.close()
        await say(db, Happened("a", 6), Happened("end"))
        await take(end, 1)
        listener = feed.listen("happened", None, hear, lambda: ends.append("ended"))
    assert len(heard) == 1
    assert ends == ["ended"]


def _fail(_facts: list[Fact], _through: Position) -> None:
    message = "a listener that breaks"
    raise ValueError(message)
