"""What callers come up with: requests of all kinds, among them many that must be refused."""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from app.inventory.model.corrections import PromisePolicy
from app.inventory.model.states import SET_ASIDE, StockState
from app.inventory.model.transfers import DiscrepancyReason
from tests.chaos.journal import Request, Told
from tests.chaos.operations import Body, cause_of

_TTLS: Final = (None, None, None, 1, 2, 900, 900)
_JUMPS: Final = (0, 0, 0, 0, 0, 0, 5, -5, 3_600, -3_600)
_REMEMBERED: Final = 64


@dataclass(frozen=True, slots=True)
class Shelves:
    """Ids of variants, the first of them the one that everybody wants, and of places that hold stock.

    fragile: variants whose promises may be broken.
    """

    variants: list[int]
    fragile: list[int]
    places: list[int]


class Wishes:
    """An endless source of requests, which may be about what was answered to earlier ones."""

    def __init__(self, shelves: Shelves, chance: random.Random) -> None:
        self._shelves, self._chance = shelves, chance
        self._owners, self._transfers, self._purchases = (deque[str](maxlen=_REMEMBERED) for _ in range(3))
        self.past: deque[Request] = deque(maxlen=_REMEMBERED)
        """Some that were answered lately, to be sent again."""
        makers: dict[str, tuple[int, Callable[[str], Body | None]]] = {
            "hold": (50, self._hold),
            "promise": (14, self._promise),
            "release": (3, self._owned),
            "give_back": (1, self._owned),
            "extend": (3, self._extend),
            "move": (3, self._move),
            "allocate": (3, self._owned),
            "adopt": (4, self._adopt),
            "ship": (4, self._ship),
            "sweep": (1, self._sweep),
            "receive": (4, self._receive),
            "correct": (3, self._correct),
            "set_aside": (2, self._set_aside),
            "feed": (2, self._feed),
            "keep": (1, self._keep),
            "send": (3, self._send),
            "send_otherwise": (1, self._send_otherwise),
            "make_ready": (1, self._of_transfer),
            "send_off": (3, self._send_off),
            "take_in": (3, self._take_in),
            "close": (1, self._close),
            "call_off": (1, self._of_transfer),
            "buy": (1, self._buy),
            "unload": (1, self._unload),
            "give_up": (1, self._of_purchase),
            "countermand": (1, self._of_purchase),
        }
        self._makers = {name: maker for name, (_, maker) in makers.items()}
        self._weights = [weight for weight, _ in makers.values()]

    def next(self) -> Request:
        """The next request: new, or a repetition of an earlier one."""
        if self.past and self._chance.random() < 0.06:
            return self._chance.choice(self.past)
        while True:
            key = str(uuid4())
            [name] = self._chance.choices(list(self._makers), self._weights)
            body = self._makers[name](key)
            if body is not None:
                # Clocks of callers are wrong at times, and so is what they take for expired.
                return Request(key, name, {**body, "jump": self._chance.choice(_JUMPS)})

    def learn(self, request: Request, told: Told) -> None:
        """Remember what an answer gives to ask about."""
        if told.kind != "done":
            return
        self.past.append(request)
        match request.operation:
            case "hold":
                self._owners.append(request.body["owner"])
            case "adopt":
                self._owners.append(request.body["request"]["owner"])
            case "send":
                self._transfers.append(told.value)
            case "buy":
                self._purchases.append(told.value)
            case _:
                pass

    def _variant(self) -> int:
        hot, *others = self._shelves.variants
        return hot if self._chance.random() < 0.4 else self._chance.choice([*others, *self._shelves.fragile])

    def _place(self) -> int:
        return self._chance.choice(self._shelves.places)

    def _units(self, highest: int = 3) -> int:
        return self._chance.randint(1, highest)

    def _hold(self, _key: str) -> Body:
        return self._wish(self._chance.choice(_TTLS), self._chance.choice(["ORDER", "CART", "STAFF"]))

    def _promise(self, _key: str) -> Body:
        """Nobody else touches these: their answers must stay the same for ever."""
        body = self._wish(None, "ORDER")
        for line in body["lines"]:
            if line["variant"] in self._shelves.fragile:
                line["variant"] = self._shelves.variants[0]
        return body

    def _wish(self, ttl: int | None, kind: str) -> Body:
        chance = self._chance
        lines = [
            {
                "variant": self._variant(),
                "quantity": self._units(),
                "places": chance.sample(self._shelves.places, chance.randint(1, 3)),
                "split": chance.random() < 0.4,
            }
            for _ in range(chance.choice([1, 1, 1, 2, 3, 5]))
        ]
        return {"owner": str(uuid4()), "kind": kind, "ttl": ttl, "partial": chance.random() < 0.3, "lines": lines}

    def _owned(self, _key: str) -> Body | None:
        return {"owner": self._chance.choice(self._owners)} if self._owners else None

    def _about(self, extra: Body) -> Body | None:
        owned = self._owned("")
        return None if owned is None else {**owned, **extra}

    def _extend(self, _key: str) -> Body | None:
        return self._about({"ttl": self._chance.choice([1, 600, 1_800, 90_000])})

    def _move(self, _key: str) -> Body | None:
        return self._about({"sources": self._chance.sample(self._shelves.places, 2), "place": self._place()})

    def _adopt(self, _key: str) -> Body | None:
        return self._about({"request": self._wish(self._chance.choice([None, 900]), "ORDER")})

    def _ship(self, _key: str) -> Body | None:
        return self._about({"places": self._shelves.places})

    def _sweep(self, _key: str) -> Body:
        return {}

    def _receive(self, key: str) -> Body:
        return {**self._shelf(key), "quantity": self._units(60)}

    def _correct(self, key: str) -> Body:
        chance = self._chance
        is_count = chance.random() < 0.3
        return {
            **self._shelf(key),
            "delta": None if is_count else chance.choice([-9, -3, -1, 1, 4]),
            "quantity": chance.randint(0, 60) if is_count else None,
            "expected": self._units(50) if chance.random() < 0.1 else None,
            **self._breaking(),
        }

    def _set_aside(self, key: str) -> Body:
        before, after = self._chance.sample(list(StockState), 2)
        if self._chance.random() < 0.6:
            before, after = StockState.SELLABLE, self._chance.choice(SET_ASIDE)
        states = {"before": before.value, "after": after.value}
        return {**self._shelf(key), "quantity": self._units(4), **states, **self._breaking()}

    def _breaking(self) -> Body:
        """Promises end only where nobody was told that they last for ever."""
        places = {"places": self._shelves.places}
        if self._chance.random() < 0.4:
            return {"policy": PromisePolicy.KEEP.value, **places}
        policy = self._chance.choice([PromisePolicy.BREAK_YOUNGEST, PromisePolicy.RESOURCE_YOUNGEST])
        return {"policy": policy.value, "variant": self._chance.choice(self._shelves.fragile), **places}

    def _feed(self, key: str) -> Body:
        is_absolute = self._chance.random() < 0.5
        places = self._chance.sample(self._shelves.places, 2)
        rows = [[place, self._chance.randint(0 if is_absolute else -9, 60 if is_absolute else 9)] for place in places]
        return {**self._shelf(key), "absolute": is_absolute, "rows": rows, **self._breaking()}

    def _keep(self, key: str) -> Body:
        return {**self._shelf(key), "quantity": self._chance.choice([0, 0, 1, 5])}

    def _shelf(self, key: str) -> Body:
        return {"variant": self._variant(), "place": self._place(), "cause": str(cause_of(key))}

    def _send(self, _key: str) -> Body:
        source, place = self._chance.sample(self._shelves.places, 2)
        return {"source": source, "place": place, "lines": self._lines(), "draft": self._chance.random() < 0.3}

    def _lines(self) -> list[list[int]]:
        return [[self._variant(), self._units()] for _ in range(2)]

    def _of_transfer(self, _key: str = "", **extra: Any) -> Body | None:
        return {"transfer": self._chance.choice(self._transfers), **extra} if self._transfers else None

    def _send_otherwise(self, _key: str) -> Body | None:
        return self._of_transfer(lines=self._lines())

    def _send_off(self, _key: str) -> Body | None:
        return self._of_transfer(part=self._chance.random() < 0.4)

    def _take_in(self, _key: str) -> Body | None:
        strange = self._chance.choice([None, None, None, "lost", "damaged", "surplus"])
        return self._of_transfer(part=self._chance.random() < 0.3, strange=strange)

    def _close(self, _key: str) -> Body | None:
        return self._of_transfer(reason=self._chance.choice(list(DiscrepancyReason)).value)

    def _buy(self, _key: str) -> Body:
        return {"place": self._place(), "lines": [[self._variant(), self._units(20)]]}

    def _of_purchase(self, _key: str = "", **extra: Any) -> Body | None:
        return {"purchase": self._chance.choice(self._purchases), **extra} if self._purchases else None

    def _unload(self, _key: str) -> Body | None:
        return self._of_purchase(quantities={"1": self._units(10)}, damaged={"1": self._chance.randint(0, 2)})
