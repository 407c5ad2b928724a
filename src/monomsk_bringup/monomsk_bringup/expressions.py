"""The Python expressions of `$(eval ...)`, limited to what a condition needs.

ros2 launch evaluates any Python. Here: constants, comparisons, arithmetic, boolean operators,
conditional expressions and a few conversions, so that an argument's text cannot run code.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from monomsk_bringup.errors import SubstitutionError

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, whole: item in whole,
    ast.NotIn: lambda item, whole: item not in whole,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "float": float,
    "int": int,
    "len": len,
    "max": max,
    "min": min,
    "str": str,
}


def evaluate_expression(text: str) -> str:
    """Evaluate an expression.

    Args:
        text: Python, within the subset.

    Returns:
        `str` of the result.

    Raises:
        SubstitutionError: Not Python, outside the subset, or failing.
    """
    try:
        return str(_value(ast.parse(text.strip(), mode="eval").body, text))
    except (SyntaxError, TypeError, ValueError, ArithmeticError) as error:
        raise SubstitutionError(text, f"$(eval): {error}") from error


def _value(node: ast.expr, text: str) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.BoolOp):
        return _boolean(node, text)
    if isinstance(node, ast.Compare):
        return _compare(node, text)
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _BINARY[type(node.op)](_value(node.left, text), _value(node.right, text))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        return _UNARY[type(node.op)](_value(node.operand, text))
    if isinstance(node, ast.IfExp):
        return _value(node.body if _value(node.test, text) else node.orelse, text)
    if isinstance(node, ast.List | ast.Tuple):
        return [_value(element, text) for element in node.elts]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        function = _FUNCTIONS.get(node.func.id)
        if function is not None:
            return function(*(_value(argument, text) for argument in node.args))
    raise SubstitutionError(text, f"$(eval): '{ast.unparse(node)}' is outside the runner's subset")


def _boolean(node: ast.BoolOp, text: str) -> Any:
    stop_at = isinstance(node.op, ast.Or)
    result: Any = None
    for part in node.values:
        result = _value(part, text)
        if bool(result) is stop_at:
            break
    return result


def _compare(node: ast.Compare, text: str) -> bool:
    left = _value(node.left, text)
    for operation, right_node in zip(node.ops, node.comparators, strict=True):
        if type(operation) not in _COMPARE:
            raise SubstitutionError(text, "$(eval): 'is' is outside the runner's subset")
        right = _value(right_node, text)
        if not _COMPARE[type(operation)](left, right):
            return False
        left = right
    return True
