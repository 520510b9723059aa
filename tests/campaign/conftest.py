"""The campaign takes minutes: only `make sim` runs it."""

import os

collect_ignore_glob = [] if os.environ.get("HYPOTHESIS_PROFILE") == "long" else ["test_*.py"]
