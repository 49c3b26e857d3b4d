"""The states of endpoints, enumerated."""

import pytest

from app.kit.errors import InvalidTransition
from app.notifications.model import ENDPOINTS, EndpointStep, WebhookEndpointStatus

ACTIVE, PAUSED, SUSPENDED, GONE = WebhookEndpointStatus
LEGAL = {
    (EndpointStep.PAUSE, ACTIVE): PAUSED,
    (EndpointStep.SUSPEND, ACTIVE): SUSPENDED,
    (EndpointStep.GIVE_UP, ACTIVE): GONE,
    (EndpointStep.RESUME, PAUSED): ACTIVE,
    (EndpointStep.RESUME, SUSPENDED): ACTIVE,
    (EndpointStep.RESUME, GONE): ACTIVE,
}


@pytest.mark.parametrize("step", list(EndpointStep))
@pytest.mark.parametrize("status", list(WebhookEndpointStatus))
def test_every_step_in_every_state(step: EndpointStep, status: WebhookEndpointStatus) -> None:
    if (step, status) in LEGAL:
        assert ENDPOINTS.take(step, status) == LEGAL[step, status]
        return
    with pytest.raises(InvalidTransition) as refused:
        ENDPOINTS.take(step, status)
    assert refused.value.facts == {"current_status": status}
