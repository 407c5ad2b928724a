from setuptools import find_packages, setup

PACKAGE = "monomsk_perception"

setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(include=[PACKAGE, f"{PACKAGE}.*"]),
    package_data={PACKAGE: ["data/*"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="The monomsk maintainers",
    maintainer_email="maintainers@monomsk.example",
    description="Image to landmarks to body state.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "camera_player = monomsk_perception.camera_player_node:main",
            "humans_adapter = monomsk_perception.humans_adapter_node:main",
            "perception_node = monomsk_perception.perception_node:main",
        ],
    },
)
