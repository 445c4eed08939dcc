#!/bin/sh
# money: the quick form of tests/chaos/money.sh, with an installation of its own.
exec "$(dirname "$0")/../chaos/money.sh" quick
