"""What passes as an e-mail address, in which spelling."""

import pytest

from app.kit.errors import InvalidEmail
from app.kit.mail import is_email, normalize_email


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("a@b.jp", "a@b.jp"),
        (" Taro.Yamada+shop@Mail.Example.CO.JP\n", "taro.yamada+shop@mail.example.co.jp"),
        ("花子@例え.jp", "花子@例え.jp"),
        ("a..b.@docomo.ne.jp", "a..b.@docomo.ne.jp"),  # carriers gave out such addresses, people still use them
    ],
)
def test_addresses_that_exist_pass(text: str, email: str) -> None:
    assert normalize_email(text) == email


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a",
        "a@",
        "@b.jp",
        "a@b",
        "a@b.",
        "a@.jp",
        "a b@c.jp",
        "a@b@c.jp",
        "a@b..jp",
        "x" * 250 + "@b.jp",
        "a\x00@b.jp",
        "a@b.jp, c@d.jp",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidEmail) as refusal:
        normalize_email(text, "input", "email")
    assert refusal.value.path == ["input", "email"]
    assert is_email(text) is False
