from pathlib import Path

import numpy as np
import pytest

from monomsk_analysis.body_choice import make_body, read_person
from monomsk_analysis.errors import FileFormatError
from monomsk_description.errors import (
    AnatomyFileError,
    DescriptionError,
    ImplausibleSubjectError,
    IncompleteSkeletonError,
)
from monomsk_description.osim_writer import to_osim
from monomsk_description.skeleton import Skeleton, build_skeleton
from monomsk_description.subject import Subject

PERSON = Subject(1.84, 78.0, segment_lengths_m={"thigh": 0.46})


@pytest.fixture(scope="module")
def original() -> Skeleton:
    return build_skeleton(PERSON)


@pytest.fixture(scope="module")
def model(original: Skeleton, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "person.osim"
    to_osim(original, path)
    return path


def forces(skeleton: Skeleton) -> np.ndarray:
    rng = np.random.default_rng(4)
    q = skeleton.integrate(skeleton.neutral(), rng.normal(scale=0.2, size=37))
    return skeleton.inverse_dynamics(q, rng.normal(size=37), rng.normal(size=37))


def test_a_model_is_the_body_as_it_is(original: Skeleton, model: Path) -> None:
    body = make_body(*read_person(model))
    np.testing.assert_allclose(forces(body.skeleton), forces(original), rtol=1e-6, atol=1e-6)
    assert body.entries()["file"] == "person.osim"
    assert body.entries()["mass_kg"] == pytest.approx(78.0)
    assert body.warnings == ()
    assert body.skeleton.subject.assumed == {"height_m"}
    assert any("estimated from the model" in sentence for sentence in body.assumptions())
    assert not any("mass" in sentence for sentence in body.assumptions())


def test_a_given_height_is_a_name_only(original: Skeleton, model: Path) -> None:
    body = make_body(*read_person(model, height_m=1.84, sex="female"))
    assert body.skeleton.subject.height_m == 1.84
    assert body.skeleton.subject.sex == "female"
    assert body.skeleton.subject.assumed == frozenset()
    np.testing.assert_allclose(forces(body.skeleton), forces(original), rtol=1e-6, atol=1e-6)
    assert "height of 1.60 m" in make_body(*read_person(model, height_m=1.60)).warnings[0]


@pytest.mark.parametrize(("mass_kg", "warned"), [(80.0, False), (90.0, True)])
def test_a_given_mass_scales_forces_and_a_contradiction_is_warned_about(
    original: Skeleton, model: Path, mass_kg: float, warned: bool
) -> None:
    body = make_body(*read_person(model, mass_kg=mass_kg))
    assert body.skeleton.mass_kg == pytest.approx(mass_kg)
    assert body.skeleton.subject.mass_kg == pytest.approx(mass_kg)
    expected = forces(original) * mass_kg / 78.0
    np.testing.assert_allclose(forces(body.skeleton), expected, rtol=1e-6, atol=1e-6)
    assert bool(body.warnings) == warned
    assert all(f"{mass_kg:.1f} kg is not that of person.osim" in line for line in body.warnings)


def test_a_childs_mass_is_no_contradiction_to_an_unread_models_height() -> None:
    subject, model = read_person(Path("child.osim"), mass_kg=14.0)
    assert model is not None
    assert subject.assumed == {"height_m"}
    with pytest.raises(ImplausibleSubjectError):
        read_person(Path("child.osim"), mass_kg=-1.0)


def test_other_suffixes_are_subject_files(tmp_path: Path) -> None:
    path = tmp_path / "anna.yaml"
    path.write_text("height_m: 1.7\nmass_kg: 61\nsegment_lengths_m: {thigh: 0.42}\n")
    subject, model = read_person(path, mass_kg=63.0, sex="female")
    assert (subject.height_m, subject.mass_kg, subject.sex, model) == (1.7, 63.0, "female", None)
    assert make_body(subject).entries()["file"] is None
    with pytest.raises(FileFormatError, match="none.yaml"):
        read_person(tmp_path / "none.yaml")


def test_unusable_models_are_refused_in_words(tmp_path: Path, model: Path) -> None:
    with pytest.raises(AnatomyFileError, match="none.osim"):
        make_body(*read_person(tmp_path / "none.osim"))
    broken = tmp_path / "broken.osim"
    broken.write_text(model.read_text()[:3000])
    with pytest.raises(DescriptionError, match="broken.osim"):
        make_body(*read_person(broken))


def test_a_model_without_arms_is_refused(shared_model: Path) -> None:
    with pytest.raises(IncompleteSkeletonError, match="arm_flex_r"):
        make_body(*read_person(shared_model))


@pytest.fixture
def shared_model() -> Path:
    name = "opensim_pipelines/Gait2392_Simbody/OutputReference/subject01_simbody.osim"
    path = Path(__file__).parents[3] / "shared" / "data" / name
    if not path.exists():
        pytest.skip(f"reference data shared/data/{name} is not here")
    return path
