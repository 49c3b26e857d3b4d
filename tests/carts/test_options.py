"""Ways to hand goods over: nearest first, partly covering places included."""

from app.carts.model import AskedLine, OptionInputs, ShippingRate, pickup_options
from app.locations.model import Point
from app.sourcing.model import DeliveryMode, Goods
from tests.sourcing.builders import place

HOME, STORE = DeliveryMode.HOME_DELIVERY, DeliveryMode.STORE_PICKUP
KONBINI, LOCKER = DeliveryMode.CONVENIENCE_STORE_PICKUP, DeliveryMode.LOCKER_PICKUP
PLACES = {
    1: place(1, "EC_WAREHOUSE", near=(34.70, 135.49)),
    2: place(2, near=(35.44, 139.64)),
    3: place(3, near=(35.66, 139.70)),
    4: place(4, "CONVENIENCE_STORE", near=(35.68, 139.76)),
    5: place(5, "CONVENIENCE_STORE"),
}
SHIBUYA = Point(35.66, 139.70)
TEA = AskedLine(7, "TEA", 2, 600, Goods(200, 30))
SOFA = AskedLine(8, "SOFA", 1, 80_000, Goods(40_000, 400))


def inputs(available: dict[tuple[int, int], int], origin: Point | None = SHIBUYA) -> OptionInputs:
    return OptionInputs(PLACES, available, ShippingRate(550, 5000), "JPY", origin)


def test_home_comes_first_and_places_by_distance() -> None:
    options = pickup_options([TEA], inputs({(7, 3): 2}), None, 20)
    assert [(option.mode, option.location_id) for option in options] == [
        (HOME, None),
        (STORE, 3),
        (KONBINI, 4),
        (STORE, 2),
        (KONBINI, 5),
    ]
    assert [None if option.distance_km is None else round(option.distance_km, 1) for option in options] == [
        None,
        0.0,
        5.9,
        25.1,
        None,
    ]
    assert [option.coverage.value for option in options] == [
        "SHIPPED_TO_POINT",
        "FULL_NOW",
        "SHIPPED_TO_POINT",
        "AFTER_TRANSFER",
        "SHIPPED_TO_POINT",
    ]
    assert [option.fee_minor for option in options] == [550, 0, 0, 0, 0]


def test_first_counts_places_and_modes_choose_among_them() -> None:
    assert [option.location_id for option in pickup_options([TEA], inputs({}), None, 1)] == [None, 3]
    assert [option.location_id for option in pickup_options([TEA], inputs({}), [KONBINI], 20)] == [4, 5]
    assert pickup_options([TEA], inputs({}), [], 20) == []


def test_a_mode_without_any_place_is_told_when_it_was_asked_for() -> None:
    (option,) = pickup_options([TEA], inputs({(7, 1): 9}), [LOCKER, LOCKER], 20)
    assert (option.mode, option.location_id, option.eligible) == (LOCKER, None, False)
    assert [reason.code.value for reason in option.reasons] == ["NO_SUCH_POINT"]


def test_partly_covering_places_tell_what_they_have() -> None:
    options = pickup_options([TEA, SOFA], inputs({(7, 3): 1, (8, 1): 1}), None, 2)
    home, store, konbini = options
    assert [(line.requested, line.available, line.available_here, line.coverage.value) for line in store.lines] == [
        (2, 1, 1, "SHORT"),
        (1, 1, 0, "AFTER_TRANSFER"),
    ]
    assert [(option.coverage.value, option.covered_lines, option.eligible) for option in options] == [
        ("SHORT", 1, True),
        ("SHORT", 1, True),
        ("SHORT", 0, False),
    ]
    assert [reason.code.value for reason in konbini.reasons] == ["GIRTH_OVER_LIMIT", "WEIGHT_OVER_LIMIT"]
    assert [line.eligible for line in konbini.lines] == [True, False]
    assert home.fee_minor == 0


def test_without_an_origin_places_come_in_order_of_their_ids() -> None:
    options = pickup_options([TEA], inputs({}, None), [STORE, KONBINI], 20)
    assert [(option.location_id, option.distance_km) for option in options] == [
        (2, None),
        (3, None),
        (4, None),
        (5, None),
    ]
