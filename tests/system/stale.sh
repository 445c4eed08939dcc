#!/bin/sh
# stale: the quick form of tests/chaos/stale.sh, with an installation of its own.
exec "$(dirname "$0")/../chaos/stale.sh" quick
