"""Rules of fulfillment: states, shares, codes."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fulfillment.model import ClaimedUnits, FulfillmentKind, may_touch, shares_of
from app.fulfillment.model.codes import MAX_CODE_ATTEMPTS, attempt, is_pickup_code, is_verified, pickup_code
from app.fulfillment.model.pickups import (
    POINT_PICKUP,
    STORE_PICKUP,
    HoldPolicy,
    PickupExpiryReason,
    PickupStatus,
    PickupStep,
    is_over,
    may_expire,
)
from app.kit.errors import InvalidTransition
from app.kit.machine import Machine
from app.kit.permissions import SYSTEM, Actor, ActorKind

KEYS = st.binary(min_size=1, max_size=64)
VERSIONS = st.integers(min_value=1, max_value=2**31 - 1)
HOME, STORE, POINT = UUID(int=1), UUID(int=2), UUID(int=3)


@given(KEYS, st.uuids(), VERSIONS)
def test_a_code_has_six_digits_is_stable_and_is_accepted(key: bytes, pickup_id: UUID, version: int) -> None:
    code = pickup_code(key, pickup_id, version)
    assert len(code) == 6
    assert code.isascii()
    assert code.isdigit()
    assert code == pickup_code(key, pickup_id, version)
    assert is_pickup_code(code, key, pickup_id, version)


@given(KEYS, st.uuids(), VERSIONS, st.text(max_size=20))
def test_any_other_text_is_refused(key: bytes, pickup_id: UUID, version: int, text: str) -> None:
    code = pickup_code(key, pickup_id, version)
    if text != code and not any(character.isdigit() for character in text):
        assert not is_pickup_code(text, key, pickup_id, version)
    assert not is_pickup_code(code + "0", key, pickup_id, version)
    assert not is_pickup_code(code[:5], key, pickup_id, version)
    assert not is_pickup_code(f"{(int(code) + 1) % 1_000_000:06d}", key, pickup_id, version)


@pytest.mark.parametrize("reason", PickupExpiryReason)
@given(st.timedeltas(timedelta(days=-30), timedelta(days=30)))
def test_only_the_end_of_its_time_has_to_wait_for_it(reason: PickupExpiryReason, after: timedelta) -> None:
    until = datetime(2026, 11, 22, tzinfo=UTC)
    may = may_expire(reason, until, until + after)
    assert may is (reason is not PickupExpiryReason.HOLD_ENDED or after >= timedelta(0))


@given(st.timedeltas(timedelta(0), timedelta(hours=2)))
def test_a_verification_lasts_a_quarter_of_an_hour(after: timedelta) -> None:
    said = datetime(2026, 11, 22, tzinfo=UTC)
    assert is_verified(said, said + after) is (after < timedelta(minutes=15))
    assert not is_verified(None, said + after)


def test_codes_differ_by_key_pickup_and_version_and_use_all_digits() -> None:
    codes = {pickup_code(b"key", UUID(int=number), 1) for number in range(3000)}
    # Of 3,000 draws from a million about 4.5 pairs are expected to be equal.
    assert len(codes) > 2980
    assert {code[0] for code in codes} == set("0123456789")
    assert pickup_code(b"key", HOME, 1) != pickup_code(b"key", HOME, 2)
    assert pickup_code(b"key", HOME, 1) != pickup_code(b"other", HOME, 1)


@pytest.mark.parametrize("written", ["{}", " {} ", "{}\n", "\u3000{}"])
def test_a_code_may_be_typed_with_spaces_and_full_width_digits(written: str) -> None:
    code = pickup_code(b"key", HOME, 1)
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert is_pickup_code(written.format(code), b"key", HOME, 1)
    assert is_pickup_code(written.format(wide), b"key", HOME, 1)
    assert is_pickup_code(f"{code[:3]} {code[3:]}", b"key", HOME, 1)


def test_an_unpaired_surrogate_is_only_a_wrong_code() -> None:
    assert not is_pickup_code("\ud800", b"key", HOME, 1)


_OVER = {PickupStatus.COLLECTED, PickupStatus.CANCELED}


@pytest.mark.parametrize(
    ("machine", "last"),
    [(STORE_PICKUP, {*_OVER, PickupStatus.EXPIRED}), (POINT_PICKUP, {*_OVER, PickupStatus.RETURNED})],
)
def test_no_step_leaves_a_final_status_and_each_other_one_is_left_and_reached(
    machine: Machine[PickupStatus, PickupStep], last: set[PickupStatus]
) -> None:
    steps = [(state, after) for moves in machine.steps.values() for state, ends in moves.items() for after in ends]
    reached = set(machine.begins)
    while more := {after for state, after in steps if state in reached} - reached:
        reached |= more
    assert reached == {state for pair in steps for state in pair}
    assert {after for state, after in steps if after not in {before for before, _ in steps}} == last


def test_every_status_is_one_of_a_store_or_of_a_point() -> None:
    known = {state for machine in (STORE_PICKUP, POINT_PICKUP) for moves in machine.steps.values() for state in moves}
    assert known | {PickupStatus.COLLECTED, PickupStatus.RETURNED, PickupStatus.CANCELED} == set(PickupStatus)
    assert {status for status in PickupStatus if is_over(status)} == {*_OVER, PickupStatus.RETURNED}


@pytest.mark.parametrize("machine", [STORE_PICKUP, POINT_PICKUP], ids=["store", "point"])
@pytest.mark.parametrize("step", PickupStep)
@pytest.mark.parametrize("current", PickupStatus)
def test_only_listed_steps_are_taken(
    machine: Machine[PickupStatus, PickupStep], step: PickupStep, current: PickupStatus
) -> None:
    moves = machine.steps.get(step, {})
    if current in moves:
        assert machine.take(step, current) is moves[current][0]
    elif step in machine.steps:
        with pytest.raises(InvalidTransition) as refusal:
            machine.take(step, current)
        assert refusal.value.facts == {"current_status": current}
    else:
        assert (machine.noun, step) in {
            *(("pickup", step) for step in ("SEND", "ARRIVE", "BLOCK", "TELL_CODE", "SEND_BACK", "TAKE_BACK"))
        }


def test_goods_on_their_way_to_a_point_are_not_called_back() -> None:
    assert PickupStatus.IN_TRANSIT_TO_POINT not in POINT_PICKUP.steps[PickupStep.CANCEL]


@pytest.mark.parametrize(
    ("policy", "until"),
    [
        (HoldPolicy(4), datetime(2026, 11, 26, 3, 0, tzinfo=UTC)),
        # The day of arrival is the first one: the fourth ends at midnight in Tokyo.
        (HoldPolicy(4, has_network=True), datetime(2026, 11, 25, 15, 0, tzinfo=UTC)),
        (HoldPolicy(3, has_network=True, counts_from_next_day=True), datetime(2026, 11, 25, 15, 0, tzinfo=UTC)),
        (HoldPolicy(1, "Europe/Paris", has_network=True), datetime(2026, 11, 22, 23, 0, tzinfo=UTC)),
    ],
)
def test_days_are_counted_as_the_network_does(policy: HoldPolicy, until: datetime) -> None:
    assert policy.hold_until(datetime(2026, 11, 22, 3, 0, tzinfo=UTC)) == until


OFFICE: Final = {
    **{day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "sat": [["09:00", "12:00"]],
}


@pytest.mark.parametrize(
    ("policy", "arrived", "until"),
    [
        # A second before and after midnight in Tokyo are two days; whole days are kept, whatever the hour.
        (HoldPolicy(1, has_network=True), "2026-11-22T14:59:59", "2026-11-22T15:00:00"),
        (HoldPolicy(1, has_network=True), "2026-11-22T15:00:00", "2026-11-23T15:00:00"),
        (HoldPolicy(3, has_network=True), "2026-11-22T14:59:59", "2026-11-24T15:00:00"),
        (HoldPolicy(3, has_network=True), "2026-11-22T15:00:00", "2026-11-25T15:00:00"),
        (HoldPolicy(3, has_network=True, counts_from_next_day=True), "2026-11-22T14:59:59", "2026-11-25T15:00:00"),
        (HoldPolicy(3, has_network=True, counts_from_next_day=True), "2026-11-22T15:00:00", "2026-11-26T15:00:00"),
        (HoldPolicy(1, has_network=True, counts_from_next_day=True), "2026-12-31T14:59:59", "2027-01-01T15:00:00"),
        (HoldPolicy(10, has_network=True, counts_from_next_day=True), "2026-02-19T00:00:00", "2026-03-01T15:00:00"),
        # At closing time: Wednesday the 25th at 18:00, Saturday the 28th at noon, and on Sunday it is closed.
        (HoldPolicy(3, has_network=True, hours=OFFICE), "2026-11-23T01:00:00", "2026-11-25T09:00:00"),
        (HoldPolicy(3, has_network=True, hours=OFFICE), "2026-11-26T01:00:00", "2026-11-28T03:00:00"),
        (HoldPolicy(3, has_network=True, hours=OFFICE), "2026-11-27T01:00:00", "2026-11-28T03:00:00"),
        # It comes after the last closing time: nobody loses the goods before there was a chance to collect them.
        (HoldPolicy(1, has_network=True, hours=OFFICE), "2026-11-28T04:00:00", "2026-11-28T15:00:00"),
        (HoldPolicy(1, has_network=True, hours={"mon": [["20:00", "26:00"]]}), "2026-11-23T01:00:00",
         "2026-11-23T17:00:00"),
    ],
)  # fmt: skip
def test_days_begin_at_midnight_and_end_as_the_network_says(policy: HoldPolicy, arrived: str, until: str) -> None:
    assert policy.hold_until(_utc(arrived)) == _utc(until)


@pytest.mark.parametrize(
    ("policy", "until", "extended"),
    [
        (HoldPolicy(7, extension_days=3), "2026-11-24T03:00:00", "2026-11-27T03:00:00"),
        (HoldPolicy(7, has_network=True, extension_days=3), "2026-11-24T15:00:00", "2026-11-27T15:00:00"),
        (HoldPolicy(7, has_network=True, hours=OFFICE, extension_days=3), "2026-11-24T09:00:00", "2026-11-27T09:00:00"),
        (HoldPolicy(7, has_network=True, hours=OFFICE, extension_days=4), "2026-11-24T09:00:00", "2026-11-28T03:00:00"),
    ],
)
def test_more_days_end_like_the_others(policy: HoldPolicy, until: str, extended: str) -> None:
    assert policy.extended(_utc(until)) == _utc(extended)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@given(st.lists(st.booleans(), max_size=40))
def test_five_wrong_codes_in_a_row_lock_and_a_right_one_resets(answers: list[bool]) -> None:
    failed, is_locked, in_a_row = 0, False, 0
    for is_right in answers:
        if is_locked:
            break
        failed, is_locked = attempt(failed, is_right=is_right)
        in_a_row = 0 if is_right else in_a_row + 1
        assert failed == in_a_row
        assert is_locked == (in_a_row == MAX_CODE_ATTEMPTS)


def _units(mode: str, line_no: int, location_id: int, quantity: int) -> ClaimedUnits:
    delivery = {"HOME_DELIVERY": HOME, "STORE_PICKUP": STORE, "LOCKER_PICKUP": POINT}[mode]
    destination = {"HOME_DELIVERY": None, "STORE_PICKUP": 50, "LOCKER_PICKUP": 60}[mode]
    return ClaimedUnits(delivery, mode, destination, line_no, line_no + 100, location_id, quantity)


def test_parcels_leave_from_each_source_and_a_store_hands_over_what_comes_from_anywhere() -> None:
    shares = shares_of(
        [
            _units("HOME_DELIVERY", 1, 10, 2),
            _units("HOME_DELIVERY", 1, 20, 3),
            _units("STORE_PICKUP", 2, 10, 1),
            _units("STORE_PICKUP", 2, 50, 4),
            _units("LOCKER_PICKUP", 3, 10, 5),
        ]
    )
    assert [(share.delivery_id, share.kind, share.location_id, dict(share.quantities)) for share in shares] == [
        (HOME, FulfillmentKind.SHIP, 10, {(1, 101): 2}),
        (HOME, FulfillmentKind.SHIP, 20, {(1, 101): 3}),
        (STORE, FulfillmentKind.PICKUP, 50, {(2, 102): 5}),
        (POINT, FulfillmentKind.SHIP, 10, {(3, 103): 5}),
    ]


@given(
    st.lists(
        st.builds(
            _units,
            st.sampled_from(["HOME_DELIVERY", "STORE_PICKUP", "LOCKER_PICKUP"]),
            st.integers(1, 5),
            st.integers(1, 4),
            st.integers(1, 99),
        )
    )
)
def test_shares_lose_nothing_and_add_nothing(claimed: list[ClaimedUnits]) -> None:
    shares = shares_of(claimed)
    keys = [(share.delivery_id, share.location_id) for share in shares]
    assert len(keys) == len(set(keys))
    assert sum(sum(share.quantities.values()) for share in shares) == sum(units.quantity for units in claimed)
    for delivery_id in {units.delivery_id for units in claimed}:
        assert sum(sum(share.quantities.values()) for share in shares if share.delivery_id == delivery_id) == sum(
            units.quantity for units in claimed if units.delivery_id == delivery_id
        )


def test_partners_touch_their_own_points_and_staff_its_locations() -> None:
    own, other = UUID(int=8), UUID(int=9)
    partner = Actor(kind=ActorKind.PARTNER, partner_id=own)
    assert may_touch(partner, partner_id=own, location_id=1)
    assert not may_touch(partner, partner_id=other, location_id=1)
    assert not may_touch(partner, partner_id=None, location_id=1)
    assert not may_touch(Actor(kind=ActorKind.PARTNER), partner_id=None, location_id=1)
    limited = Actor(kind=ActorKind.STAFF, location_ids=frozenset({1}))
    assert may_touch(limited, partner_id=None, location_id=1)
    assert not may_touch(limited, partner_id=own, location_id=2)
    assert may_touch(SYSTEM, partner_id=own, location_id=2)
