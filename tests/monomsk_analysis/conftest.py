import os
from pathlib import Path

import pytest

from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real recordings; tests that need it skip without it."""
    folder = Path(os.environ.get("MONOMSK_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real recordings at {folder} (set MONOMSK_SHARED_DATA)")
    return folder


@pytest.fixture(scope="session")
def skeleton() -> Skeleton:
    return build_skeleton(Subject(1.75, 70.0))
