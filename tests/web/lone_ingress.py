"""An ingress in a process of its own, to be killed: prints its port, then takes deliveries until it ends."""

import sys
import time
from pathlib import Path

from tests.web.senders import Door

if __name__ == "__main__":
    door = Door(Path(sys.argv[1]))
    sys.stdout.write(f"{door.server.port}\n")
    sys.stdout.flush()
    while True:
        time.sleep(1)
