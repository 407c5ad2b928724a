from setuptools import find_packages, setup

PACKAGE = "monomsk_dynamics"

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
    description="Body state to joint torques, sole wrenches and contact.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "dynamics_node = monomsk_dynamics.dynamics_node:main",
        ],
    },
)
