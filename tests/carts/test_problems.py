"""Problems are data, told by the same rules that the checkout uses."""

from uuid import UUID

from app.carts.model import (
    CartDelivery,
    CartLine,
    DeliveryMissingProblem,
    DeliveryModeNotEligibleProblem,
    InsufficientStockProblem,
    NotSoldProblem,
    Offer,
    PriceChangedProblem,
    cart_problems,
)
from app.kit.ids import new_id
from app.kit.temperature import Temperature
from app.sourcing.model import DeliveryMode, Goods
from tests.sourcing.builders import place

HOME = CartDelivery(new_id(), DeliveryMode.HOME_DELIVERY, None)
PICKUP = CartDelivery(new_id(), DeliveryMode.STORE_PICKUP, 2)
LOCKER = CartDelivery(new_id(), DeliveryMode.LOCKER_PICKUP, 4)
PLACES = {
    1: place(1, "EC_WAREHOUSE"),
    2: place(2),
    3: place(3, ships_orders=False),
    4: place(4, "LOCKER_STATION"),
}
OFFER = Offer(Goods(500, 60), 100)


def line(delivery: CartDelivery | None, *, quantity: int = 1, price: int = 100, variant_id: int = 7) -> CartLine:
    return CartLine(new_id(), variant_id, quantity, price, None if delivery is None else delivery.id)


def problems_of(
    one: CartLine, offer: Offer | None = OFFER, available: dict[tuple[int, int], int] | None = None
) -> list[object]:
    offers = {} if offer is None else {one.variant_id: offer}
    stock = {(7, 1): 5} if available is None else available
    return list(cart_problems([one], [HOME, PICKUP, LOCKER], offers, PLACES, stock))


def test_a_good_line_has_no_problem() -> None:
    assert [problems_of(line(delivery)) for delivery in (HOME, PICKUP, LOCKER)] == [[], [], []]


def test_goods_that_left_the_assortment_have_one_problem_only() -> None:
    one = line(None, quantity=99, price=1)
    for offer in (None, Offer(Goods(is_sold=False), 100), Offer(Goods(), None)):
        assert problems_of(one, offer) == [NotSoldProblem(one.id)]


def test_a_new_price_is_shown_beside_the_old_one() -> None:
    one = line(HOME, price=90)
    assert problems_of(one) == [PriceChangedProblem(one.id, 90, 100)]


def test_a_line_without_delivery_is_told_so_and_counts_all_stock() -> None:
    one = line(None, quantity=5)
    stock = {(7, 1): 2, (7, 3): 3}
    assert problems_of(one, available=stock) == [DeliveryMissingProblem(one.id)]
    more = line(None, quantity=6)
    assert problems_of(more, available=stock) == [
        DeliveryMissingProblem(more.id),
        InsufficientStockProblem(more.id, 6, 5),
    ]


def test_stock_counts_only_where_the_mode_can_use_it() -> None:
    back_room_only = {(7, 3): 3}
    sent, collected = line(HOME, quantity=2), line(PICKUP, quantity=2)
    assert problems_of(sent, available=back_room_only) == [InsufficientStockProblem(sent.id, 2, 0)]
    assert problems_of(collected, available=back_room_only) == []
    assert InsufficientStockProblem(sent.id, 2, 0).message == "0 of 2 units are available."


def test_a_mode_that_cannot_take_the_goods_tells_why() -> None:
    one = line(LOCKER, quantity=3)
    (problem,) = problems_of(one, Offer(Goods(4_000, 120, temperature=Temperature.CHILLED), 100))
    assert isinstance(problem, DeliveryModeNotEligibleProblem)
    assert (problem.mode, [reason.code.value for reason in problem.reasons]) == (
        DeliveryMode.LOCKER_PICKUP,
        ["GIRTH_OVER_LIMIT", "WEIGHT_OVER_LIMIT", "CHILLED"],
    )
    assert problem.message == " ".join(reason.message for reason in problem.reasons)


def test_a_point_that_has_closed_since_is_a_problem() -> None:
    one = line(PICKUP)
    closed = {number: known for number, known in PLACES.items() if number != 2}
    (problem,) = cart_problems([one], [PICKUP], {7: OFFER}, closed, {(7, 1): 5})
    assert isinstance(problem, DeliveryModeNotEligibleProblem)
    assert [reason.code.value for reason in problem.reasons] == ["NO_SUCH_POINT"]


def test_a_channel_that_cannot_send_says_so() -> None:
    one = line(HOME)
    problems = cart_problems([one], [HOME], {7: OFFER}, {3: PLACES[3]}, {(7, 3): 5})
    assert [type(problem) for problem in problems] == [DeliveryModeNotEligibleProblem, InsufficientStockProblem]


def test_problems_come_in_the_order_of_the_lines() -> None:
    lines = [line(None, variant_id=number) for number in (9, 8, 7)]
    ids: list[UUID] = [problem.line_id for problem in cart_problems(lines, [], {7: OFFER}, PLACES, {(7, 1): 1})]
    assert ids == [one.id for one in lines]
