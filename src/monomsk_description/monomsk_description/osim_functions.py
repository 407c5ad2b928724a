"""OpenSim's functions of one coordinate, read as curves and written back."""

from collections.abc import Callable, Iterable
from xml.etree.ElementTree import Element, SubElement

import numpy as np

from monomsk_description.curves import Curve, cubic_spline, piecewise_linear, polynomial
from monomsk_description.errors import ShapeError, UnsupportedModelError
from monomsk_description.osim_xml import add_vector, number, numbers


def read_function(owner: Element, source: str) -> Curve | None:
    """The function inside an element of an OpenSim file; None where there is none.

    Raises:
        UnsupportedModelError: A kind of function that is not known, or one that is malformed.
    """
    element = _function_element(owner)
    if element is None:
        return None
    reader = _READERS.get(element.tag)
    if reader is None:
        known = ", ".join(sorted(_READERS))
        raise UnsupportedModelError(source, f"function {element.tag}", f"known are {known}")
    try:
        return reader(element, source)
    except (ShapeError, ValueError) as error:
        raise UnsupportedModelError(source, f"function {element.tag}", str(error)) from error


def write_function(owner: Element, curve: Curve) -> None:
    """Adds a curve to an element of an OpenSim file, as the simplest function that equals it.

    Raises:
        UnsupportedModelError: The curve is none of OpenSim's.
    """
    line = curve.as_line()
    if line is not None and line[0] == 0.0:
        _add(owner, "Constant", value=[line[1]])
    elif line is not None:
        _add(owner, "LinearFunction", coefficients=line)
    elif not len(curve.breaks):
        _add(owner, "PolynomialFunction", coefficients=curve.coefficients[0, ::-1])
    elif not curve.coefficients[:, 2:].any():
        # Any further point of the last line will do for its end.
        knots = np.concatenate([curve.origins[:1], curve.breaks, curve.breaks[-1:] + 1.0])
        _add(owner, "PiecewiseLinearFunction", x=knots, y=curve(knots))
    else:
        knots, values = curve.breaks, curve(curve.breaks)
        if not np.allclose(cubic_spline(knots, values).coefficients, curve.coefficients):
            raise UnsupportedModelError("OpenSim", "curve", "it is no spline of OpenSim's")
        _add(owner, "SimmSpline", x=knots, y=values)


def _add(owner: Element, kind: str, **rows: Iterable[float]) -> None:
    element = SubElement(owner, kind, name="function")
    for tag, values in rows.items():
        add_vector(element, tag, values)


def _function_element(owner: Element) -> Element | None:
    """Version 4 names the function `function`, older ones wrap it in an element of that name."""
    for child in owner:
        if child.tag in ("function", "coupled_coordinates_function"):
            return child[0] if len(child) else None
        if child.get("name") == "function":
            return child
    return None


def _constant(element: Element, source: str) -> Curve:
    return polynomial(number(element, "value", 0.0))


def _linear(element: Element, source: str) -> Curve:
    slope, offset = numbers(element, "coefficients")
    return polynomial([offset, slope])


def _polynomial(element: Element, source: str) -> Curve:
    return polynomial(numbers(element, "coefficients")[::-1])


def _spline(element: Element, source: str) -> Curve:
    return cubic_spline(numbers(element, "x"), numbers(element, "y"))


def _lines(element: Element, source: str) -> Curve:
    return piecewise_linear(numbers(element, "x"), numbers(element, "y"))


def _multiplied(element: Element, source: str) -> Curve:
    inner = read_function(element, source)
    if inner is None:
        raise ValueError("nothing to multiply")
    return inner.scaled(number(element, "scale", 1.0))


# NaturalCubicSpline and natCubicSpline are older names of SimmSpline.
_READERS: dict[str, Callable[[Element, str], Curve]] = {
    "Constant": _constant,
    "LinearFunction": _linear,
    "PolynomialFunction": _polynomial,
    "SimmSpline": _spline,
    "NaturalCubicSpline": _spline,
    "natCubicSpline": _spline,
    "PiecewiseLinearFunction": _lines,
    "MultiplierFunction": _multiplied,
}
