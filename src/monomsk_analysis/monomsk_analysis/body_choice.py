"""Whose body is analysed: the shipped anatomy at a person's size, or an OpenSim model as it is."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from monomsk_analysis.subject_file import read_subject_file
from monomsk_description.anatomy import Anatomy
from monomsk_description.completion import complete
from monomsk_description.muscle_file import LegMuscles
from monomsk_description.osim_reader import from_osim
from monomsk_description.personal_muscles import PersonalMuscles, personal_muscles
from monomsk_description.proportions import LengthBelief
from monomsk_description.scaling import scale
from monomsk_description.skeleton import Skeleton, build_skeleton, personal_skeleton
from monomsk_description.subject import ASSUMED_BODY_MASS_INDEX, Subject

_MODEL_SUFFIX = ".osim"
_UNSPECIFIED = "unspecified"
_TOLERANCE = 0.05


@dataclass(frozen=True)
class Body:
    """A person's skeleton, and where it comes from.

    Attributes:
        skeleton: of the full body.
        file: name of the OpenSim model's file; empty for the shipped anatomy.
        warnings: sentences about numbers that contradict the model.
        fitted: what the recording told of segment lengths; None where it was not asked.
        muscles: the OpenSim model's own, of right and left leg; None: the shipped ones.
    """

    skeleton: Skeleton
    file: str = ""
    warnings: tuple[str, ...] = ()
    fitted: LengthBelief | None = None
    muscles: tuple[LegMuscles, LegMuscles] | None = None

    def entries(self) -> dict[str, Any]:
        """Entries of a summary about the model."""
        return {
            "name": self.skeleton.anatomy.name,
            "file": self.file or None,
            "mass_kg": self.skeleton.mass_kg,
            "fitted_length_sigma_m": None if self.fitted is None else self.fitted.sigma_m,
        }

    def assumptions(self) -> tuple[str, ...]:
        """Sentences about what nobody gave."""
        subject, sentences = self.skeleton.subject, []
        if self.file:
            sentences.append(f"The body is {self.file} as it is; nothing was scaled to a height.")
            if self.muscles is None:
                sentences.append("It has no leg muscles; the shipped ones were scaled to it.")
        if "height_m" in subject.assumed:
            how = "estimated from the model" if self.file else "assumed"
            sentences.append(f"The height was not given; {subject.height_m:.2f} m was {how}.")
        if "mass_kg" in subject.assumed:
            sentences.append(f"The mass was not given; {subject.mass_kg:.0f} kg was assumed.")
        if self.fitted is not None:
            sentences.append(f"Segment lengths were fitted to the recording: {self._fitted()}.")
        return tuple(sentences)

    def _fitted(self) -> str:
        fitted = self.fitted
        if fitted is None:
            return ""
        return ", ".join(
            f"{name.replace('_', ' ')} {100 * length_m:.1f} +- {100 * fitted.sigma_m[name]:.1f} cm"
            for name, length_m in fitted.lengths_m.items()
        )


def read_person(
    model: Path | None,
    height_m: float | None = None,
    mass_kg: float | None = None,
    sex: str = _UNSPECIFIED,
) -> tuple[Subject, Path | None]:
    """Understand what a user says of a person.

    Args:
        model: an OpenSim model, or a subject file (YAML) if it has any other suffix.
        height_m: replaces the file's height [m].
        mass_kg: replaces the file's mass [kg].
        sex: replaces the file's sex, unless unspecified.

    Returns:
        The person and the OpenSim model, as `make_body` wants them.

    Raises:
        FileFormatError: the subject file cannot be used.
        DescriptionError: the numbers are no human's.
    """
    if model is None or model.suffix.lower() != _MODEL_SUFFIX:
        return _from_numbers(model, height_m, mass_kg, sex), None
    if mass_kg is not None and height_m is None:
        # The model has the height; until it is read, one that fits any mass, a child's too.
        usual_m = math.sqrt(mass_kg / ASSUMED_BODY_MASS_INDEX) if mass_kg > 0 else math.nan
        return Subject(usual_m, mass_kg, sex, assumed=frozenset({"height_m"})), model
    return Subject.assume(height_m, mass_kg, sex), model


def _from_numbers(
    file: Path | None, height_m: float | None, mass_kg: float | None, sex: str
) -> Subject:
    if file is None:
        return Subject.assume(height_m, mass_kg, sex)
    subject = read_subject_file(file, height_m, mass_kg)
    return subject if sex == _UNSPECIFIED else replace(subject, sex=sex)


def make_body(subject: Subject, model: Path | None = None) -> Body:
    """Make a person's skeleton.

    Args:
        subject: height, mass, sex, lengths. With a model, what nobody gave (`assumed`) is the
            model's, and lengths are not used.
        model: OpenSim model of this very person; None for the shipped anatomy, scaled.

    Raises:
        DescriptionError: the subject does not fit, or the model cannot be read, cannot be
            represented, or is not a full body.
    """
    if model is None:
        return Body(build_skeleton(subject))
    anatomy = complete(from_osim(model))
    given = {name for name in ("height_m", "mass_kg") if name not in subject.assumed}
    warnings = _conflicts(model.name, anatomy, subject, given)
    if "mass_kg" in given:
        # At the anatomy's own height, scaling changes masses only.
        anatomy = scale(anatomy, Subject(anatomy.height_m, subject.mass_kg))
    skeleton = personal_skeleton(anatomy, subject.height_m if "height_m" in given else None)
    skeleton.require_full_body()
    if subject.sex != _UNSPECIFIED:
        skeleton = Skeleton(replace(skeleton.subject, sex=subject.sex), anatomy)
    muscles = personal_muscles(model)
    return Body(
        skeleton, model.name, (*warnings, *_muscle_sentences(muscles)), muscles=muscles.legs
    )


def _muscle_sentences(muscles: PersonalMuscles) -> tuple[str, ...]:
    """Sentences about the muscles of a model that cannot be used."""
    if not muscles.left_out:
        return ()
    named = "; ".join(f"{name} {reason}" for name, reason in sorted(muscles.left_out.items()))
    return (f"{len(muscles.left_out)} muscles of the model are not used: {named}.",)


def _conflicts(file: str, anatomy: Anatomy, subject: Subject, given: set[str]) -> tuple[str, ...]:
    """Sentences about given numbers far from the model's."""
    sentences = []
    if "mass_kg" in given and _differ(subject.mass_kg, anatomy.mass_kg):
        sentences.append(
            f"The given mass of {subject.mass_kg:.1f} kg is not that of {file}, "
            f"{anatomy.mass_kg:.1f} kg; its segments were scaled to the given mass."
        )
    if "height_m" in given and _differ(subject.height_m, anatomy.height_m):
        sentences.append(
            f"The given height of {subject.height_m:.2f} m does not fit the segments of {file}, "
            f"which suggest {anatomy.height_m:.2f} m; its lengths were kept."
        )
    return tuple(sentences)


def _differ(given: float, expected: float) -> bool:
    return abs(given / expected - 1.0) > _TOLERANCE
