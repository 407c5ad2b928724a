import numpy as np
import pytest

from monomsk_description import landmarks
from monomsk_description.errors import AnatomyFileError
from monomsk_description.landmarks import LANDMARK_NAMES, load_landmark_sites


def test_order_is_blazepose_s():
    assert len(LANDMARK_NAMES) == 33
    assert LANDMARK_NAMES[0] == "nose"
    assert LANDMARK_NAMES[11:13] == ("left_shoulder", "right_shoulder")
    assert LANDMARK_NAMES[23:29:2] == ("left_hip", "left_knee", "left_ankle")
    assert LANDMARK_NAMES[31:] == ("left_foot_index", "right_foot_index")


def test_sites_mirror_each_other():
    sites = {site.name: site for site in load_landmark_sites()}
    assert tuple(sites) == LANDMARK_NAMES
    for name, site in sites.items():
        if "left" not in name:
            continue
        twin = sites[name.replace("left", "right")]
        np.testing.assert_array_equal(site.location_m, twin.location_m * [1, 1, -1])
        assert site.segment.removesuffix("_l") == twin.segment.removesuffix("_r")
        assert site.sigma_m == twin.sigma_m > 0


def test_a_landmark_missing_from_the_file_is_named(monkeypatch, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "blazepose_landmarks.yaml").write_text("landmarks: {}")
    monkeypatch.setattr(landmarks.resources, "files", lambda package: tmp_path)
    with pytest.raises(AnatomyFileError, match="nose"):
        load_landmark_sites.__wrapped__()
