#!/bin/sh
# Print a Python of at least 3.11 that can make a virtual environment, or say what is missing.
# Each candidate is run, not only looked up: version managers leave names on the path that do nothing.
for name in python3.11 python3.12 python3.13 python3.14 python3 python; do
    if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        found=$name
        if "$name" -c 'import ensurepip, venv' >/dev/null 2>&1; then
            echo "$name"
            exit 0
        fi
    fi
done
if [ -n "${found:-}" ]; then
    echo "onhand: $found cannot make a virtual environment: install its venv package (Debian: apt-get install python3-venv)." >&2
else
    echo "onhand needs Python 3.11 or newer; none of python3.11 to python3.14, python3 and python is one." >&2
fi
exit 1
