"""Write the tables of node parameters in docs/topics.md from the parameters themselves.

A table stands between the lines `<!-- parameters NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import re
from pathlib import Path

from monomsk_description.node_parameters import NodeParameter, markdown_table
from monomsk_dynamics import dynamics_parameters
from monomsk_perception import perception_parameters, player_parameters

PAGE = Path(__file__).resolve().parents[1] / "docs" / "topics.md"
TABLES: dict[str, dict[str, NodeParameter]] = {
    "perception": perception_parameters.PARAMETERS,
    "camera_player": player_parameters.PARAMETERS,
    "dynamics": dynamics_parameters.PARAMETERS,
}


def with_tables(page: str) -> str:
    """The page with its tables as they are now.

    Raises:
        ValueError: A table has no place in the page.
    """
    for name, parameters in TABLES.items():
        block = re.compile(rf"(<!-- parameters {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        found = block.search(page)
        if found is None:
            raise ValueError(f"no place for the parameters of {name}")
        page = page[: found.end(1)] + markdown_table(parameters) + "\n" + page[found.start(2) :]
    return page


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text("utf-8")), "utf-8")
