"""Videos and bags through the cores of monomsk, and motion files through its dynamics."""

__version__ = "0.1.0"
