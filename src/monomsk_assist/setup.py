from setuptools import find_packages, setup

PACKAGE = "monomsk_assist"

setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(include=[PACKAGE, f"{PACKAGE}.*"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="The monomsk maintainers",
    maintainer_email="maintainers@monomsk.example",
    description="Body dynamics to bounded commands for exoskeletons and prostheses.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "assist_node = monomsk_assist.assist_node:main",
            "simulated_device = monomsk_assist.simulated_device_node:main",
        ],
    },
)
