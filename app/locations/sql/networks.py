"""Statements about networks of points."""

from collections.abc import Sequence
from typing import Final

from app.kit.db import WriteTx
from app.kit.statement import Statement
from app.locations.model.networks import NetworkDraft

_UPSERT: Final = Statement("""
    INSERT INTO pickup_networks (code, names, hold_days, counts_from, reminder_hours, grace_hours, extension_days,
                                 code_issuer, slip_digits, slip_check, authentication_digits, day_ends, temperatures)
    VALUES (:code, CAST(:names AS jsonb), :hold_days, :counts_from, :reminder_hours, :grace_hours, :extension_days,
            :code_issuer, :slip_digits, :slip_check, :authentication_digits, :day_ends,
            CAST(:temperatures AS text[]))
    ON CONFLICT (code) DO UPDATE
       SET names = excluded.names, hold_days = excluded.hold_days, counts_from = excluded.counts_from,
           reminder_hours = excluded.reminder_hours, grace_hours = excluded.grace_hours,
           extension_days = excluded.extension_days, code_issuer = excluded.code_issuer,
           slip_digits = excluded.slip_digits, slip_check = excluded.slip_check,
           authentication_digits = excluded.authentication_digits, day_ends = excluded.day_ends,
           temperatures = excluded.temperatures,
           version = pickup_networks.version + 1
""")
_JOIN: Final = Statement("""
    UPDATE locations AS place SET network_code = CAST(:code AS text), version = place.version + 1
      FROM (SELECT id FROM locations WHERE id = ANY(CAST(:ids AS int[])) ORDER BY id FOR UPDATE) AS wanted
     WHERE place.id = wanted.id AND place.network_code IS DISTINCT FROM CAST(:code AS text)
""")
_SET_TEMPERATURES: Final = Statement("""
    UPDATE locations SET temperatures = CAST(:temperatures AS text[]), version = version + 1
     WHERE id = :id AND temperatures IS DISTINCT FROM CAST(:temperatures AS text[])
""")
NETWORKS_BY_CODE: Final = Statement(
    "SELECT * FROM pickup_networks WHERE code = ANY(CAST(:codes AS text[]))", generic=True
)
NETWORKS: Final = Statement("SELECT * FROM pickup_networks ORDER BY code LIMIT 200")


async def upsert_network(tx: WriteTx, draft: NetworkDraft) -> None:
    """Write a checked draft."""
    await tx.execute(
        _UPSERT,
        code=draft.code,
        names=dict(draft.names),
        hold_days=draft.hold_days,
        counts_from=draft.counts_from,
        reminder_hours=draft.reminder_hours,
        grace_hours=draft.grace_hours,
        extension_days=draft.extension_days,
        code_issuer=draft.code_issuer,
        slip_digits=draft.slip_digits,
        slip_check=draft.slip_check,
        authentication_digits=draft.authentication_digits,
        day_ends=draft.day_ends,
        temperatures=sorted(set(draft.temperatures)),
    )


async def join_network(tx: WriteTx, code: str | None, location_ids: Sequence[int]) -> int:
    """Locations belong to a network, or (None) to none; returns for how many that is new."""
    return await tx.execute(_JOIN, code=code, ids=list(location_ids))


async def write_temperatures(tx: WriteTx, location_id: int, temperatures: Sequence[str] | None) -> None:
    """Classes in their order; None: as the network has it."""
    await tx.execute(_SET_TEMPERATURES, id=location_id, temperatures=temperatures)
