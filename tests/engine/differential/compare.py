"""Runs one document on both executors and says where they differ."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from graphql import GraphQLError, GraphQLSchema, OperationType, get_variable_values, parse, validate

from app.engine.engine import Engine
from app.engine.prepared import Prepared
from app.engine.request import Refused, Request
from tests.engine.differential.answers import Answer, Subject, shuffled
from tests.engine.differential.cases import Case, Run

SHUFFLES: Final = 24
RUNS: Final = 3
Path = tuple[Any, ...]


class Context(Protocol):
    """What a comparison asks of a context: the calls of batch functions, and what was changed."""

    calls: list[Any]
    log: list[str]


@dataclass
class Tally:
    """What was compared so far."""

    found: Counter[str] = field(default_factory=Counter[str])
    differences: list[str] = field(default_factory=list[str])


async def compare(case: Case, subject: Subject, engine: Engine, tally: Tally) -> list[str]:
    """Run everything that the case asks for; what differs, in words."""
    invalid = validate(subject.schema._schema, parse(case.text))
    if invalid:
        return [f"not valid: {invalid[0]}"]
    found: list[str] = []
    for run in case.runs:
        tally.found["operations"] += 1
        tally.found[f"a {run.kind.value}"] += 1
        found.extend(await _compare_run(case, run, subject, engine, tally))
    return found


async def _compare_run(case: Case, run: Run, subject: Subject, engine: Engine, tally: Tally) -> list[str]:
    request = Request(case.text, run.variables, run.operation_name)
    try:
        prepared = engine.prepare(request)
    except Refused as refused:
        tally.found["refused"] += 1
        return _compare_refusal(subject.schema._schema, engine, request, refused)
    if run.kind is OperationType.SUBSCRIPTION:
        return await _compare_events(prepared, subject, engine, tally)
    fresh = subject.context()
    theirs = Answer.of(await engine.reference(prepared, fresh), fresh)
    _count(prepared, theirs, tally)

    async def late(seed: int) -> Answer:
        return await shuffled(prepared, subject, None, seed)

    found: list[str] = []
    # Functions are written anew when it is known of what class the objects inside of objects are.
    for _ in range(RUNS):
        context = subject.context()
        ours = Answer.of(await engine.execute(prepared, context), context)
        await settle()
        found += await _differences(ours, theirs, late, tally)
        found += _calls(ours.context, [theirs.context], tally, has_errors=bool(theirs.errors))
    return found


def _count(prepared: Prepared, theirs: Answer, tally: Tally) -> None:
    tally.found["root fields"] += len(prepared.operation.definition.selection_set.selections)
    tally.found["errors compared"] += len(theirs.errors)
    tally.found["answers with errors"] += bool(theirs.errors)
    tally.found["answers that are null"] += theirs.data is None
    tally.found["bytes compared"] += len(theirs.text)


def _compare_refusal(schema: GraphQLSchema, engine: Engine, request: Request, refused: Refused) -> list[str]:
    """Only variables may be refused, and graphql-core refuses them in the same words."""
    operation = engine.store.find(request).operation(request.operation_name)
    definitions = operation.definition.variable_definitions or ()
    coerced = get_variable_values(schema, definitions, request.variables or {}, max_errors=50)
    if not isinstance(coerced, list):
        return [f"refused without a reason: {refused}"]
    # Long messages are shortened before they are sent.
    ours, theirs = ([_begun(error) for error in errors] for errors in (refused.errors, coerced))
    return [] if ours == theirs else [f"refused: {ours}\n  expected {theirs}"]


def _begun(error: GraphQLError) -> dict[str, Any]:
    return {**error.formatted, "message": error.message.partition(": ")[0]}


# ── subscriptions ────────────────────────────────────────────────────────────────────────────────────────────────────


async def _compare_events(prepared: Prepared, subject: Subject, engine: Engine, tally: Tally) -> list[str]:
    context = subject.context()
    events: list[Any] = []
    try:
        async for event in await engine.source(prepared, context):
            events.append(event)  # noqa: PERF401  # those before a failure count
    except (Refused, RuntimeError, GraphQLError) as error:
        tally.found[f"streams that end by {type(error).__name__}"] += 1
    tally.found["events"] += len(events)
    context = subject.context()
    answers = [Answer.of(result, context) for result in await engine.run_events(prepared, context, events)]
    found: list[str] = [] if len(answers) == len(events) else [f"{len(answers)} answers to {len(events)} events"]
    contexts: list[Any] = []
    for event, ours in zip(events, answers, strict=False):

        async def late(seed: int, event: Any = event) -> Answer:
            return await shuffled(prepared, subject, event, seed)

        fresh = subject.context()
        theirs = Answer.of(await engine.reference(prepared, fresh, event), fresh)
        contexts.append(theirs.context)
        _count(prepared, theirs, tally)
        found.extend(await _differences(ours, theirs, late, tally))
    await settle()
    return [*found, *_calls(context, contexts, tally, has_errors=any(each.errors for each in answers))]


# ── what must be equal ───────────────────────────────────────────────────────────────────────────────────────────────


async def _differences(ours: Answer, theirs: Answer, late: Callable[[int], Any], tally: Tally) -> list[str]:
    found: list[str] = []
    if ours.context.plan.depends_on_calls and not _same_calls(ours.context, theirs.context):
        tally.found["not comparable"] += 1
        return found
    if ours.text != theirs.text:
        found.append(f"data: {ours.text.decode()}\n  expected {theirs.text.decode()}")
    if ours.context.log != theirs.context.log:
        found.append(f"changes: {ours.context.log}\n  expected {theirs.context.log}")
    if found or ours.errors == theirs.errors:
        return found
    mine, right = _by_nulled_position(ours), _by_nulled_position(theirs)
    doubtful = [position for position in {*mine, *right} if mine.get(position) != right.get(position)]
    possible: dict[Path, list[Any]] = {}
    for shuffle in range(SHUFFLES):
        answer = await late(shuffle)
        if answer.text != theirs.text:
            return [f"the reference contradicts itself: {answer.text.decode()} {theirs.text.decode()}"]
        for position, errors in _by_nulled_position(answer).items():
            possible.setdefault(position, []).append(errors)
    for position in doubtful:
        tally.found["errors that depend on timing"] += 1
        seen = [*possible.get(position, ()), right.get(position, [])]
        allowed = [_without_indices(error) for errors in seen for error in errors]
        if position not in mine or not all(_without_indices(error) in allowed for error in mine[position]):
            found.append(f"errors at {position}: {mine.get(position)}\n  expected {right.get(position)}")
    return found


def _without_indices(error: dict[str, Any]) -> dict[str, Any]:
    """One call that fails for several items of a list fails for any of them first."""
    return {**error, "path": [None if isinstance(part, int) else part for part in error.get("path") or ()]}


def _by_nulled_position(answer: Answer) -> dict[Path, list[dict[str, Any]]]:
    """Errors by the null that they explain; those that point elsewhere by where they point."""
    groups: dict[Path, list[dict[str, Any]]] = {}
    for error in answer.errors:
        groups.setdefault(_nulled(answer.data, tuple(error.get("path") or ())), []).append(error)
    return groups


def _nulled(data: Any, path: Path) -> Path:
    for length in range(len(path) + 1):
        if data is None:
            return path[:length]
        if length < len(path):
            try:
                data = data[path[length]]
            except (KeyError, IndexError, TypeError):
                break
    return ("?", *path)


def _same_calls(ours: Any, theirs: Any) -> bool:
    """Whether the same keys were asked for together."""
    mine, right = (
        Counter((call.place, call.arguments, frozenset(map(_named, call.keys))) for call in context.calls)
        for context in (ours, theirs)
    )
    return mine == right


def _calls(ours: Any, theirs: list[Any], tally: Tally, *, has_errors: bool) -> list[str]:
    """No key is asked for twice in one call, or more often than by graphql-core, or in vain."""
    found = [f"{call.place} called with a key twice: {call.keys}" for call in ours.calls if _repeats(call)]
    if has_errors:
        # graphql-core stops early where an error made a place null, sooner or later: its calls are no measure.
        return found
    allowed, columns = Counter[Any](), dict[Any, set[Any]]()
    for key in _asked(theirs):
        allowed[key[:-1]] += 1
    mine = list(_asked([ours]))
    for key in mine:
        columns.setdefault(key[:-1], set()).add(key[-1])
    for key, count in Counter(each[:-1] for each in mine).items():
        # Two levels may want different columns of the same rows.
        if count > allowed[key] and len(columns[key]) == 1:
            found.append(f"{key} was asked for {count} times, not {allowed[key]}")
    tally.found["calls of batch functions"] += len(ours.calls)
    tally.found["calls by graphql-core"] += sum(len(context.calls) for context in theirs)
    return found


def _asked(contexts: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    for context in contexts:
        for call in context.calls:
            for key in call.keys:
                yield call.place, call.arguments, _named(key), call.columns


def _repeats(call: Any) -> bool:
    return len(set(call.keys)) != len(call.keys)


def _named(key: Any) -> str:
    """The key without the addresses of objects."""
    return re.sub(r" at 0x\w+", "", repr(key))


async def settle() -> None:
    """Let what was left in the background come to its end."""
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for _ in range(50):
        others = [task for task in others if not task.done()]
        if not others:
            return
        await asyncio.sleep(0)
