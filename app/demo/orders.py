"""The demo shop's members, carts and orders, in every state that an order can be in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from app.carts.actions.create_carts import create_carts
from app.carts.model import AddressDraft, CartDraft, Destination, WantedLine
from app.checkout.actions.complete_payment import complete_payment
from app.checkout.actions.place_orders import place_orders
from app.checkout.model import Checkout, CheckoutRequest
from app.demo.assortment import SEED
from app.demo.places import Town, towns
from app.demo.steps import ACTOR, take_steps
from app.fulfillment.actions.redate_promises import redate_promises
from app.kit import idempotency
from app.kit.db import Database, WriteTx
from app.kit.errors import answer_of
from app.kit.statement import Statement
from app.members.actions.save_members import save_members
from app.members.model import MemberDraft
from app.payments.model import PaymentMethod
from app.sourcing.model import DeliveryMode

CHANNEL: Final = "web"
_FAMILY_NAMES: Final = (
    "佐藤 サトウ,鈴木 スズキ,高橋 タカハシ,田中 タナカ,伊藤 イトウ,渡辺 ワタナベ,山本 ヤマモト,中村 ナカムラ"
)
_GIVEN_NAMES: Final = "花子 ハナコ,太郎 タロウ,陽菜 ヒナ,蓮 レン,結衣 ユイ,湊 ミナト"

# A variant with plenty at both warehouses that the given store has, or has not.
_IN_STORE: Final = Statement("""
    SELECT v.sku FROM stock s JOIN variants v ON v.id = s.variant_id
     WHERE s.location_id = :store AND s.on_hand - s.reserved - s.allocated >= 4 AND NOT v.is_chilled
       AND v.girth_cm <= 100 AND v.weight_g <= 10000
     ORDER BY v.id OFFSET :skip LIMIT 1
""")
_NOT_IN_STORE: Final = Statement("""
    SELECT v.sku FROM stock s JOIN variants v ON v.id = s.variant_id
     WHERE s.location_id = :warehouse AND s.on_hand - s.reserved - s.allocated >= 20 AND NOT v.is_chilled
       AND v.girth_cm <= 100 AND v.weight_g <= 10000
       AND NOT EXISTS (SELECT FROM stock o WHERE o.variant_id = s.variant_id AND o.location_id = :store)
     ORDER BY v.id OFFSET :skip LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one kind of demo order comes about.

    mode: of its delivery. elsewhere: its goods are not at the store. token: of the card; None pays at the pickup.
    steps: what happens after it was placed.
    """

    mode: DeliveryMode
    steps: str = ""
    elsewhere: bool = True
    token: str | None = "tok_ok"  # noqa: S105  # the test card company's own word


HOME, STORE = DeliveryMode.HOME_DELIVERY, DeliveryMode.STORE_PICKUP
KONBINI, LOCKER = DeliveryMode.CONVENIENCE_STORE_PICKUP, DeliveryMode.LOCKER_PICKUP
RECIPES: Final = (
    Recipe(HOME, token="tok_unreachable"),  # noqa: S106  # the test card company's own words
    Recipe(HOME, token="tok_declined"),  # noqa: S106
    Recipe(HOME),
    Recipe(HOME, "plan"),
    Recipe(HOME, "plan pick"),
    Recipe(HOME, "plan pick ship"),
    Recipe(HOME, "plan cancel"),
    Recipe(STORE, "plan", elsewhere=False, token=None),
    Recipe(STORE, "plan ready", elsewhere=False, token=None),
    Recipe(STORE, "plan ready collect", elsewhere=False, token=None),
    Recipe(STORE, "plan ready expire", elsewhere=False, token=None),
    Recipe(STORE, "plan"),
    Recipe(STORE, "plan send"),
    Recipe(STORE, "plan send receive"),
    Recipe(STORE, "plan send receive ready"),
    Recipe(KONBINI, "plan pick ship"),
    Recipe(KONBINI, "plan pick ship arrive"),
    Recipe(KONBINI, "plan pick ship arrive collect"),
    Recipe(KONBINI, "plan pick ship arrive expire"),
    Recipe(LOCKER, "plan pick"),
    Recipe(LOCKER, "plan pick ship arrive"),
    Recipe(LOCKER, "plan pick ship arrive collect"),
)
ROUNDS: Final = 3
OPEN_CARTS: Final = 6


async def load_orders(db: Database, locations: Mapping[str, int], *, now: datetime) -> None:
    """Members, open carts and orders; those of an interrupted earlier run are left alone."""
    members = await db.in_write(lambda tx: save_members(tx, _members(), now=now))
    people = [(number, UUID(str(member_id))) for number, member_id in sorted(members.items())]
    places = towns()
    for number in range(ROUNDS * len(RECIPES)):
        recipe, town = RECIPES[number % len(RECIPES)], places[number * 7 % len(places)]
        at = now - timedelta(hours=2 * (ROUNDS * len(RECIPES) - number))
        buyer = people[number % len(people)][1]
        await _place(db, number, recipe, town, locations, buyer=buyer, at=at if recipe.steps else now)
    for number in range(OPEN_CARTS):
        town = places[number]
        await db.in_write(lambda tx, number=number, town=town: _open_cart(tx, number, town, locations, now))
    # What has not come in all these days is late when the shop opens, not some time after.
    await db.in_write(lambda tx: redate_promises(tx, now=now, limit=len(RECIPES) * ROUNDS))
    await db.in_write(_finish)


async def _place(
    db: Database,
    number: int,
    recipe: Recipe,
    town: Town,
    locations: Mapping[str, int],
    *,
    buyer: UUID,
    at: datetime,
) -> None:
    async def order(tx: WriteTx) -> UUID | None:
        if await _is_done(tx, f"order-{number}"):
            return None
        cart_id = await _fill_cart(tx, number, recipe, town, locations, buyer=buyer, at=at)
        method = PaymentMethod.CARD if recipe.token else PaymentMethod.PAY_AT_PICKUP
        request = CheckoutRequest(method=method, email=f"buyer{number}@example.jp", token=recipe.token)
        [placed] = await place_orders(tx, [Checkout(cart_id, request, at)], actor=ACTOR, now=at)
        return answer_of(placed).order_id

    order_id = await db.in_write(order)
    if order_id is None:
        return
    if recipe.token:
        await complete_payment(db, order_id, actor=ACTOR, now=at)
    await db.in_write(lambda tx: take_steps(tx, order_id, recipe.steps, now=at))


async def _fill_cart(
    tx: WriteTx,
    number: int,
    recipe: Recipe,
    town: Town,
    locations: Mapping[str, int],
    *,
    buyer: UUID,
    at: datetime,
) -> UUID:
    store = locations[f"STORE-{town.code}"]
    skip = number * 5
    if recipe.elsewhere:
        sku = await tx.fetchval(_NOT_IN_STORE, warehouse=locations["EAST-DC"], store=store, skip=skip)
    else:
        sku = await tx.fetchval(_IN_STORE, store=store, skip=skip)
    wanted = [WantedLine(quantity=1 + number % 3, sku=sku)]
    point = {
        STORE: f"STORE-{town.code}",
        KONBINI: f"HOSHI-{town.code}-1",
        LOCKER: f"EKIBAKO-{town.code}-1",
    }.get(recipe.mode)
    to = Destination(recipe.mode, locations[point]) if point else Destination(HOME, address=_address(town, number))
    [answer] = await create_carts(tx, [CartDraft(CHANNEL, at, wanted, member_id=buyer, delivery=to)])
    return answer_of(answer)


async def _open_cart(tx: WriteTx, number: int, town: Town, locations: Mapping[str, int], now: datetime) -> None:
    if await _is_done(tx, f"cart-{number}"):
        return
    sku = await tx.fetchval(_IN_STORE, store=locations[f"STORE-{town.code}"], skip=number)
    [answer] = await create_carts(tx, [CartDraft(CHANNEL, now, [WantedLine(quantity=1 + number, sku=sku)])])
    answer_of(answer)


async def _is_done(tx: WriteTx, key: str) -> bool:
    """Whether an earlier run has done this; from now on it counts as done."""
    done = await idempotency.claim(tx, caller="demo", key=key, operation="loadDemo", body=b"") is not None
    if not done:
        await idempotency.answer(tx, caller="demo", key=key, value={"done": True})
    return done


async def _finish(tx: WriteTx) -> None:
    await _is_done(tx, "orders")


def _address(town: Town, number: int) -> AddressDraft:
    return AddressDraft(
        name=_person(number)[0],
        phone=f"090{number % 10_000:04d}0000",
        postal_code=town.postal_code,
        prefecture=town.prefecture,
        city=f"{town.ja}市",
        line1=f"本町{1 + number % 9}-{1 + number % 17}-{1 + number % 5}",
    )


def _person(number: int) -> tuple[str, str]:
    random = Random(SEED + number)
    family, given = random.choice(_FAMILY_NAMES.split(",")).split(), random.choice(_GIVEN_NAMES.split(",")).split()
    return f"{family[0]} {given[0]}", f"{family[1]} {given[1]}"


def _members() -> list[MemberDraft]:
    return [
        MemberDraft(
            name=_person(number)[0],
            name_kana=_person(number)[1],
            number=f"M-{number:06d}",
            email=f"member{number}@example.jp",
            postal_code=towns()[number].postal_code,
        )
        for number in range(1, 13)
    ]
