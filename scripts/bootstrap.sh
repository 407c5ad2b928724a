#!/usr/bin/env bash
# Sets everything up in this folder; run it again at any time: what is up to date is left alone.
#
#   .venv/      Python environment: pinned packages, and ROS 2 Jazzy as wheels
#   install/    the built packages: source install/setup.bash
#
# Where /opt/ros/jazzy is sourced, that ROS is used and no wheels are installed.
# MONOMSK_PYTHON names another interpreter than python3.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

ROOT=$PWD
VENV=$ROOT/.venv
PYTHON=$VENV/bin/python3
STAMPS=$VENV/.monomsk
LOG=$ROOT/log/setup.log
ROS_PREFIX=/opt/ros/jazzy

fail() { printf '\nset-up: %s\n' "$*" >&2; exit 1; }

# step NAME COMMAND...: one line with the seconds it took; on failure the end of the log.
# (Inside, `set -e` does not count: commands that may fail say `|| return`.)
step() {
  local name=$1 start=$SECONDS
  shift
  printf '  %-28s' "$name"
  printf '\n=== %s\n' "$name" >>"$LOG"
  if ! "$@" >>"$LOG" 2>&1; then
    printf 'failed\n\n' >&2
    tail -n 25 "$LOG" >&2
    fail "$name failed; all of it is in log/setup.log"
  fi
  printf '%4d s\n' "$((SECONDS - start))"
}

up_to_date() { printf '  %-28sup to date\n' "$1"; }

stamp_is() { [ "$(cat "$STAMPS/$1" 2>/dev/null)" = "$2" ]; }
stamp() { mkdir -p "$STAMPS" && printf '%s\n' "$2" >"$STAMPS/$1"; }
digest() { sha256sum | cut -c1-32; }

# --- what the system must have ------------------------------------------------------------------

missing_system_packages() {
  local command
  for command in cmake g++ make; do
    command -v "$command" >/dev/null || echo "$command"
  done
  command -v "$SYSTEM_PYTHON" >/dev/null || { echo python3; echo python3-venv; echo python3-dev; return; }
  "$SYSTEM_PYTHON" -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
  "$SYSTEM_PYTHON" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' 2>/dev/null \
    || echo python3-dev
}

install_system_packages() {
  apt-get update -qq || return
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

check_system() {
  local missing
  mapfile -t missing < <(missing_system_packages)
  if [ ${#missing[@]} -gt 0 ]; then
    command -v apt-get >/dev/null || fail "please install: ${missing[*]}"
    [ "$(id -u)" = 0 ] || fail "some system packages are missing. Run this, then try again:

    sudo apt-get install -y ${missing[*]}"
    step "system packages" install_system_packages "${missing[@]}"
  fi
  "$SYSTEM_PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
    || fail "Python 3.11 or newer is needed, $SYSTEM_PYTHON is $("$SYSTEM_PYTHON" -V 2>&1)"
}

# --- which ROS ----------------------------------------------------------------------------------

# Drops this folder's own entries from the lists that a shell which sourced install/setup.bash has.
forget_own_paths() {
  local variable entry kept
  for variable in AMENT_PREFIX_PATH CMAKE_PREFIX_PATH COLCON_PREFIX_PATH LD_LIBRARY_PATH PYTHONPATH PATH; do
    [ -n "${!variable:-}" ] || continue
    kept=
    while IFS= read -r -d: entry; do
      case $entry in "$ROOT" | "$ROOT"/*) ;; *) kept=${kept:+$kept:}$entry ;; esac
    done <<<"${!variable}:"
    export "$variable=$kept"
  done
}

ros_is_sourced() {
  case ":${AMENT_PREFIX_PATH:-}:" in *":$ROS_PREFIX:"*) [ "${ROS_DISTRO:-}" = jazzy ] ;; *) false ;; esac
}

# Sets ROS to "apt" or "wheels". A folder set up with apt's ROS stays with it in any shell.
choose_ros() {
  forget_own_paths
  if ros_is_sourced; then
    ROS=apt
  elif [ "$(cat "$STAMPS/ros" 2>/dev/null)" = apt ] && [ -f $ROS_PREFIX/setup.bash ]; then
    ROS=apt
    set +u
    # shellcheck disable=SC1091
    source $ROS_PREFIX/setup.bash
    set -u
  else
    ROS=wheels
    [ "$(uname -m)" = x86_64 ] || fail "ROS 2 comes as wheels for x86-64 only. On this machine install \
ROS 2 Jazzy with apt, then: source $ROS_PREFIX/setup.bash"
    unset AMENT_PREFIX_PATH CMAKE_PREFIX_PATH COLCON_PREFIX_PATH PYTHONPATH LD_LIBRARY_PATH ROS_DISTRO
  fi
}

# --- the Python environment ---------------------------------------------------------------------

create_environment() {
  local options=(--clear)
  [ "$ROS" = apt ] && options+=(--system-site-packages)
  "$SYSTEM_PYTHON" -m venv "${options[@]}" "$VENV" || return
  touch "$VENV/COLCON_IGNORE"
  stamp home "$VENV"
  stamp ros "$ROS"
}

# An environment cannot be moved, nor change between apt's ROS and the wheels: then it is made anew.
ensure_environment() {
  if [ -x "$PYTHON" ] && stamp_is home "$VENV" && stamp_is ros "$ROS" && "$PYTHON" -c ''; then
    up_to_date "Python environment"
  else
    step "Python environment" create_environment
  fi
}

lock_files() {
  echo requirements/core.lock
  echo requirements/build.lock
  [ "$ROS" = apt ] || echo requirements/ros.lock
  echo requirements/dev.lock
}

install_packages() {
  local locks
  mapfile -t locks < <(lock_files)
  # without PYTHONPATH: pip must not take a sourced ROS's packages for the environment's own
  env -u PYTHONPATH "$PYTHON" -m pip install --disable-pip-version-check --no-input "${locks[@]/#/--requirement=}" \
    || return
  [ "$ROS" = apt ] || "$PYTHON" scripts/relocate_ros_wheels.py
}

ensure_packages() {
  local wanted
  wanted=$({ "$PYTHON" -V; lock_files | xargs cat; cat scripts/relocate_ros_wheels.py; } | digest)
  if stamp_is packages "$wanted"; then
    up_to_date "Python packages"
  else
    step "Python packages" install_packages
    stamp packages "$wanted"
  fi
  PACKAGES=$wanted
  "$PYTHON" scripts/environment_files.py
}

# --- pose networks ------------------------------------------------------------------------------

ensure_models() {
  local wanted folder
  wanted=$({ echo "${MONOMSK_MODEL_DIR:-} ${XDG_CACHE_HOME:-}"
    cat src/monomsk_perception/monomsk_perception/data/models.yaml; } | digest)
  if stamp_is models "$wanted"; then
    "$PYTHON" scripts/fetch_models.py --required >>"$LOG" 2>&1 && up_to_date "pose models" && return
  fi
  step "pose models" "$PYTHON" scripts/fetch_models.py
  stamp models "$wanted"
  grep -h '^optional pose models left out' <(tail -n 3 "$LOG") | sed 's/^/    /' || true
}

# --- the packages of src/ -----------------------------------------------------------------------

# What a build depends on. Python modules are linked, not copied: editing one needs no build.
build_digest() {
  {
    echo "$ROOT $PACKAGES $ROS"
    find src -path '*/__pycache__' -prune -o \( -name package.xml -o -name 'setup.*' -o -name CMakeLists.txt \
      -o -name '*.msg' -o -name '*.srv' -o -path '*/resource/*' \) -type f -print0 | sort -z | xargs -0 sha256sum
    find . -maxdepth 2 \( -path './launch/*' -o -path './config/*' \) | sort
  } | digest
}

build() {
  [ "$ROS" = apt ] || source "$VENV/local_setup.bash"
  export PATH=$VENV/bin:$PATH PYTHONWARNINGS=ignore
  mkdir -p build install
  find build install -xtype l -delete # links to files that are gone
  colcon --log-base log build --base-paths src --symlink-install \
    --event-handlers console_direct- console_cohesion+ \
    --cmake-args -DBUILD_TESTING=OFF "-DPython3_EXECUTABLE=$PYTHON" --no-warn-unused-cli
}

ensure_build() {
  local wanted
  wanted=$(build_digest)
  if [ -f install/setup.bash ] && stamp_is build "$wanted"; then
    up_to_date "build"
  else
    step "build" build
    stamp build "$wanted"
  fi
}

# ------------------------------------------------------------------------------------------------

main() {
  local start=$SECONDS
  case $ROOT in *[[:space:]]*) fail "a path with spaces will not do: $ROOT" ;; esac
  SYSTEM_PYTHON=${MONOMSK_PYTHON:-python3}
  mkdir -p log
  touch log/COLCON_IGNORE
  exec 9>log/.setup.lock
  flock 9
  : >"$LOG"
  choose_ros
  echo "monomsk set-up, ROS 2 Jazzy from $ROS"
  check_system
  ensure_environment
  ensure_packages
  ensure_models
  ensure_build
  echo "ready after $((SECONDS - start)) s"
}

main "$@"
