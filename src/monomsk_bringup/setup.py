from pathlib import Path

from setuptools import find_packages, setup

PACKAGE = "monomsk_bringup"


def files(folder: str) -> list[str]:
    """Files of a folder here: launch/ and config/ are links to those at the top of the repository.

    A build with --symlink-install leaves links to files that were deleted since; they do not count.
    """
    return sorted(str(path) for path in Path(folder).glob("[!.]*.*") if path.is_file())


setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(include=[PACKAGE, f"{PACKAGE}.*"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
        (f"share/{PACKAGE}/launch", files("launch")),
        (f"share/{PACKAGE}/config", files("config")),
        (f"share/{PACKAGE}/config/assist", files("config/assist")),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="The monomsk maintainers",
    maintainer_email="maintainers@monomsk.example",
    description="Launch files, configuration, and a runner for them where ros2 launch is missing.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "launch_file = monomsk_bringup.launch_cli:main",
        ],
    },
)
