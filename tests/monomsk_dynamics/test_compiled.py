"""Compiled functions: cached between runs, interpreted where nothing can compile."""

import shutil

import casadi as ca
import numpy as np
import pytest

from monomsk_dynamics.layers import compiled as module
from monomsk_dynamics.layers.compiled import CACHE_VARIABLE, cache_folder, compiled

needs_compiler = pytest.mark.skipif(
    not any(map(shutil.which, module.COMPILERS)), reason="no C compiler on this machine"
)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def two_functions(factor=2.0):
    x = ca.SX.sym("x", 3)
    return [
        ca.Function("sines", [x], [ca.densify(factor * ca.sin(x))]),
        ca.Function("square", [x], [ca.densify(x * x)]),
    ]


@needs_compiler
def test_compiled_functions_give_the_same_numbers(cache):
    functions = two_functions()
    fast = compiled(functions)
    assert [function.name() for function in fast] == ["sines", "square"]
    assert all(function.class_name() == "External" for function in fast)
    x = np.array([0.3, -1.0, 2.0])
    for quick, slow in zip(fast, functions, strict=True):
        np.testing.assert_allclose(np.array(quick(x)), np.array(slow(x)), atol=1e-15)


@needs_compiler
def test_the_next_run_finds_what_was_compiled(cache, monkeypatch):
    compiled(two_functions())
    assert len(list(cache.glob("*.so"))) == 1
    monkeypatch.setattr(module, "_compile", lambda *_: pytest.fail("compiled again"))
    assert compiled(two_functions())[0].class_name() == "External"


@needs_compiler
def test_other_numbers_are_another_library(cache):
    compiled(two_functions())
    other = compiled(two_functions(3.0))
    assert len(list(cache.glob("*.so"))) == 2
    assert float(other[0](np.ones(3))[0]) == pytest.approx(3.0 * np.sin(1.0))


def test_without_a_compiler_functions_stay_interpreted(cache, monkeypatch):
    monkeypatch.setenv("PATH", "")
    functions = two_functions()
    assert compiled(functions) == functions
    assert not list(cache.glob("*.so"))


def test_a_compiler_that_fails_is_no_failure(cache, monkeypatch, caplog):
    monkeypatch.setattr(module.shutil, "which", lambda name: "/bin/false")
    functions = two_functions()
    assert compiled(functions) == functions
    assert "stay interpreted" in caplog.text


def test_short_recordings_do_not_wait_for_a_compiler(cache):
    functions = two_functions()
    assert compiled(functions, compile_missing=False) == functions


def test_cache_lies_in_the_user_s_cache(monkeypatch, tmp_path):
    monkeypatch.delenv(CACHE_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "monomsk"
