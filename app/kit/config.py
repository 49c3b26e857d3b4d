"""What the edges need to know of the installation, handed down from the settings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Config:
    """secret_key: keys derived secrets such as pickup codes; keep it, or codes already given out stop working.

    former_secret_keys: what was sealed with one of these can still be read.

    default_channel: the sales channel of requests that name none. production: no introspection, no GraphiQL.
    private_webhooks: whether webhooks may also go to private addresses, and without TLS.
    """

    secret_key: bytes
    former_secret_keys: tuple[bytes, ...] = ()
    default_channel: str = "web"
    default_language: str = "ja"
    production: bool = False
    private_webhooks: bool = False

    @property
    def secret_keys(self) -> tuple[bytes, ...]:
        """All that can open what was sealed; the first one seals."""
        return self.secret_key, *self.former_secret_keys
