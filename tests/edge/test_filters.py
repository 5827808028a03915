"""What was built for Envoy to load."""

import pytest

from harness.process import FILTERS

# Every detector adds to a filter, and every Envoy fetches and compiles it.
MOST_BYTES = 500 * 1024


@pytest.mark.parametrize("name", ["auth", "rate-limit", "threat-scan"])
def test_a_filter_is_smaller_than_500_kib(name: str):
    size = (FILTERS / f"{name}.wasm").stat().st_size
    assert size < MOST_BYTES, f"{name}.wasm has {size} bytes"
