"""Shared fixtures: where the corpus of real reports and feeds lies."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None)  # a deadline is an assertion on time: a busy machine breaks it
settings.load_profile("house")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real scanner reports and intelligence: `DETENTE_CORPUS`, else `shared/data` beside the checkout."""
    folder = Path(os.environ.get("DETENTE_CORPUS") or Path(__file__).resolve().parents[2] / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no corpus at {folder}: set DETENTE_CORPUS to run the tests on real reports")
    return folder
