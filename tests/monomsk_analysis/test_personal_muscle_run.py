"""`--model SUBJECT.osim`: the model's own muscles explain the torques."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from monomsk_analysis.body_choice import make_body, read_person
from monomsk_analysis.dynamics_command import DynamicsRequest, run_dynamics
from monomsk_analysis.exports import kinematics_table
from monomsk_analysis.storage import read_storage, write_storage
from monomsk_description.muscles import MuscleGeometry

SHARED = Path(os.environ.get("MONOMSK_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
MODEL = SHARED / "mocap_walking_3d" / "subject_walk_scaled.osim"


def test_the_muscles_of_a_run_are_those_of_the_model(tmp_path):
    if not MODEL.is_file():
        pytest.skip(f"no model at {MODEL} (set MONOMSK_SHARED_DATA)")
    subject, model = read_person(MODEL)
    body = make_body(subject, model)
    assert body.warnings == ()
    assert not any("muscles" in sentence for sentence in body.assumptions())
    q = np.tile(body.skeleton.neutral(), (20, 1))
    write_storage(
        tmp_path / "stand.mot",
        kinematics_table(np.arange(20) / 50.0, q, body.skeleton.coordinate_names),
    )
    request = DynamicsRequest(tmp_path / "stand.mot", tmp_path / "out", subject, model=model)
    analysis = run_dynamics(request).analysis
    own = MuscleGeometry(body.skeleton, body.muscles)
    assert analysis.muscles.names == own.names
    shipped = MuscleGeometry(body.skeleton)
    # Soleus and gastrocnemius keep a standing person from falling forward, by their own strength.
    forces = read_storage(tmp_path / "out" / "muscle_forces.sto").column("soleus_r")
    activations = read_storage(tmp_path / "out" / "activations.sto").column("soleus_r")
    strength = forces[10] / activations[10]
    index = own.names.index("soleus_r")
    assert strength < 1.05 * own.parameters.max_isometric_force[index]
    assert strength > 0.3 * own.parameters.max_isometric_force[index]
    assert own.parameters.tendon_slack_length[index] != pytest.approx(
        shipped.parameters.tendon_slack_length[index], rel=1e-3
    )
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["muscles"]["count"] == 80
