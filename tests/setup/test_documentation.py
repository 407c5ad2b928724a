"""What the documentation links to and tells people to run is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "requirements/README.md"]
LINK = re.compile(r"\]\(([^)\s]+)\)")
#: Files of this repository that are named in backticks or in commands.
FILE = re.compile(r"(?<![\w./-])(?:scripts|config|launch|tests|src|docs|requirements)/[\w./*-]+")
MODULE = re.compile(r"python3? -m (monomsk_\w+(?:\.\w+)*)")
TARGET = re.compile(r"(?:^|`|\s)make ([a-z][a-z-]+)(?=[`\s]|$)", re.MULTILINE)
ARGUMENT = re.compile(r"\b([a-z_]+):=")
LAUNCHED = re.compile(r"\b([a-z_]+\.launch\.xml)\b")


def text_of(page: Path) -> str:
    return page.read_text("utf-8")


def code_of(page: Path) -> str:
    """What stands in backticks and in code blocks."""
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text_of(page), re.DOTALL))


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ +(.*)$", text_of(page), re.MULTILINE)
    plain = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(text_of(page)):
        if link.startswith(("http://", "https://")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{page.name}: {link}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_exist(page: Path) -> None:
    for name in FILE.findall(code_of(page)):
        assert list(ROOT.glob(name.rstrip("/."))), f"{page.name}: {name}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    code = code_of(page)
    assert set(TARGET.findall(code)) <= targets
    for module in MODULE.findall(code):
        package = module.split(".")[0]
        path = ROOT / "src" / package / (module.replace(".", "/") + ".py")
        assert path.exists(), f"{page.name}: {module}"
        assert '__name__ == "__main__"' in path.read_text(), f"{page.name}: {module} does nothing"
    files = [path.read_text("utf-8") for path in (ROOT / "launch").glob("*.xml")]
    arguments = set(re.findall(r'<arg name="(\w+)"', "\n".join(files)))
    assert set(ARGUMENT.findall(code)) <= arguments
    for launched in LAUNCHED.findall(code):
        assert (ROOT / "launch" / launched).exists(), f"{page.name}: {launched}"


def test_every_image_is_shown() -> None:
    shown = {Path(link).name for page in PAGES for link in LINK.findall(text_of(page))}
    assert {path.name for path in (ROOT / "docs/images").iterdir()} <= shown
