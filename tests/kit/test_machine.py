"""State machines: what they allow, what they refuse, how they are drawn."""

from enum import StrEnum

import pytest

from app.kit.errors import InvalidTransition
from app.kit.machine import Machine


class Light(StrEnum):
    RED = "RED"
    GREEN = "GREEN"
    BROKEN = "BROKEN"


class Step(StrEnum):
    SWITCH_ON = "SWITCH_ON"
    HIT = "HIT"


LIGHT = Machine(
    "light",
    (Light.RED,),
    {Step.SWITCH_ON: {Light.RED: (Light.GREEN, Light.BROKEN)}, Step.HIT: {Light.GREEN: (Light.BROKEN,)}},
)


def test_a_step_leads_where_it_may() -> None:
    assert LIGHT.take(Step.HIT, "GREEN") is Light.BROKEN
    assert LIGHT.take(Step.SWITCH_ON, "RED", Light.GREEN) is Light.GREEN
    assert LIGHT.check(Step.SWITCH_ON, "RED") == (Light.GREEN, Light.BROKEN)


def test_a_step_that_may_not_be_taken_tells_the_state() -> None:
    with pytest.raises(InvalidTransition) as refusal:
        LIGHT.take(Step.SWITCH_ON, "BROKEN")
    assert refusal.value.facts == {"current_status": "BROKEN"}
    assert str(refusal.value) == "To switch on is no step of a light that is BROKEN."


@pytest.mark.parametrize("wanted", [None, Light.RED])
def test_a_program_must_say_where_a_step_leads(wanted: Light | None) -> None:
    with pytest.raises(ValueError, match="SWITCH_ON of a light that is RED leads to one of"):
        LIGHT.take(Step.SWITCH_ON, "RED", wanted)


def test_the_picture_has_every_arrow() -> None:
    assert LIGHT.mermaid().splitlines() == [
        "stateDiagram-v2",
        "  [*] --> RED",
        "  RED --> GREEN: switch on",
        "  RED --> BROKEN: switch on",
        "  GREEN --> BROKEN: hit",
        "  BROKEN --> [*]",
    ]
