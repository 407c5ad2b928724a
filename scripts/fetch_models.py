"""Fetch the pose networks into the cache folder, from the packages named in the table.

The folder is $MONOMSK_MODEL_DIR, else ~/.cache/monomsk/models. Without network, copy the files
there yourself: their names and checksums are in the table. With `--required`, files that the
programs can do without are not asked for.
"""

from __future__ import annotations

import sys
from pathlib import Path

from registry_files import FetchError, cache_folder, fetch, read_table

PACKAGE = Path(__file__).resolve().parents[1] / "src/monomsk_perception/monomsk_perception"
TABLE = PACKAGE / "data/models.yaml"


def main() -> None:
    folder = cache_folder("MONOMSK_MODEL_DIR", "models")
    rows = [row for row in read_table(TABLE) if row.required or "--required" not in sys.argv[1:]]
    try:
        problems = fetch(rows, folder)
    except (FetchError, OSError) as error:
        names = ", ".join(row.name for row in rows if row.required)
        sys.exit(
            f"{error}\nWithout network, put {names} into a folder and set MONOMSK_MODEL_DIR to it."
        )
    for problem in problems:
        print(f"optional pose models left out: {problem}")
    print(folder)


if __name__ == "__main__":
    main()
