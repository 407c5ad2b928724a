#!/usr/bin/env bash
# A video through the running ROS graph and through the offline analysis; results in demo/.
#
#   scripts/demo.sh                                             the sample video
#   VIDEO=walk.mp4 HEIGHT_M=1.75 MASS_KG=70 scripts/demo.sh     another
#
# `make demo-assist` gives DEMO, OUT and PLAYS: another program for the live part, its folder, how often
# the sample is played.
#
# The sample shows a person whose height and mass nobody recorded: they are assumed, and every
# result says so. It lasts 1.7 s and is played four times live, so that the latencies mean something.
set -euo pipefail

# a video named relative to where the user is, not to the repository
VIDEO=${VIDEO:+$(realpath -- "$VIDEO")}
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/bootstrap.sh

arguments=(--out "${OUT:-demo}")
if [ -n "${VIDEO:-}" ]; then
  arguments+=(--video "$VIDEO")
else
  samples=$(.venv/bin/python scripts/fetch_samples.py | tail -n 1)
  arguments+=(--video "$samples/cam01.mp4" --plays "${PLAYS:-4}")
fi
[ -z "${HEIGHT_M:-}" ] || arguments+=(--height-m "$HEIGHT_M")
[ -z "${MASS_KG:-}" ] || arguments+=(--mass-kg "$MASS_KG")

set +u
# shellcheck disable=SC1091
source install/setup.bash
set -u
exec .venv/bin/python -m "${DEMO:-monomsk_bringup.demo}" "${arguments[@]}"
