"""Search over names, brands, options and codes, in Japanese and English."""

from typing import Any

import pytest

from app.kit.db import Database
from tests.catalog.builders import make_product, make_variant
from tests.catalog.shop import open_channel

SEARCH = """query ($search: String, $sort: ProductSort) {
  products(first: 100, filter: {search: $search}, sort: $sort) { totalCount nodes { slug } }
}"""
RED = [{"key": "color", "labels": {"ja": "色"}, "values": {"ja": "赤", "en": "Red"}}]


@pytest.fixture
async def search(db: Database, execute: Any) -> Any:
    """`await search(text)` gives the slugs that are found in a small shop."""
    channel_id = await open_channel(db)
    async with db.write() as tx:

        async def sell(sku: str, ja: str, en: str, **more: Any) -> None:
            product = {name: more.pop(name) for name in ("brand", "descriptions") if name in more}
            product_id = await make_product(tx, slug=sku.lower(), names={"ja": ja, "en": en}, **product)
            await make_variant(tx, sku, channel_id=channel_id, product_id=product_id, **more)

        await sell("TS-001", "綿のＴシャツ", "Cotton T-shirt", jan="4901234567894", options=RED)
        await sell("SH-001", "シャツ", "Shirt", brand="ヒナタ")
        await sell("SHOE-9", "革靴", "Leather shoes", descriptions={"ja": "シャツに合う、軽い靴。"})
        await sell("KUTSU_1", "くつした", "Socks 100% wool")
        await sell("COFFEE", "ｺｰﾋｰ豆", 'O\'Brien "dark" coffee beans')
        await make_variant(tx, "UNLISTED", slug="unlisted", names={"ja": "未発売"})

    async def found(text: str | None, **variables: Any) -> list[str]:
        data = await execute(SEARCH, {"search": text, **variables})
        slugs = [node["slug"] for node in data["products"]["nodes"]]
        assert data["products"]["totalCount"] == len(slugs)
        return slugs

    return found


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("靴", ["shoe-9"]),
        ("革靴", ["shoe-9"]),
        ("綿", ["ts-001"]),
        ("シャツ", ["sh-001", "ts-001", "shoe-9"]),
        ("しゃつ", ["sh-001", "ts-001", "shoe-9"]),
        ("ｼｬﾂ", ["sh-001", "ts-001", "shoe-9"]),
        ("ツ", ["kutsu_1", "sh-001", "ts-001", "shoe-9"]),
        ("ヤ", []),
        ("Tシャツ", ["ts-001"]),
        ("t シャツ", ["sh-001", "ts-001", "shoe-9"]),  # the others have a T in their English names
        ("コーヒー", ["coffee"]),
        ("豆 ｺｰﾋｰ", ["coffee"]),
        ("コーヒー 靴", []),
        ("SHIRT", ["sh-001", "ts-001"]),
        ("ｓｈｉｒｔ", ["sh-001", "ts-001"]),
        ("cotton shirt", ["ts-001"]),
        ("shirt cotton", ["ts-001"]),
        ("hirt", ["sh-001", "ts-001"]),
        ("o'brien", ["coffee"]),
        ('"DARK"', ["coffee"]),
        ("100%", ["kutsu_1"]),
        ("kutsu_1", ["kutsu_1"]),
        ("kutsu-1", ["kutsu_1"]),
        ("ts-001", ["ts-001"]),
        ("TS001", ["ts-001"]),
        ("001", ["ts-001", "sh-001"]),
        ("4901234567894", ["ts-001"]),
        ("456789", ["ts-001"]),
        ("ひなた", ["sh-001"]),
        ("赤", ["ts-001"]),
        ("red", ["ts-001"]),
        ("軽い", ["shoe-9"]),
        ("未発売", []),
        ("nothing", []),
    ],
)
async def test_what_is_found(search: Any, text: str, slugs: list[str]) -> None:
    assert sorted(await search(text)) == sorted(slugs)


async def test_all_is_found_without_a_search(search: Any) -> None:
    everything = ["ts-001", "sh-001", "shoe-9", "kutsu_1", "coffee"]
    for blank in (None, "", " ", "　\t\n"):
        assert await search(blank) == everything


@pytest.mark.parametrize("text", ["%", "_", "%%", "'", '"', "\\", "' OR 1=1 --", "・", "☕", "\x00", "!?"])
async def test_signs_find_nothing_and_break_nothing(search: Any, text: str) -> None:
    assert await search(text) == []


async def test_wildcards_are_no_wildcards(search: Any) -> None:
    assert await search("シ_ツ") == []
    # The percent sign separates words, as all punctuation does, and stands for nothing.
    assert await search("綿%靴") == []
    assert set(await search("%シャツ%")) == {"sh-001", "ts-001", "shoe-9"}


async def test_the_exact_code_comes_first_then_names_that_begin_with_the_words(db: Database, execute: Any) -> None:
    channel_id = await open_channel(db)
    async with db.write() as tx:
        for sku, name in [
            ("A-1", "白いシャツ"),
            ("A-2", "シャツ 長袖"),
            ("A-3", "麻のシャツ"),
            ("A-4", "シャツ"),
            ("シャツ", "品番の同じもの"),
        ]:
            product_id = await make_product(tx, slug=sku, names={"ja": name})
            await make_variant(tx, sku, channel_id=channel_id, product_id=product_id)
    document = """query ($after: String) {
      products(first: 2, after: $after, filter: {search: "しゃつ"}) {
        nodes { slug } pageInfo { endCursor hasNextPage }
      }
    }"""
    slugs: list[str] = []
    after = None
    for size in (2, 2, 1):
        page = (await execute(document, {"after": after}))["products"]
        slugs += [node["slug"] for node in page["nodes"]]
        assert len(page["nodes"]) == size
        assert page["pageInfo"]["hasNextPage"] is (size == 2)
        after = page["pageInfo"]["endCursor"]
    assert slugs == ["シャツ", "A-2", "A-4", "A-1", "A-3"]


async def test_the_longest_search_runs_and_a_longer_one_is_refused(search: Any, execute: Any) -> None:
    assert await search("靴" * 200) == []
    assert await search("a " * 100) == []
    for length in (201, 10_000):
        result = await execute.raw(SEARCH, {"search": "靴" * length})
        assert result.data is None
        assert [(error.message, error.extensions["code"]) for error in result.errors] == [
            ("A search has at most 200 characters.", "INVALID_INPUT")
        ]
