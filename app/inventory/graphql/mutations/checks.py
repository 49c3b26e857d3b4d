"""What the mutations of stock make of their inputs: keys of the database, or refusals that point at the input."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol
from uuid import UUID

from app.catalog.model import is_storable
from app.catalog.sql import variant_ids_by_sku
from app.inventory.model import check_quantity
from app.inventory.sql.transfers import lock_transfer
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput, NotFound
from app.kit.graphql.nodes import require_int, require_uuid
from app.kit.paging import MAX_PAGE
from app.kit.permissions import Actor
from app.locations.model import Place
from app.locations.sql import places_by_id

MAX_TEXT: Final = 200


async def place_of(tx: WriteTx, actor: Actor, value: str, name: str) -> int:
    """The location in an input, where the caller may act. Raises NotFound otherwise."""
    location_id = require_int(value, "Location", "input", name)
    await check_place(tx, actor, location_id, name)
    return location_id


async def places_of(tx: WriteTx, actor: Actor, values: Mapping[tuple[str, ...], str]) -> list[int]:
    """The locations at these places of the input, where the caller may act. Raises NotFound otherwise."""
    wanted = [require_int(value, "Location", "input", *path) for path, value in values.items()]
    found = await places_by_id(tx, sorted(set(wanted)))
    for path, location_id in zip(values, wanted, strict=True):
        _require_place(actor, found.get(location_id), location_id, path)
    return wanted


async def check_place(tx: WriteTx, actor: Actor, location_id: int, name: str) -> None:
    """Raises NotFound, pointing at `name` of the input, unless the caller may act at this location."""
    _require_place(actor, (await places_by_id(tx, [location_id])).get(location_id), location_id, (name,))


def _require_place(actor: Actor, place: Place | None, location_id: int, path: Sequence[str]) -> None:
    if place is None or not actor.may_act_at(location_id) or actor.partner_id not in {None, place.partner_id}:
        message = "There is no such location, or this key may not act there."
        raise NotFound(message, path=["input", *path])


async def variant_ids_of(tx: WriteTx, skus: Mapping[tuple[str, ...], str]) -> list[int]:
    """Variant ids by the SKUs at these places of the input. Raises NotFound for unknown ones."""
    found = await variant_ids_by_sku(tx, sorted({sku for sku in skus.values() if is_storable(sku)}))
    for path, sku in skus.items():
        if sku not in found:
            message = f"There is no variant with the SKU {sku[:80]!r}."
            raise NotFound(message, path=["input", *path])
    return [found[sku] for sku in skus.values()]


class UnitsInput(Protocol):
    """A line of an input that names units of a variant."""

    sku: str
    quantity: int


async def variants_of_lines(tx: WriteTx, lines: Sequence[UnitsInput]) -> list[int]:
    """Variant ids of checked lines. Raises InvalidInput, InvalidQuantity, NotFound."""
    check_count(lines)
    for index, line in enumerate(lines):
        check_quantity(line.quantity, "input", "lines", str(index), "quantity")
    return await variant_ids_of(tx, {("lines", str(index), "sku"): line.sku for index, line in enumerate(lines)})


def check_count(lines: Sequence[object], name: str = "lines") -> None:
    """Raises InvalidInput, pointing at `name` of the input, unless there are 1 to 100 of them."""
    if not 1 <= len(lines) <= MAX_PAGE:
        message = f"Send 1 to {MAX_PAGE} {name} at once."
        raise InvalidInput(message, path=["input", name])


async def transfer_of(tx: WriteTx, actor: Actor, value: str, end: str, *, own: bool = False) -> UUID:
    """A transfer with one end where the caller may act, locked. own: an order's transfer is refused."""
    transfer_id = require_uuid(value, "Transfer", "input", "transferId")
    transfer = await lock_transfer(tx, transfer_id)
    await check_place(tx, actor, transfer[end], "transferId")
    if own and transfer["order_id"] is not None:
        message = "The transfer belongs to an order. Cancel the order instead."
        raise InvalidInput(message, path=["input", "transferId"])
    return transfer_id


async def transfer_at_an_end(tx: WriteTx, actor: Actor, value: str) -> UUID:
    """A transfer where the caller may act at its source or its destination, locked."""
    try:
        return await transfer_of(tx, actor, value, "to_location_id")
    except NotFound:
        return await transfer_of(tx, actor, value, "from_location_id")


def text_of(value: str | None, name: str, *, minimum: int = 0) -> str | None:
    """A short text without surrounding blanks. Raises InvalidInput."""
    if value is None:
        return None
    text = value.strip()
    if not minimum <= len(text) <= MAX_TEXT or not is_storable(text):
        message = f"A text of {minimum} to {MAX_TEXT} characters is needed."
        raise InvalidInput(message, path=["input", name])
    return text or None
