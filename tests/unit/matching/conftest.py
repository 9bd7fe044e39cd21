"""Makes ``bench`` importable: the workloads with known truth live there."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))
