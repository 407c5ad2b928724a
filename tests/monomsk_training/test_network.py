"""The lifter's network, its losses and the training loop."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from monomsk_perception import lifter_answer
from monomsk_perception.lifter_answer import HISTORY_FRAMES
from monomsk_perception.lifter_network import CARD_NAME, WEIGHTS_NAME
from monomsk_training.bodies import shape_statistics
from monomsk_training.checkpoints import read_checkpoint
from monomsk_training.config import OptimizerOptions, TrainingConfig, load_config
from monomsk_training.curves import Curves
from monomsk_training.errors import RecipeError
from monomsk_training.evaluation import Evaluation, TorchNetwork, leg_error_deg
from monomsk_training.export import largest_difference_deg, load_model, write_weights
from monomsk_training.filming import Film, subject_token
from monomsk_training.library import Library
from monomsk_training.losses import LifterLoss, LossOptions
from monomsk_training.motion_clip import COORDINATE_NAMES
from monomsk_training.network import Lifted, LifterModel, NetworkOptions
from monomsk_training.sampler import SamplerOptions
from monomsk_training.trainer import FilmSource, Trainer

SMALL = TrainingConfig(
    network=NetworkOptions(width=32, layers=2, heads=2),
    motions=SamplerOptions(mixture={"gait": 0.5, "sit_to_stand": 0.5}),
    optimizer=OptimizerOptions(batch=8, steps=12, warm_up=2, kept_films=2, learning_rate=2e-3),
)
NOTHING = Library((), np.zeros(0))


@pytest.fixture(scope="module")
def source() -> FilmSource:
    return FilmSource(NOTHING, SMALL, 3)


@pytest.fixture(scope="module")
def film(source: FilmSource) -> Film:
    return source.films(8)


@pytest.fixture(scope="module")
def model() -> LifterModel:
    torch.manual_seed(0)
    return LifterModel(SMALL.network).eval()


def lift(model: LifterModel, film: Film) -> Lifted:
    with torch.no_grad():
        return model(film.rays, film.visibility, film.seen.float(), film.subject)


def test_frames_asked_for_are_answered_as_among_all(model, film: Film) -> None:
    everything = lift(model, film)
    asked = torch.tensor([40, 63, 5])
    with torch.no_grad():
        chosen = model(film.rays, film.visibility, film.seen.float(), film.subject, asked)
    for name, part in chosen._asdict().items():
        if name != "proportions":
            torch.testing.assert_close(part, getattr(everything, name)[:, asked])


def test_one_window_alone_is_answered_as_in_a_batch(model, film: Film) -> None:
    batch = lift(model, film)
    with torch.no_grad():
        alone = model(film.rays[2], film.visibility[2], film.seen[2].float(), film.subject[2])
    for name, part in alone._asdict().items():
        torch.testing.assert_close(part, getattr(batch, name)[2])


def test_a_short_window_is_one_whose_last_frames_are_unseen(model, film: Film) -> None:
    film = replace(film, seen=film.seen.index_fill(1, torch.tensor([0]), True))
    masked = replace(film, seen=film.seen.index_fill(1, torch.arange(25, 64), False))
    whole = lift(model, masked)
    for name, part in lift(model, film.part(slice(25)))._asdict().items():
        answer = getattr(whole, name)
        torch.testing.assert_close(part, answer if name == "proportions" else answer[:, :25])


def test_the_exported_file_answers_as_the_network(model, tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="writing ONNX files needs the package onnx")
    sha256 = write_weights(model, tmp_path / WEIGHTS_NAME)
    card = {
        "sha256": sha256, "skeleton": "any", "coordinates": list(COORDINATE_NAMES),
        "landmarks": list(lifter_answer.USED_LANDMARKS),
    }  # fmt: skip
    (tmp_path / CARD_NAME).write_text(yaml.safe_dump(card))
    assert largest_difference_deg(model, tmp_path) < 1e-3


def test_distance_and_focal_length_do_not_change_the_angles(model, film: Film) -> None:
    """A body twice as far looks half as large; straight ahead nothing else changes."""
    centred = film.rays - 0.5 * (film.rays[..., 9:10, :] + film.rays[..., 10:11, :])
    hips = lift(model, replace(film, rays=centred))
    far = lift(model, replace(film, rays=0.5 * centred))
    ratio = far.pelvis_position[..., 2] / hips.pelvis_position[..., 2]
    assert 1.6 < float(ratio.median()) < 2.5
    assert float((far.coordinates - hips.coordinates).abs().max()) < 0.3


def test_turning_the_camera_turns_the_answer(model, film: Film) -> None:
    """Looking elsewhere by a turn about the optical y leaves the body as it is in the world."""
    angle = 0.2
    turn = torch.tensor(
        [
            [np.cos(angle), 0.0, np.sin(angle)],
            [0.0, 1.0, 0.0],
            [-np.sin(angle), 0.0, np.cos(angle)],
        ],
        dtype=torch.float32,
    )
    full = torch.cat([film.rays, torch.ones_like(film.rays[..., :1])], -1) @ turn.T
    with torch.no_grad():
        # The network may use where the person is in the image; without that it cannot matter.
        model.enter.weight[:, -3:-1] = 0.0
    before = lift(model, film)
    after = lift(model, replace(film, rays=full[..., :2] / full[..., 2:]))
    torch.testing.assert_close(after.coordinates, before.coordinates, atol=2e-3, rtol=0.0)
    torch.testing.assert_close(
        after.pelvis_rotation, turn @ before.pelvis_rotation, atol=5e-3, rtol=0.0
    )


def test_the_truth_costs_nothing_and_errors_cost_something(source: FilmSource, film: Film) -> None:
    loss = LifterLoss(LossOptions(), source.studio)
    truth = Lifted(
        film.pelvis_rotation, film.pelvis_position, torch.zeros(8, 64, 2), film.coordinates,
        torch.zeros(8, 64, 31), film.proportions, 40.0 * film.contact - 20.0,
    )  # fmt: skip
    parts = loss(truth, film)
    assert all(abs(float(value)) < 2e-3 for value in parts.values()), parts
    bent = truth._replace(coordinates=film.coordinates + 0.1)
    worse = loss(bent, film)
    for name in ("angle", "places", "image", "spread"):
        assert float(worse[name]) > float(parts[name]) + 1e-3, name


def test_subject_tokens_agree_with_perception() -> None:
    names = shape_statistics().names
    assert names == lifter_answer.LENGTH_NAMES
    ratios = {"thigh": 1.1, "forearm": 0.9}
    proportions = torch.tensor([[np.log(ratios.get(name, 1.0)) for name in names]])
    known = torch.tensor([[float(name in ratios) for name in names]])
    ours = subject_token(torch.tensor([1.6]), proportions, known)[0]
    np.testing.assert_allclose(ours, lifter_answer.subject_token(1.6, ratios), atol=1e-6)


@pytest.mark.parametrize("frames", [1, 9, 30])
def test_films_may_end_early(model, source: FilmSource, film: Film, frames: int) -> None:
    short = film.part(slice(frames))
    assert short.world_position.shape == (8, frames, 3)
    assert short.heights is film.heights
    parts = LifterLoss(LossOptions(), source.studio)(lift(model, short), short)
    assert all(torch.isfinite(part) for part in parts.values())


def test_live_the_last_frames_count_more(model, source: FilmSource, film: Film) -> None:
    truth = lift(model, film)
    film = replace(film, coordinates=truth.coordinates, seen=torch.ones_like(film.seen))
    losses = []
    for wrong in (10, 54, 55):
        coordinates = truth.coordinates.clone()
        coordinates[:, wrong] += 0.1
        answer = truth._replace(coordinates=coordinates)
        loss = LifterLoss(LossOptions(late=3.0), source.studio)
        losses.append([float(loss(answer, film, late_frames=n)["angle"]) for n in (9, 0)])
    (early, plain), (before, _), (late, plain_too) = losses
    assert plain_too == pytest.approx(plain, rel=1e-4)
    assert before == pytest.approx(early, rel=1e-4)
    assert late == pytest.approx(3.0 * early, rel=1e-4)


def test_small_errors_may_count_by_their_squares(model, source: FilmSource, film: Film) -> None:
    truth = lift(model, film)
    film = replace(film, coordinates=truth.coordinates)

    def angle(error_rad: float, round_deg: float) -> float:
        answer = truth._replace(coordinates=truth.coordinates + error_rad)
        return float(
            LifterLoss(LossOptions(round_deg=round_deg), source.studio)(answer, film)["angle"]
        )

    assert angle(0.002, 4.0) == pytest.approx(4.0 * angle(0.001, 4.0), rel=0.02)
    assert angle(0.002, 0.0) == pytest.approx(2.0 * angle(0.001, 0.0), rel=0.02)
    assert angle(3.0, 4.0) - angle(2.0, 4.0) == pytest.approx(angle(1.0, 0.0), rel=0.02)
    with pytest.raises(RecipeError, match="round_deg"):
        LifterLoss(LossOptions(round_deg=-1.0), source.studio)


@pytest.mark.parametrize("look_ahead", [0, 8])
def test_delays_are_scored_on_windows_as_the_product_asks_for_them(
    source: FilmSource, look_ahead: int
) -> None:
    film, known = source.films(2), []

    class Model(LifterModel):
        def forward(self, rays: torch.Tensor, *inputs: torch.Tensor) -> Lifted:
            known.append((rays, *(numbers.tolist() for numbers in inputs[-2:])))
            return super().forward(rays, *inputs)

    leg_error_deg(Model(SMALL.network), film, look_ahead)
    for (rays, asked, numbers), end in zip(known, (64, 60, 56, 52), strict=True):
        own = end - 1 - look_ahead
        shown = lifter_answer.live_numbers(own, look_ahead)
        torch.testing.assert_close(rays, film.rays[:, shown])
        assert shown[asked].tolist() == [own]
        assert np.asarray(numbers)[asked] == [HISTORY_FRAMES - 1]
        assert np.diff(numbers).tolist() == np.diff(shown).tolist()


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_windows_are_cut_for_live_answers_or_whole_and_physical(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    config = replace(SMALL, optimizer=replace(SMALL.optimizer, cut_share=share, batch=2, steps=30))
    trainer = Trainer(config, FilmSource(NOTHING, config, 1), Evaluation(), tmp_path)
    lengths: list[int] = []
    thinned: list[bool] = []
    physical: list[int] = []
    monkeypatch.setattr(trainer, "_physics", lambda lifted, film, step: physical.append(step) or {})

    def watch(_: object, inputs: tuple[torch.Tensor, ...]) -> None:
        lengths.append(inputs[0].shape[1])
        thinned.append(len(inputs) == 6)

    trainer.model.register_forward_pre_hook(watch)
    trainer.run()
    if share:
        live = {
            len(lifter_answer.live_numbers(63 - look_ahead, look_ahead)) for look_ahead in range(9)
        }
        assert 8 <= sum(thinned) <= 22 and max(lengths) > 30 and not physical
        assert {n for n, thin in zip(lengths, thinned, strict=True) if thin} <= live
    else:
        assert lengths == 30 * [64] and not any(thinned) and len(physical) == 30


def test_training_lowers_the_loss_saves_and_continues(tmp_path: Path, source: FilmSource) -> None:
    evaluation = Evaluation({"held out": source.films(8)}, look_ahead=(0,))
    config = replace(SMALL, optimizer=replace(SMALL.optimizer, steps=40))
    trainer = Trainer(config, FilmSource(NOTHING, config, 1), evaluation, tmp_path)
    before = evaluation.score(trainer.averaged).selection
    trainer.run()
    after = evaluation.score(trainer.averaged).selection
    assert after < 0.9 * before
    assert (tmp_path / "best.pt").exists()
    curves = Curves(tmp_path).read()
    assert curves["score_held out_ahead0"][0] == [0, 40]
    steps, selection = curves["score_selection"]
    assert selection[-1] == pytest.approx(after, abs=1e-3)
    longer = replace(config, optimizer=replace(config.optimizer, steps=42))
    second = Trainer(longer, FilmSource(NOTHING, longer, 1), evaluation, tmp_path)
    assert second.resume()
    assert second.step == 40
    assert evaluation.score(second.averaged).selection == pytest.approx(after, abs=1e-4)
    second.run()
    assert second.step == 42


def test_an_interrupt_while_a_checkpoint_is_saved_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(SMALL, optimizer=replace(SMALL.optimizer, steps=2))
    trainer = Trainer(config, FilmSource(NOTHING, config, 1), Evaluation(), tmp_path)
    trainer.checkpoint()

    def half(saved: object, path: Path) -> None:
        path.write_bytes(b"half of it")
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted, pytest.raises(KeyboardInterrupt):
        interrupted.setattr(torch, "save", half)
        trainer.run()
    assert trainer.resume()


def test_weights_of_a_gpu_are_exported_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(SMALL, optimizer=replace(SMALL.optimizer, steps=1))
    trainer = Trainer(config, FilmSource(NOTHING, config, 1), Evaluation(), tmp_path)
    with monkeypatch.context() as on_gpu:
        on_gpu.setattr(torch.serialization, "location_tag", lambda _storage: "cuda:0")
        trainer.checkpoint()
    model, _ = load_model(tmp_path / "best.pt")
    assert {values.device.type for values in model.parameters()} == {"cpu"}
    assert trainer.resume()


def test_a_run_may_start_from_the_mean_of_others(tmp_path: Path) -> None:
    config = replace(SMALL, optimizer=replace(SMALL.optimizer, steps=2))
    runs = []
    for seed in (1, 2):
        run = Trainer(
            replace(config, seed=seed), FilmSource(NOTHING, config, seed), Evaluation(),
            tmp_path / str(seed),
        )  # fmt: skip
        run.run()
        runs.append(run)
    third = Trainer(config, FilmSource(NOTHING, config, 3), Evaluation(), tmp_path / "c")
    third.start_from(*(tmp_path / str(seed) / "last.pt" for seed in (1, 2)))
    models = (third.model, *(run.averaged for run in runs))
    for mean, one, two in zip(*(model.parameters() for model in models), strict=True):
        torch.testing.assert_close(mean, 0.5 * (one + two))
    third.checkpoint()
    assert len(read_checkpoint(tmp_path / "c" / "last.pt")["before"]) == 2


def test_a_run_may_start_from_the_weights_of_another(tmp_path: Path) -> None:
    config = replace(SMALL, optimizer=replace(SMALL.optimizer, steps=3))
    first = Trainer(config, FilmSource(NOTHING, config, 1), Evaluation(), tmp_path / "a")
    first.run()
    second = Trainer(config, FilmSource(NOTHING, config, 2), Evaluation(), tmp_path / "b")
    second.start_from(tmp_path / "a" / "last.pt")
    for own, other in zip(second.model.parameters(), first.averaged.parameters(), strict=True):
        torch.testing.assert_close(own, other)
    assert second.step == 0
    second.run()
    saved = torch.load(tmp_path / "b" / "best.pt", weights_only=False)
    assert [run["steps"] for run in saved["before"]] == [3]


def test_the_model_answers_through_the_lifters_interface(model: LifterModel) -> None:
    rays = 0.1 * np.random.default_rng(0).normal(size=(64, 19, 2))
    track = lifter_answer.Track(rays, np.ones((64, 19)), np.ones(64))
    answer = TorchNetwork(model)(track, np.zeros(17))
    assert answer.coordinates.shape == (64, 31)
    rotations = answer.pelvis_rotation
    np.testing.assert_allclose(
        rotations @ rotations.transpose(0, 2, 1), np.eye(3)[None].repeat(64, axis=0), atol=1e-4
    )


def test_unknown_keys_of_a_configuration_are_named(tmp_path: Path) -> None:
    path = tmp_path / "training.yaml"
    path.write_text("optimizer: {batch: 4, bach: 5}")
    with pytest.raises(RecipeError, match="optimizer.bach"):
        load_config(path)
    path.write_text("network: {width: 64}\nseed: 9")
    config = load_config(path)
    assert (config.network.width, config.seed, config.optimizer.batch) == (64, 9, 64)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("optimizer: {minutes: long}", "optimizer.minutes: 'long' is no float"),
        ("optimizer: {batch: 4.5}", "optimizer.batch: 4.5 is no int"),
        ("optimizer: {steps: 0}", "optimizer.steps: 0 is not positive"),
        ("optimizer: {cut_share: 1.2}", "optimizer.cut_share: 1.2 is no share"),
        ("films: {noise: {gain: [0.0, 1.0]}}", "films.noise.gain: .* must be positive"),
        ("films: {noise: {moving_m_s: 0}}", "films.noise.moving_m_s: 0.0 is not positive"),
        ("network: wide", "network: 'wide' are no entries"),
    ],
)
def test_values_that_cannot_be_are_named(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "training.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=named):
        load_config(path)


def test_numbers_may_be_written_as_people_do(tmp_path: Path) -> None:
    path = tmp_path / "training.yaml"
    path.write_text("optimizer: {learning_rate: 1e-3, minutes: 5}")
    assert load_config(path).optimizer.learning_rate == 1e-3


def test_importance_of_some_coordinates_leaves_that_of_others(source: FilmSource) -> None:
    usual = LifterLoss(LossOptions(), source.studio)
    knees = LifterLoss(LossOptions(importance={"knee_angle": 7.0}), source.studio)
    changed = [COORDINATE_NAMES[k] for k in torch.nonzero(usual._importance != knees._importance)]
    assert changed == ["knee_angle_r", "knee_angle_l"]
    with pytest.raises(RecipeError, match=r"loss.importance.*knee_angel"):
        LifterLoss(LossOptions(importance={"knee_angel": 7.0}), source.studio)


@pytest.mark.parametrize(
    ("mixture", "reason"),
    [({"walk": 1.0}, "walk; known: balance, bend"), ({"gait": 0.0}, "all of them zero"),
     ({"gait": 1.0, "squat": -0.1}, "negative"), ({"clips": 0.1, "gait": 0.9}, "has none")],
)  # fmt: skip
def test_a_mixture_of_what_there_is_not_is_refused(mixture: dict[str, float], reason: str) -> None:
    with pytest.raises(RecipeError, match=reason):
        FilmSource(NOTHING, replace(SMALL, motions=SamplerOptions(mixture=mixture)), 1)
