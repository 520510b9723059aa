#!/bin/sh
# Find a Chromium for the page tests; as root on Debian, install it. Without one the page tests are skipped: one line
# says so. With CI=true that is a failure, so that a green run has seen the pages. `--find` only looks.
find_browser() {
    for name in "${ONHAND_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
        # Run it: Ubuntu's package leaves a script that only asks for a snap.
        if [ -n "$name" ] && "$name" --version >/dev/null 2>&1; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

find_browser && exit 0
[ "${1:-}" = --find ] && exit 1
how="install Chromium (Debian: apt-get install chromium) or name one in ONHAND_CHROMIUM"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the page tests" >&2
    log=$(mktemp)
    if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
        chromium fonts-dejavu-core; } >"$log" 2>&1 </dev/null && find_browser; then
        rm -f "$log"
        exit 0
    fi
    how="apt-get could not install Chromium (its words: $log); $how"
fi
if [ "${CI:-}" = true ]; then
    echo "No browser, and CI must run the page tests: $how." >&2
    exit 1
fi
echo "Skipped: the page tests, for want of a browser: $how." >&2
