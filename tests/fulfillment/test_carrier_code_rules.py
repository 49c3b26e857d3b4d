"""What carriers give out to collect with: what numbers may look like, and when they count."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from app.fulfillment.errors import InvalidCarrierCode
from app.fulfillment.model.carrier_codes import CarrierCodes, plain_digits, seal_number, unseal_number
from app.fulfillment.model.folding import ReportEffect
from app.fulfillment.model.pickups import PickupStatus
from app.fulfillment.model.reports import PickupProblem, Report, ReportKind, tell
from app.kit.sealing import Unreadable, seal, unseal
from tests.conftest import CONFIG, NOW
from tests.fulfillment.networks import NUMBER, OTHER_SLIP, SLIP

K, S = ReportKind, PickupStatus
HOUR = timedelta(hours=1)
UNTIL = NOW + timedelta(days=4)
KEYS = CONFIG.secret_keys
SEEN = "carrierCode { slipNumber authenticationNumber hasAuthenticationNumber }"


def at(hours: float, kind: ReportKind, **facts: Any) -> Report:
    """Something that happened so many hours after the parcel left."""
    if kind in {K.ARRIVED, K.READY}:
        facts = {"hold_until": UNTIL} | facts
    return Report(f"k{hours} {kind}", kind, NOW + hours * HOUR, **facts)


@pytest.mark.parametrize(
    ("reports", "status"),
    [
        ([at(1, K.CODE_TOLD, sealed_number=b"a")], S.IN_TRANSIT_TO_POINT),
        ([at(1, K.CODE_TOLD, sealed_number=b"a"), at(2, K.ARRIVED)], S.READY),
        ([at(1, K.ARRIVED), at(2, K.CODE_TOLD, sealed_number=b"a")], S.READY),
        ([at(1, K.ARRIVED, sealed_number=b"a")], S.READY),
        ([at(1, K.ARRIVED, slip_number=SLIP)], S.ARRIVED),
        ([at(1, K.ARRIVED), at(2, K.CODE_TOLD, slip_number=SLIP)], S.ARRIVED),
        ([at(1, K.ARRIVED), at(2, K.READY, sealed_number=b"a")], S.READY),
        ([at(1, K.ARRIVED), at(2, K.BLOCKED), at(3, K.CODE_TOLD, sealed_number=b"a")], S.ARRIVED),
        ([at(1, K.ARRIVED, sealed_number=b"a"), at(2, K.EXPIRED), at(3, K.CODE_TOLD, sealed_number=b"b")], S.EXPIRED),
    ],
)
def test_goods_that_are_there_wait_for_nothing_but_the_code(reports: list[Report], status: PickupStatus) -> None:
    states = {tell(heard).state for heard in permutations(reports)}
    assert {state.status for state in states} == {status}
    assert len(states) == 1


def test_the_numbers_that_were_told_last_count_each_by_itself() -> None:
    reports = [
        at(1, K.CODE_TOLD, slip_number=SLIP, sealed_number=b"a"),
        at(2, K.ARRIVED),
        at(3, K.CODE_TOLD, sealed_number=b"b"),
        at(4, K.CODE_TOLD, slip_number=OTHER_SLIP),
    ]
    for heard in permutations(reports):
        state = tell(heard).state
        assert (state.slip_number, state.sealed_number, state.status) == (OTHER_SLIP, b"b", S.READY)


def test_storage_days_begin_with_the_arrival_however_late_the_code_is_told() -> None:
    state = tell([at(1, K.ARRIVED), at(30, K.CODE_TOLD, sealed_number=b"a")]).state
    assert (state.arrived_at, state.ready_at, state.hold_until) == (NOW + HOUR, NOW + 30 * HOUR, UNTIL)
    again = tell([at(1, K.ARRIVED, sealed_number=b"a"), at(30, K.CODE_TOLD, sealed_number=b"b")]).state
    assert (again.ready_at, again.hold_until) == (NOW + HOUR, UNTIL)


def test_a_number_told_after_it_does_not_hide_that_goods_were_given_up_too_early() -> None:
    reports = [at(1, K.ARRIVED, sealed_number=b"a"), at(2, K.EXPIRED), at(3, K.CODE_TOLD, sealed_number=b"b")]
    assert tell(reports).problems == {PickupProblem.EXPIRED_TOO_EARLY}
    turned_up = tell([*reports, at(4, K.ARRIVED)])
    assert (turned_up.state.status, turned_up.state.sealed_number, turned_up.problems) == (S.READY, b"b", set())


def test_a_number_for_goods_that_were_collected_is_of_no_consequence() -> None:
    told = tell([at(1, K.ARRIVED, sealed_number=b"a"), at(2, K.COLLECTED), at(3, K.CODE_TOLD, sealed_number=b"b")])
    assert (told.state.status, told.state.sealed_number, told.problems) == (S.COLLECTED, b"a", set())
    assert told.effects["k3 CODE_TOLD"] is ReportEffect.SET_ASIDE


CVS = CarrierCodes(12, has_check_digit=True, authentication_digits=7)


@pytest.mark.parametrize(
    ("codes", "slip", "number", "name", "digits"),
    [
        (CVS, "12345678901", None, "slipNumber", 12),
        (CVS, "1234567890130", None, "slipNumber", 12),
        (CVS, "123456789012", None, "slipNumber", None),
        (CVS, "12345678901x", None, "slipNumber", 12),
        (CVS, "", None, "slipNumber", 12),
        (CVS, SLIP, "123456", "authenticationNumber", 7),
        (CVS, SLIP, "12345678", "authenticationNumber", 7),
        (CVS, None, "12345६7", "authenticationNumber", 7),
        (CVS, None, "", "authenticationNumber", 7),
        (CarrierCodes(authentication_digits=0), SLIP, "1", "authenticationNumber", 0),
        (CarrierCodes(), "123", None, "slipNumber", None),
        (CarrierCodes(), "1" * 21, None, "slipNumber", None),
        (CarrierCodes(), None, "1" * 13, "authenticationNumber", None),
    ],
)
def test_what_the_carrier_cannot_have_given_out_is_refused_and_not_repeated(
    codes: CarrierCodes, slip: str | None, number: str | None, name: str, digits: int | None
) -> None:
    with pytest.raises(InvalidCarrierCode) as refused:
        codes.check(slip, number)
    assert (refused.value.path, refused.value.facts) == ([name], {"digits": digits})
    assert not number or number not in refused.value.message.split()


@pytest.mark.parametrize(
    ("codes", "slip", "number"),
    [(CVS, SLIP, "0000000"), (CVS, None, NUMBER), (CVS, SLIP, None), (CarrierCodes(), "1234", "1")],
)
def test_what_it_may_have_given_out_is_taken(codes: CarrierCodes, slip: str | None, number: str | None) -> None:
    codes.check(slip, number)


def test_blanks_hyphens_and_full_width_digits_do_not_count() -> None:
    assert plain_digits(" 1234-5678 ９０１３") == SLIP
    assert plain_digits(None) is None


def test_what_is_sealed_opens_with_its_own_key_also_when_that_is_not_the_present_one() -> None:
    old, new, other = b"o" * 32, b"n" * 32, b"x" * 32
    sealed = seal_number(NUMBER, [old])
    assert NUMBER.encode() not in sealed
    assert sealed != seal_number(NUMBER, [old])
    assert unseal_number(sealed, [old]) == unseal_number(sealed, [new, old]) == NUMBER
    assert unseal_number(seal_number(NUMBER, [new, old]), [new]) == NUMBER
    for keys in ([new], [other, new]):
        with pytest.raises(Unreadable):
            unseal_number(sealed, keys)
    with pytest.raises(Unreadable):
        unseal(seal(NUMBER, [old], "one thing"), [old], "another")
