#!/bin/bash
# stock_mutants - the tests of stock, run on copies of it with one fault each: every
# one must make them fail.
set -u -o pipefail

cd "$(dirname "$0")/../.." || exit 2
sources="handlers/domain/stock.c handlers/domain/order.c"
tests="tests/db/test_stock.c"
. tests/kit/mutants.sh

mutant none stock.c ''
mutant "pieces promised twice" stock.c '/\[RESERVE\]/,/\}/s/on_hand - reserved >= \?/0 <= ?/'
mutant "a shortage is passed over" stock.c 's/return some_short \? shortages_read\(st, c\) : /return /'
mutant "what is free again stays promised" stock.c '/\[RELEASE\]/,/\}/s/reserved - \?/reserved - 0 * ?/'
mutant "what is sold stays on the shelf" stock.c 's/on_hand = on_hand - \?/on_hand = on_hand - 0 * ?/'
mutant "what comes back is lost" stock.c '/\[RETURN\]/s/on_hand \+ \?/on_hand + 0 * ?/'
mutant "no move is noted" stock.c 's/return query_insert\(.*/return DB_OK;/'
mutant "more is taken away than is there" stock.c '/\[ADJUST\]/,/\}/s/on_hand - reserved >= - \?/0 < ABS(?)/'
mutant "an order ends in any state" order.c 's/ AND status = \?/ AND status <> REPEAT(?, 2)/'
mutant "an end that moves nothing" order.c 's/err = move\(st, &c\);/err = DB_OK;/'
mutant "paid pieces are free again" order.c 's/"paid", stock_sell/"paid", stock_release/'
mutants_end stock_mutants
