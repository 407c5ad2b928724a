"""The arithmetic of the restart check; running it is `make restart-check`."""

from monomsk_bringup.restart_check import Recovery, Results, summary


def test_the_summary_tells_each_part_and_the_worst() -> None:
    runs = [Recovery(2.0 + k, 0.5, 1.2, 0.3 + k) for k in range(11)]
    lines = summary(runs).splitlines()
    assert lines[0] == "silence: median 7.00 s, 90 % 11.00 s, worst 12.00 s"
    assert lines[1] == "respawn: median 0.50 s, 90 % 0.50 s, worst 0.50 s"
    assert lines[3] == "discovery: median 5.30 s, 90 % 9.30 s, worst 10.30 s"


def test_results_are_counted_once_and_only_in_whole_lines(tmp_path) -> None:
    windows = tmp_path / "windows.jsonl"
    results = Results(windows)
    assert results.update() == 0
    windows.write_text('{"ages_ms": [40.0, 41.0]}\n{"ages_ms": []}\n{"ages_')
    assert results.update() == results.update() == 2
    with windows.open("a") as file:
        file.write('ms": [39.0]}\n')
    assert results.update() == 3
