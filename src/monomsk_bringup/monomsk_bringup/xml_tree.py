"""An XML file as a tree of elements that remember their line."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from monomsk_bringup.errors import LaunchFileError


@dataclass
class XmlElement:
    """One element.

    Attributes:
        tag: Its name.
        attributes: Attribute values, after XML's own unescaping.
        line: Line of the opening tag, counted from 1.
        children: Elements inside, in the file's order.
        text: Character data inside, stripped by the reader.
    """

    tag: str
    attributes: dict[str, str]
    line: int
    children: list[XmlElement] = field(default_factory=list)
    text: str = ""


def read_xml(path: Path) -> XmlElement:
    """Read a file.

    Args:
        path: An XML file.

    Returns:
        The root element.

    Raises:
        LaunchFileError: The file cannot be read or is not well-formed XML.
    """
    parser = expat.ParserCreate()
    roots: list[XmlElement] = []
    open_elements: list[XmlElement] = []

    def on_start(tag: str, attributes: dict[str, str]) -> None:
        element = XmlElement(tag, dict(attributes), parser.CurrentLineNumber)
        siblings = open_elements[-1].children if open_elements else roots
        siblings.append(element)
        open_elements.append(element)

    def on_end(_tag: str) -> None:
        element = open_elements.pop()
        element.text = element.text.strip()

    def on_text(text: str) -> None:
        open_elements[-1].text += text

    parser.StartElementHandler = on_start
    parser.EndElementHandler = on_end
    parser.CharacterDataHandler = on_text
    try:
        parser.Parse(path.read_bytes(), True)
    except OSError as error:
        raise LaunchFileError(path, 0, "launch", f"cannot be read: {error.strerror}") from error
    except expat.ExpatError as error:
        tag = open_elements[-1].tag if open_elements else "launch"
        problem = f"not well-formed XML: {expat.ErrorString(error.code)}"
        raise LaunchFileError(path, error.lineno, tag, problem) from error
    return roots[0]
