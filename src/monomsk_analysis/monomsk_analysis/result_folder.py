"""A folder of results that is complete or not there.

Files are written into a hidden folder inside the target and renamed into place at the end, the
summary last: whoever finds `summary.json` finds everything that it lists.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monomsk_analysis.errors import OutputError

SUMMARY_FILE = "summary.json"
#: Every file that a run may leave; an overwriting run removes those of the run before.
RESULT_FILES = (
    "model.osim",
    "kinematics.mot",
    "inverse_dynamics.sto",
    "ground_reaction.mot",
    "ground_reaction.xml",
    "activations.sto",
    "muscle_forces.sto",
    "joint_reactions.sto",
    "gait.csv",
    "markers.trc",
    "result.mcap",
    "overlay.mp4",
    "report.html",
    SUMMARY_FILE,
)
_PARTIAL = ".monomsk_partial"


@contextmanager
def result_folder(target: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a folder to write into, and move its files to the target if all went well.

    Args:
        target: where the results shall be; made if missing.
        overwrite: whether results of an earlier run there are replaced. Other files stay.

    Raises:
        OutputError: the target cannot be used, or something could not be written (a full disk).
            Nothing of this run is left then.
    """
    created = _prepare(target, overwrite=overwrite)
    partial = target / _PARTIAL
    try:
        with _disk_errors(target):
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            yield partial
            _move_into_place(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if created and target.is_dir() and not any(target.iterdir()):
            target.rmdir()


def _prepare(target: Path, *, overwrite: bool) -> bool:
    """Return whether the folder had to be made."""
    if target.exists() and not target.is_dir():
        raise OutputError(target, "is a file, expected a folder for the results")
    if not target.exists():
        with _disk_errors(target):
            target.mkdir(parents=True)
        return True
    if any(entry.name != _PARTIAL for entry in target.iterdir()) and not overwrite:
        raise OutputError(target, "is not empty; choose another folder or say --overwrite")
    return False


def _move_into_place(partial: Path, target: Path) -> None:
    # First no summary, then its files, then the new summary: never a summary of other files.
    (target / SUMMARY_FILE).unlink(missing_ok=True)
    for name in RESULT_FILES:
        (target / name).unlink(missing_ok=True)
    files = sorted(partial.iterdir(), key=lambda file: file.name == SUMMARY_FILE)
    for file in files:
        file.replace(target / file.name)


@contextmanager
def _disk_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OutputError as error:
        if error.path.parent.name != _PARTIAL:
            raise
        # The hidden folder is nothing that a user has to know.
        reason = f"{error.path.name}: {error.reason}; no results were kept"
        raise OutputError(target, reason) from error
    except OSError as error:
        if error.errno == errno.ENOSPC:
            reason = "no space left on the disk; no results were kept"
        else:
            reason = f"cannot write: {error.strerror or error}"
        raise OutputError(target, reason) from error
