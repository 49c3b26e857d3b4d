"""The command `hikiate partner-check`."""

import asyncio
from typing import Annotated, Final

import httpcore
import typer

from app.conformance.asking import Caller
from app.conformance.listening import Listener
from app.conformance.steps import STEPS
from app.conformance.walk import Found, Walk, walk_steps

_NO_SANDBOX: Final = (
    "This is no key of a sandbox partner: nothing was written, and the rest was not tried. Ask the shop for one."
)


def add_partner_check(cli: typer.Typer) -> None:
    """Add the command. It needs no settings and no database."""

    @cli.command("partner-check")
    def command(
        url: Annotated[str, typer.Option(help="The server, such as https://shop.example.")],
        key: Annotated[str, typer.Option(help="The key of a sandbox partner.", envvar="HIKIATE_PARTNER_KEY")],
        other: Annotated[
            list[str] | None, typer.Option(help="The id of a pickup of another company; several times.")
        ] = None,
    ) -> None:
        """Walk the contract with partners against a running server, as a partner would."""
        if not url.startswith(("http://", "https://")) or not key.isascii() or not key.isprintable():
            typer.echo("hikiate: --url is an address with http:// or https://, --key a key.", err=True)
            raise typer.Exit(2)
        if not asyncio.run(_check(url, key, other or [])):
            raise typer.Exit(1)


async def _check(url: str, key: str, elsewhere: list[str]) -> bool:
    async with httpcore.AsyncConnectionPool() as pool:
        return await check_partner(url, key, pool, elsewhere)


async def check_partner(url: str, key: str, transport: httpcore.AsyncConnectionPool, elsewhere: list[str]) -> bool:
    """Print what came of each step; whether all were tried and hold."""
    caller = Caller(url, key, transport)
    walk = Walk(caller, Listener(caller), elsewhere)
    tried: list[Found] = []

    def tell(found: Found) -> None:
        tried.append(found)
        for line in found.lines():
            typer.echo(line)

    await walk_steps(walk, STEPS, tell)
    if not walk.is_sandbox:
        typer.echo(_NO_SANDBOX)
    held = sum(found.trouble is None for found in tried)
    typer.echo(f"{held} of {len(STEPS)} steps hold.")
    return held == len(STEPS)
