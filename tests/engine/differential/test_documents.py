"""The generator: its documents are valid, and nothing that an executor must know is missing from them."""

from collections import Counter

import pytest
from graphql import OperationType, parse, validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.api.schema import schema as real_schema
from tests.engine.differential.cases import Case, Size
from tests.engine.differential.choices import Drawn, Seeded
from tests.engine.differential.coverage import constructs
from tests.engine.differential.documents import Writer
from tests.engine.differential.synthetic_roots import KINDS, SCHEMA, VOCABULARY

EVERY_KIND = (OperationType.QUERY, OperationType.MUTATION, OperationType.SUBSCRIPTION)
SCHEMAS = {"real": (real_schema._schema, EVERY_KIND), "synthetic": (SCHEMA._schema, KINDS)}


@st.composite
def cases(draw: st.DrawFn, name: str) -> Case:
    """Documents for a schema, with runs."""
    schema, kinds = SCHEMAS[name]
    return Writer(schema, Drawn(draw), VOCABULARY, Size(fields=15), kinds).case()


@pytest.mark.parametrize("name", SCHEMAS)
@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(st.data())
def test_documents_are_valid(name: str, data: st.DataObject) -> None:
    case = data.draw(cases(name))
    assert validate(SCHEMAS[name][0], parse(case.text)) == []


def test_all_constructs_occur() -> None:
    found: Counter[str] = Counter()
    schema, kinds = SCHEMAS["synthetic"]
    for seed in range(250):
        case = Writer(schema, Seeded(seed), VOCABULARY, Size(), kinds).case()
        found.update(constructs(schema, case))
    rare = {what: number for what, number in found.items() if number < 3}
    assert rare == {}
    assert len(found) >= 48


def test_the_same_seed_makes_the_same_document() -> None:
    schema, kinds = SCHEMAS["synthetic"]
    first, second = (Writer(schema, Seeded(7), VOCABULARY, Size(), kinds).case() for _ in range(2))
    assert first == second
