"""Curves of a run: they grow, survive a restart, and can be looked at."""

from pathlib import Path

from monomsk_training.curves import PAGE_NAME, Curves


def test_curves_grow_and_a_continued_run_forgets_what_came_after_its_checkpoint(
    tmp_path: Path,
) -> None:
    curves = Curves(tmp_path)
    for step in (100, 200, 300):
        curves.add(step, step / 60.0, {"angle": 1.0 / step, "score_selection": 9.0 - step / 100.0})
    again = Curves(tmp_path)
    again.forget_after(200)
    assert again.read()["score_selection"] == ([100, 200], [8.0, 7.0])
    again.add(250, 4.0, {"angle": 0.5})
    assert curves.read()["angle"] == ([100, 200, 250], [0.01, 0.005, 0.5])
    again.draw()
    page = (tmp_path / PAGE_NAME).read_text("utf-8")
    assert "angle" in page
    assert "score_selection" in page


def test_a_new_run_starts_empty(tmp_path: Path) -> None:
    curves = Curves(tmp_path)
    curves.forget_after(-1)
    assert curves.read() == {}
