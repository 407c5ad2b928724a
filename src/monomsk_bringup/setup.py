from glob import glob

from setuptools import find_packages, setup

PACKAGE = "monomsk_bringup"

setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(include=[PACKAGE, f"{PACKAGE}.*"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
        # launch/ and config/ here are links to the folders at the top of the repository
        (f"share/{PACKAGE}/launch", sorted(glob("launch/*.xml"))),
        (f"share/{PACKAGE}/config", sorted(glob("config/*.*"))),
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
