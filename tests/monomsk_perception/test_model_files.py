import hashlib
from pathlib import Path

import pytest

from monomsk_perception import model_files
from monomsk_perception.errors import ModelFileError, PerceptionError
from monomsk_perception.model_files import (
    DETECTOR_MODEL,
    LANDMARK_MODELS,
    ModelRecord,
    find_model,
    model_directory,
    model_records,
)

CONTENT = b"a small model"


@pytest.fixture
def known(monkeypatch):
    record = ModelRecord(len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setattr(model_files, "model_records", lambda: {"small": record})


def test_every_model_that_is_used_has_a_record():
    records = model_records()
    assert {DETECTOR_MODEL, *LANDMARK_MODELS.values()} <= set(records)
    assert all(len(r.sha256) == 64 and r.bytes > 1_000_000 for r in records.values())


def test_folder_is_the_chosen_one_then_the_cache():
    assert model_directory({"MONOMSK_MODEL_DIR": "/m", "XDG_CACHE_HOME": "/c"}) == Path("/m")
    assert model_directory({"XDG_CACHE_HOME": "/c"}) == Path("/c/monomsk/models")
    assert model_directory({}) == Path.home() / ".cache/monomsk/models"


def test_right_file_is_found(known, tmp_path, monkeypatch):
    (tmp_path / "small.tflite").write_bytes(CONTENT)
    assert find_model("small", tmp_path) == tmp_path / "small.tflite"
    monkeypatch.setenv("MONOMSK_MODEL_DIR", str(tmp_path))
    assert model_directory() == tmp_path
    assert find_model("small") == tmp_path / "small.tflite"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "missing"),
        (CONTENT[:-1], "12 bytes instead of 13"),
        (b"A" + CONTENT[1:], "checksum"),
    ],
)
def test_wrong_files_are_refused_and_the_way_out_is_named(known, tmp_path, content, words):
    if content is not None:
        (tmp_path / "small.tflite").write_bytes(content)
    with pytest.raises(ModelFileError, match=words) as caught:
        find_model("small", tmp_path)
    assert isinstance(caught.value, PerceptionError)
    assert caught.value.path == tmp_path / "small.tflite"
    assert "make setup" in str(caught.value)
    assert "MONOMSK_MODEL_DIR" in str(caught.value)


def test_folder_in_place_of_the_file(known, tmp_path):
    (tmp_path / "small.tflite").mkdir()
    with pytest.raises(ModelFileError, match="cannot be read"):
        find_model("small", tmp_path)


def test_unknown_model(known, tmp_path):
    with pytest.raises(ModelFileError, match="known: small"):
        find_model("huge", tmp_path)
