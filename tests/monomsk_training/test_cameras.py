"""Virtual cameras: they look at the person, move as hands do, and bend rays as lenses do."""

from dataclasses import replace

import pytest
import torch

from monomsk_training.cameras import CameraOptions, camera_poses, distorted

RATE_HZ = 30.0
STILL = CameraOptions(aim_deg=(0.0, 0.0, 0.0), tilted_share=0.0, moving_share=0.0)
HELD = replace(STILL, moving_share=1.0, follow_share=0.0, travel_share=0.0)


def walk(films: int = 40, frames: int = 64) -> torch.Tensor:
    """Pelvis places of people who walk along x at 1.2 m/s."""
    path = torch.zeros(films, frames, 3)
    path[..., 0] = 1.2 * (torch.arange(frames) / RATE_HZ - 1.0)
    path[..., 2] = 0.95
    return path


def poses(options: CameraOptions, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    path = walk()
    draw = torch.Generator().manual_seed(seed)
    return camera_poses(path, torch.full((len(path),), 1.75), options, RATE_HZ, draw)


def turned_deg(view: torch.Tensor) -> torch.Tensor:
    """Angle of every frame's camera to the first one's (films, frames) [deg]."""
    apart = view @ view[:, :1].transpose(-1, -2)
    return torch.rad2deg(
        torch.arccos((0.5 * (apart.diagonal(dim1=-2, dim2=-1).sum(-1) - 1)).clamp(-1, 1))
    )


def in_image(view: torch.Tensor, lens: torch.Tensor) -> torch.Tensor:
    """The pelvis in the optical frame (films, frames, 3) [m]."""
    return ((view @ (walk() - lens)[..., None])[..., 0]).expand(-1, 64, -1)


def test_a_still_camera_looks_at_the_middle_of_the_way_the_right_way_up() -> None:
    view, lens = poses(STILL)
    assert view.shape[1] == lens.shape[1] == 1
    torch.testing.assert_close(
        view @ view.transpose(-1, -2), torch.eye(3).expand(40, 1, 3, 3), atol=1e-5, rtol=0
    )
    assert torch.allclose(torch.linalg.det(view), torch.ones(40, 1), atol=1e-5)
    middle = in_image(view, lens).mean(1)
    assert middle[:, :2].abs().max() < 1e-4
    assert (middle[:, 2] > 1.9).all()
    # Up in the world is up in the image (y points down), and level.
    assert (view[..., 1, 2] < -0.5).all()
    assert view[..., 0, 2].abs().max() < 1e-5


def test_some_cameras_are_askew() -> None:
    view, lens = poses(replace(STILL, tilted_share=0.3, tilted_deg=20.0))
    # The world's up against the image's vertical, in the image.
    up = view[:, 0, :, 2]
    roll_deg = torch.rad2deg(torch.atan2(up[:, 0], -up[:, 1])).abs()
    assert 5 <= int((roll_deg > 1.0).sum()) <= 20
    assert 20.0 < float(roll_deg.max()) < 80.0
    # They still look at the person.
    assert in_image(view, lens).mean(1)[:, :2].abs().max() < 1e-4


def test_a_roll_turns_the_camera_counter_clockwise() -> None:
    view, _ = poses(replace(STILL, roll_deg=30.0))
    # What is upright leans to the right in the image.
    up = view[:, 0, :, 2]
    leaning_deg = torch.rad2deg(torch.atan2(up[:, 0], -up[:, 1]))
    torch.testing.assert_close(leaning_deg, torch.full((40,), 30.0), atol=1e-3, rtol=0.0)


def test_a_hand_turns_the_camera_a_little_and_smoothly() -> None:
    view, lens = poses(HELD)
    turned = turned_deg(view)
    assert 0.3 < float(turned.square().mean().sqrt()) < 4.0
    assert float(turned_deg(view[:, 9:11])[:, 1].max()) < 1.5
    moved = (lens - lens[:, :1]).norm(dim=-1)
    assert 0.005 < float(moved.square().mean().sqrt()) < 0.1


def test_who_is_followed_stays_in_the_middle() -> None:
    spread = {}
    for name, options in {
        "held": HELD,
        "followed": replace(HELD, follow_share=1.0),
        "accompanied": replace(HELD, travel_share=1.0),
    }.items():
        place = in_image(*poses(options))
        spread[name] = float((place[..., 0] / place[..., 2]).std(1).mean())
    assert spread["followed"] < 0.6 * spread["held"]
    assert spread["accompanied"] < 0.6 * spread["held"]


@pytest.mark.parametrize("size", [0.0, 0.05])
def test_lenses_bend_what_is_far_from_the_axis(size: float) -> None:
    rays = torch.zeros(60, 1, 3, 2)
    rays[..., 1, 0], rays[..., 2, 1] = 0.1, -0.8
    bent = distorted(rays, CameraOptions(distortion=size), torch.Generator().manual_seed(0))
    growth = (bent - rays).norm(dim=-1)[:, 0]
    assert growth[:, 0].max() == 0.0
    assert growth[:, 1].max() < 0.1**3 * 4.0 * max(size, 1e-9)
    if size:
        assert 0.2 < float((growth[:, 2] > 0.0).float().mean()) < 0.8
        moved = growth[growth[:, 2] > 0.0, 2]
        assert float(moved.square().mean().sqrt()) == pytest.approx(size * 0.8**3, rel=0.5)
    else:
        torch.testing.assert_close(bent, rays)
