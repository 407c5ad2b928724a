"""Prints the muscles' part of the benchmarks, in seconds.

Usage:
    .venv/bin/python scripts/bench_muscles.py [--data ../shared/data]
"""

import argparse
from pathlib import Path

from monomsk_analysis.bench_muscles import bench_muscles
from monomsk_analysis.bench_muscles_report import muscle_sections
from monomsk_description.threads import use_one_thread


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    use_one_thread()
    root = Path(__file__).resolve().parents[1]
    scores = bench_muscles(root, parser.parse_args().data / "mocap_walking_3d")
    print("\n\n".join(muscle_sections(scores)))


if __name__ == "__main__":
    main()
