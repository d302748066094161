"""The fault suite: `faults.md` as tests, each bound to its row, and the report of what they found.

    @pytest.mark.fault("A2", usually=2)          the row, and how often it is repeated when nobody says otherwise
    async def test_...(case: Case, product: Product) -> None:
        for _ in case.each():                     --repetitions times; `make faults` gives 50 where chance decides
            moment = case.dice.random()           all chance comes from here: FAULTS_SEED=... plays it again
            ...
        case.judge(expected, stored)              lost, doubled, reordered: counted for the report, and none allowed
        case.recovered(seconds)                   the worst goes into the report
        case.memory("agent", rss_bytes, within)   a bound of the test's own; `Product` tells of what it ends by itself
        case.did(10_000)                          where the repetitions are examples or interleavings, not a loop

The marker and the fixture `case` serve tests in every directory (`tests/faults/report.py`); `product` is a server and
an agent as processes (`tests/faults/product.py`), `Relay` a link that misbehaves (`tests/helpers/relay.py`). What the
oracle reads comes from the server's stored log, never from memory. `python -m scripts.faults ROW ...` runs all tests
that are marked; `make faults` also writes `docs/faults-report.md`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.faults.case import Case
from tests.faults.product import Product, running_product
from tests.helpers.databases import lay_down


@pytest.fixture
async def product(tmp_path: Path, migrated: Path, case: Case) -> AsyncIterator[Product]:
    """A running server and agent whose sessions are fake CLIs."""
    lay_down(migrated, tmp_path / "product" / "server" / "claudios.db")
    async with running_product(Product(tmp_path / "product", case=case)) as running:
        yield running


@pytest.fixture
async def lone_server(tmp_path: Path, migrated: Path, case: Case) -> AsyncIterator[Product]:
    """A running server as a process of its own, and a token that no daemon uses."""
    product = Product(tmp_path / "product", case=case)
    lay_down(migrated, product.home / "server" / "claudios.db")
    try:
        await product.start_server()
        await product.register()
        yield product
    finally:
        await product.close()
