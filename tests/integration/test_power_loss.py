"""D2: a loss of power at every file operation of spool, cursor and journal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.power_loss import repeat

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("seed", [1, 2])
def test_power_that_fails_at_any_file_operation_takes_nothing_durable_and_no_number_twice(
    tmp_path: Path, seed: int
) -> None:
    assert repeat(2, seed, tmp_path) > 200
