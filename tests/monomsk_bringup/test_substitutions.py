from pathlib import Path

import pytest

from monomsk_bringup.errors import NotInstalledError, SubstitutionError
from monomsk_bringup.substitutions import Scope, expand, parse_template

SCOPE = Scope(
    variables={"video": "/my videos/a'b.mp4", "empty": "", "flag": "true", "other": "False"},
    environment={"HOME": "/home/me"},
    launch_file=Path("/share/pkg/launch/x.launch.xml"),
    find_share=lambda package: Path("/share") / package,
)


def evaluate(text):
    return expand(parse_template(text), SCOPE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain text, with 'quotes' and (brackets)", "plain text, with 'quotes' and (brackets)"),
        ("$(var video)", "/my videos/a'b.mp4"),
        ("$(var missing fallback)", "fallback"),
        ("$(var missing '')", ""),
        ("$(env HOME)/x", "/home/me/x"),
        ("$(env MISSING $(env HOME))", "/home/me"),
        ("$(find-pkg-share monomsk_bringup)/config/a.yaml", "/share/monomsk_bringup/config/a.yaml"),
        ("$(dirname)/b.xml", "/share/pkg/launch/b.xml"),
        ("$(var $(var missing flag))", "true"),
        (r"costs 5 \$", "costs 5 $"),
        (r"\$(var flag)", "$(var flag)"),
        ("$(not $(var flag))", "false"),
        ("$(and true $(var other))", "false"),
        ("$(or true $(var other))", "true"),
        ("$(equals $(var flag) 1)", "true"),
        ("$(equals 1.50 1.5)", "true"),
        ("$(equals a A)", "false"),
        ("$(not-equals x$(var video) x)", "true"),
        ("$(not-equals x$(var empty) x)", "false"),
        ("$(eval '$(var flag) == 1')", None),
        ("$(eval \"'$(var flag)' == 'true'\")", "True"),
        (r"$(eval '\'$(var flag)\' != \'true\'')", "False"),
        ("$(eval '2 * 3 + 1')", "7"),
        ("$(eval '1.75 if 0 < 1 else 2')", "1.75"),
    ],
)
def test_values_are_those_of_ros2_launch(text, expected):
    if expected is None:  # a bare word is a name, and no name is known within expressions
        with pytest.raises(SubstitutionError, match="subset"):
            evaluate(text)
    else:
        assert evaluate(text) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("$(anon node)", "unknown substitution 'anon'"),
        ("$(command 'rm -r /')", "unknown substitution 'command'"),
        ("$(var a", "no closing"),
        ("$(var 'a)", "no closing '"),
        ("$HOME", "bare"),
        ("$(var)", "takes 1 or 2 arguments, not 0"),
        ("$(find-pkg-share a b)", "takes 1 arguments, not 2"),
        ("$(var  a)", "empty argument"),
        ("$(eval '$(var \"a\")')", "quotes within"),
        (r"\\$(var a)", "escaped backslash"),
    ],
)
def test_what_is_not_understood_is_refused_when_read(text, problem):
    with pytest.raises(SubstitutionError, match=problem.replace("(", r"\(")):
        parse_template(text)


@pytest.mark.parametrize(
    "expression",
    [
        '__import__("os").system("true")',
        'open("/etc/passwd").read()',
        "().__class__",
        "[x for x in []]",
        "1 +",
    ],
)
def test_expressions_cannot_run_code(expression):
    with pytest.raises(SubstitutionError):
        evaluate(f"$(eval '{expression}')")


def test_an_unset_variable_is_named():
    with pytest.raises(SubstitutionError, match="missing") as caught:
        evaluate("$(var missing)")
    assert caught.value.text == "missing"


def test_an_empty_word_is_not_compared():
    # ros2 launch would compare it as the two characters []
    with pytest.raises(SubstitutionError, match="empty"):
        evaluate("$(equals '' $(var empty))")


def test_missing_packages_are_an_error_of_their_own():
    def find(package):
        raise NotInstalledError(package, "not found")

    scope = Scope({}, {}, Path("x"), find)
    with pytest.raises(NotInstalledError, match="nowhere"):
        expand(parse_template("$(find-pkg-share nowhere)"), scope)
