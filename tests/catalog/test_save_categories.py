"""The category tree is saved in any order and never bends into a circle."""

from typing import Any

import pytest

from app.catalog.actions.save_categories import save_categories
from app.catalog.errors import InvalidDraft, UnknownReference
from app.catalog.model import CategoryDraft
from app.kit.db import Database

CLOTHES = CategoryDraft("clothes", {"ja": "衣料", "en": "Clothes"})
SHIRTS = CategoryDraft("shirts", {"ja": "シャツ"}, parent_slug="clothes", position=2)
TEES = CategoryDraft("tees", {"ja": "Tシャツ"}, parent_slug="shirts")


async def tree(db: Database) -> list[tuple[Any, ...]]:
    async with db.read() as tx:
        return [
            tuple(row)
            for row in await tx.connection.fetch(
                """SELECT c.slug, c.names, above.slug, c.position
                     FROM categories AS c LEFT JOIN categories AS above ON above.id = c.parent_id
                    ORDER BY c.slug"""
            )
        ]


async def save(db: Database, *categories: CategoryDraft) -> dict[str, int]:
    async with db.write() as tx:
        return await save_categories(tx, categories)


async def test_children_may_come_before_their_parents(db: Database) -> None:
    ids = await save(db, TEES, SHIRTS, CLOTHES)
    assert set(ids) == {"clothes", "shirts", "tees"}
    assert await tree(db) == [
        ("clothes", {"ja": "衣料", "en": "Clothes"}, None, 0),
        ("shirts", {"ja": "シャツ"}, "clothes", 2),
        ("tees", {"ja": "Tシャツ"}, "shirts", 0),
    ]
    assert await save(db, TEES, SHIRTS, CLOTHES) == ids


async def test_a_category_is_renamed_and_moved_with_what_is_below_it(db: Database) -> None:
    ids = await save(db, CLOTHES, SHIRTS, TEES)
    assert await save(db, CategoryDraft("shirts", {"ja": "上着"})) == {"shirts": ids["shirts"]}
    assert await tree(db) == [
        ("clothes", {"ja": "衣料", "en": "Clothes"}, None, 0),
        ("shirts", {"ja": "上着"}, None, 0),
        ("tees", {"ja": "Tシャツ"}, "shirts", 0),
    ]


@pytest.mark.parametrize(
    "draft",
    [
        CategoryDraft("clothes", {"ja": "衣料"}, parent_slug="tees"),
        CategoryDraft("clothes", {"ja": "衣料"}, parent_slug="clothes"),
        CategoryDraft("shirts", {"ja": "シャツ"}, parent_slug="tees"),
        CategoryDraft("", {"ja": "無"}),
        CategoryDraft("empty", {"ja": ""}),
        CategoryDraft("nul", {"ja": "\x00"}),
    ],
)
async def test_a_category_that_cannot_be_changes_nothing(db: Database, draft: CategoryDraft) -> None:
    await save(db, CLOTHES, SHIRTS, TEES)
    before = await tree(db)
    with pytest.raises(InvalidDraft):
        await save(db, CategoryDraft("new", {"ja": "新"}), draft)
    assert await tree(db) == before


async def test_unknown_parents_and_repeated_slugs_change_nothing(db: Database) -> None:
    with pytest.raises(UnknownReference, match=r"There is no category nowhere\."):
        await save(db, CLOTHES, CategoryDraft("lost", {"ja": "迷"}, parent_slug="nowhere"))
    with pytest.raises(InvalidDraft, match=r"The slug clothes occurs twice\."):
        await save(db, CLOTHES, CLOTHES)
    assert await save(db) == {}
    assert await tree(db) == []
