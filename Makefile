# The usual entry points; `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

VIDEO ?=
HEIGHT_M ?=
MASS_KG ?=
MINUTES ?=
RESTARTS ?=
TESTS ?=

PYTHON := .venv/bin/python
IN_WORKSPACE := source install/setup.bash &&

.NOTPARALLEL:
.PHONY: help setup demo demo-assist test lint format bench bench-live soak restart-check motions clip-landmarks train train-quick robustness ablation check-motions bench-films train-kinetics models samples lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup:  ## install everything into this folder, build; quick when nothing changed
	@scripts/bootstrap.sh

# the script runs the set-up itself
demo:  ## a video through the running ROS graph: VIDEO=file HEIGHT_M=1.75 MASS_KG=70
	@VIDEO='$(VIDEO)' HEIGHT_M='$(HEIGHT_M)' MASS_KG='$(MASS_KG)' scripts/demo.sh

demo-assist:  ## a walk and the sample video into a simulated exoskeleton: VIDEO=file HEIGHT_M=1.75 MASS_KG=70
	@DEMO=monomsk_bringup.assist_demo OUT=demo/assist PLAYS=8 \
	  VIDEO='$(VIDEO)' HEIGHT_M='$(HEIGHT_M)' MASS_KG='$(MASS_KG)' scripts/demo.sh

# Plugins are not loaded by themselves: a sourced ROS brings some that are older than pytest.
test: setup samples lint  ## lint, type check, unit, physics and integration tests: TESTS='tests/... -k ...'
	@$(IN_WORKSPACE) PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 $(PYTHON) -m pytest $(TESTS)

lint:  ## ruff (rules and format) and mypy
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy

format:  ## let ruff format everything and fix what it can
	@$(PYTHON) -m ruff check --fix .
	@$(PYTHON) -m ruff format .

bench: setup  ## scores against reference measurements
	@$(IN_WORKSPACE) $(PYTHON) -m monomsk_analysis.bench

# MINUTES each; of other programs that work meanwhile the numbers tell more than of this one
bench-live: setup samples  ## latency, losses, CPU and memory of the running graph: MINUTES=10
	@$(IN_WORKSPACE) $(PYTHON) -m monomsk_bringup.live_bench $(if $(MINUTES),--minutes $(MINUTES)) --out out/live

soak: setup samples  ## an hour of the running graph; fails when memory or latency drift: MINUTES=60
	@$(IN_WORKSPACE) $(PYTHON) -m monomsk_bringup.live_bench --soak $(if $(MINUTES),--minutes $(MINUTES)) --out out/live

restart-check: setup samples  ## time without results after a node was killed: RESTARTS=20
	@$(IN_WORKSPACE) $(PYTHON) -m monomsk_bringup.restart_check $(if $(RESTARTS),--restarts $(RESTARTS))

DATA ?= ../shared/data
TRAINING_PATH := src/monomsk_training:src/monomsk_perception:src/monomsk_dynamics:src/monomsk_description
MOTIONS := out/motions
TRAIN := PYTHONPATH=$(TRAINING_PATH) $(PYTHON) -m monomsk_training.train --data $(DATA) \
  --prepared $(MOTIONS) --config config/training.yaml

motions: $(MOTIONS)/complete  ## joint angles of the marker recordings in DATA, for the training; minutes
$(MOTIONS)/complete: scripts/marker_motions.py $(wildcard src/monomsk_analysis/monomsk_analysis/marker_*.py) | setup
	@PYTHONPATH=src/monomsk_analysis:$(TRAINING_PATH) $(PYTHON) scripts/marker_motions.py \
	  --data $(DATA) --out $(MOTIONS)
	@touch $@

LANDMARKS := out/landmarks
clip-landmarks: setup samples  ## landmarks of the real clips that choose weights; a minute
	@PYTHONPATH=$(TRAINING_PATH) $(PYTHON) scripts/clip_landmarks.py --out $(LANDMARKS) \
	  --videos "$$($(PYTHON) scripts/fetch_samples.py)" $(DATA)

train: motions clip-landmarks  ## train the lifter on the recordings in DATA; hours; continues where it stopped
	@$(TRAIN) --clips config/real_clips.yaml --landmarks $(LANDMARKS) --out out/training

train-quick: motions  ## four minutes of the same, to see that it works
	@$(TRAIN) --out out/training-quick --minutes 4

robustness: motions  ## errors of the lifter against noise, camera and frame rate, on held-out films
	@PYTHONPATH=$(TRAINING_PATH) $(PYTHON) -m monomsk_training.robustness --data $(DATA) --prepared $(MOTIONS)

ablation: motions clip-landmarks  ## what each part of the physics adds to the lifter; from the checkpoint in START
	@PYTHONPATH=$(TRAINING_PATH) $(PYTHON) -m monomsk_training.ablation --data $(DATA) --prepared $(MOTIONS) \
		--clips config/real_clips.yaml --landmarks $(LANDMARKS) $(if $(START),--start-from $(START)) --out out/ablation

check-motions: motions  ## what the recorded motions would take of a body, and which are dropped for it
	@PYTHONPATH=$(TRAINING_PATH) $(PYTHON) scripts/check_motions.py --data $(DATA) --prepared $(MOTIONS)

bench-films: motions  ## windows a second that two processes film; quiet machine
	@PYTHONPATH=$(TRAINING_PATH) $(PYTHON) -m monomsk_training.film_speed --data $(DATA) --prepared $(MOTIONS)

TRIALS ?= out/plate_trials
train-kinetics: setup  ## train the inverse-dynamics transformer on the files of plate_trials in TRIALS
	@$(IN_WORKSPACE) $(PYTHON) -m monomsk_training.train_kinetics --trials $(TRIALS) --out out/kinetics

models:  ## fetch the pose networks, the optional ones too
	@$(PYTHON) scripts/fetch_models.py

samples:  ## fetch the sample videos
	@$(PYTHON) scripts/fetch_samples.py >/dev/null

lock:  ## write requirements/*.lock from what is installed in .venv
	@$(PYTHON) scripts/lock.py

clean:  ## remove what setup and the tools made here
	rm -rf .venv build install log .pytest_cache .mypy_cache .ruff_cache .hypothesis
