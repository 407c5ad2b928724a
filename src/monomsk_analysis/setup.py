from setuptools import find_packages, setup

PACKAGE = "monomsk_analysis"

setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(include=[PACKAGE, f"{PACKAGE}.*"]),
    package_data={PACKAGE: ["data/*", "templates/*"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="The monomsk maintainers",
    maintainer_email="maintainers@monomsk.example",
    description="The command monomsk: video, bag and motion analysis to files, plots and a report.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "bag_player = monomsk_analysis.bag_player_node:main",
            "assist_watch = monomsk_analysis.assist_watch_node:main",
            "bench = monomsk_analysis.bench:main",
            "live_observer = monomsk_analysis.live_observer_node:main",
            "monomsk = monomsk_analysis.cli:main",
            "recorder = monomsk_analysis.recorder_node:main",
            "walker = monomsk_analysis.walker_node:main",
        ],
    },
)
