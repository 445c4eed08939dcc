#!/bin/bash
# bola: two users, every operation of the document, every id swapped (bola.py).
# Beside the programs that ship there is one whose rows belong to users, built
# here in a copy of the tree; and then its mutant, which forgot to say whose they
# are: there the same walk must fail.  Behind a lighttpd of the shipped
# configuration, in the installation's database.  VAR, B.
#
# Its tables and the users it makes are taken away.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd -P)
B=${B:-$root/build}
[[ $B == /* ]] || B=$root/$B
web=
dir=$(mktemp -d /tmp/bola.XXXXXX) || exit 2

sql() { mariadb --no-defaults -S "$VAR/db.sock" -u root -N -B brisk "$@"; }
end_web() {
	[ -z "$web" ] || { kill "$web" && wait "$web"; } 2>/dev/null
	web=
}
tidy() {
	end_web
	sql -e 'DROP TABLE IF EXISTS bola_memo_boxes, bola_memos, bola_boxes'
	[ -n "${KEEP:-}" ] || rm -rf "$dir"
}
trap tidy EXIT

sql <<'S'
CREATE TABLE bola_boxes (id BINARY(16) PRIMARY KEY, user_id BINARY(16) NOT NULL,
  label VARCHAR(60) NOT NULL);
CREATE TABLE bola_memos (id BINARY(16) PRIMARY KEY, user_id BINARY(16) NULL,
  box_id BINARY(16) NULL, slug VARCHAR(60) NOT NULL, text VARCHAR(60) NOT NULL,
  version INT NOT NULL DEFAULT 1, made_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  UNIQUE KEY slug (slug), KEY by_user (user_id, made_at, id),
  FOREIGN KEY (box_id) REFERENCES bola_boxes (id));
CREATE TABLE bola_memo_boxes (memo_id BINARY(16), box_id BINARY(16),
  PRIMARY KEY (memo_id, box_id),
  FOREIGN KEY (memo_id) REFERENCES bola_memos (id) ON DELETE CASCADE,
  FOREIGN KEY (box_id) REFERENCES bola_boxes (id));
S

tree=$dir/tree
mkdir -p "$tree/tests" "$dir/run" "$dir/log" "$dir/tmp"
cp -a "$root"/{Makefile,lib,handlers,admin,migrations,lighttpd,apache} "$tree"
cp -a "$root/tests/http" "$root/tests/kit" "$root/tests/unit" "$tree/tests"
cp -a "$B" "$dir/b"
cat >"$tree/handlers/core/memos.c" <<'C'
/* memos, in boxes: rows that belong to users. */
#include "app.h"

#ifdef FORGETFUL
#define OWNER(f)	NULL
#define OWNED_BY	NULL
#define EXPAND_OWNER	NULL
#define SEEN		"users:read"
#define CHANGED		"users:write"
#else
#define OWNER(f)	f
#define OWNED_BY	OWNED("bola_boxes", "id", "user_id", NULL)
#define EXPAND_OWNER	"user_id"
#define SEEN		SCOPE_OWN
#define CHANGED		"users:write"
#endif

struct box { struct uuid id, user_id; struct str label; };
struct memo {
	struct uuid	 id, user_id, box_id;
	struct str	 slug, text;
	struct list	 boxes;
	struct stamp	 made_at;
};

static const struct schema box = SCHEMA("Box", struct box,
	FIELD_UUID(struct box, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_UUID(struct box, user_id, .flags = FIELD_READONLY, .doc = "Whose"),
	FIELD_STR(struct box, label, .max = 60, .doc = "Label"));

static const struct schema memo = SCHEMA("Memo", struct memo,
	FIELD_UUID(struct memo, id, .flags = FIELD_KEY | FIELD_READONLY, .doc = "Key"),
	FIELD_UUID(struct memo, user_id, .flags = FIELD_READONLY, .doc = "Whose"),
	FIELD_UUID(struct memo, box_id, .flags = FIELD_OPTIONAL, .owned = OWNED_BY,
	    .doc = "Where"),
	FIELD_STR(struct memo, slug, .max = 60, .flags = FIELD_UNIQUE, .doc = "Name"),
	FIELD_STR(struct memo, text, .max = 60, .doc = "Text"),
	FIELD_LIST(struct memo, boxes, .flags = FIELD_OPTIONAL, .max = 5,
	    .item = ITEM(.kind = FIELD_KIND_UUID, .owned = OWNED_BY, .doc = "A box"),
	    .link = LINK("bola_memo_boxes", "memo_id", "box_id"), .doc = "Also there"),
	FIELD_STAMP(struct memo, made_at, .flags = FIELD_READONLY, .doc = "When"));

static const struct resource boxes = {
	.path = "/v1/boxes", .table = "bola_boxes", .schema = &box,
	.read = SCOPE_OWN, .write = SCOPE_OWN, .owner = "user_id",
	.filters = FILTERS(FILTER_BY("label"), FILTER_BY("user_id")),
	.cached = { .ttl = 60 }, .doc = "Boxes" };

static const struct resource memos = {
	.path = "/v1/memos", .table = "bola_memos", .schema = &memo,
	.read = SEEN, .write = CHANGED, .owner = OWNER("user_id"),
	.version = "version", .modified = "made_at", .merge_by = "slug",
	.filters = FILTERS(FILTER_BY("slug"), FILTER_BY("user_id"), FILTER_BY("box_id"),
	    FILTER_ON("in", FILTER_EQUAL, "boxes")),
	.sorts = SORTS(SORT_BY("slug"), SORT_ON("-made_at", OWNER("by_user"))),
	.expands = EXPANDS({ .name = "box", .field = "box_id", .table = "bola_boxes",
	    .schema = &box, .owner = EXPAND_OWNER }),
	.cached = { .ttl = 60 }, .doc = "Memos" };

int
main(int argc, char **argv)
{
	return app_main(argc, argv, APP("memos", .service = "core",
	    .resources = RESOURCES(&boxes, &memos)));
}
C

# The installation's options, but a run_dir of its own.
sed '/^run_dir *=/d' "$VAR/brisk.conf" >"$dir/brisk.conf"
printf '%s\n' 'run_dir = run' 'card_test_url = http://127.0.0.1:1' \
    'card_test_secret = nobody' >>"$dir/brisk.conf"
export BRISK_CONF="$dir/brisk.conf"

# walk CFLAGS: build the program so, serve, and walk; its report on stdout.
walk() {
	local port i

	rm -f "$dir/b/handlers/core/memos.o" "$dir/b/bin/memos"
	if ! (cd "$tree" && make B="$dir/b" CC="${CC:-cc}" CFLAGS="${CFLAGS:--O1} $1") >"$dir/made" 2>&1; then
		tail -n 20 "$dir/made"
		return 2
	fi
	"$dir/b/bin/memos" --check || return 2
	while port=$((20000 + RANDOM % 12000)); (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
		:
	done
	awk -v on="core $(sed -n 's/^services *= *//p' "$dir/brisk.conf" | tail -n 1)" \
	    -v RS= -v ORS='\n\n' -f "$root/admin/share/enabled.awk" \
	    "$dir/b/share/lighttpd-mounts.conf" >"$dir/mounts.conf"
	BRISK_VAR=$dir BRISK_SOCKETS=$dir BRISK_BIN=$dir/b/bin BRISK_SHARE=$dir/b/share BRISK_PORT=$port \
	    lighttpd -D -f "$root/lighttpd/lighttpd.conf" >"$dir/log/start" 2>&1 &
	web=$!
	for ((i = 0; i < 200; i++)); do
		curl -fsS -o /dev/null "http://127.0.0.1:$port/v1/categories" 2>/dev/null && break
		sleep 0.05
	done
	python3 "$root/tests/system/bola.py" "http://127.0.0.1:$port"
	i=$?
	end_web
	sql -e 'DELETE FROM bola_memos; DELETE FROM bola_boxes'
	return $i
}

walk "" >"$dir/good"
sed '$d' "$dir/good"
last=$(tail -n 1 "$dir/good")
passed=$(sed -n 's/^bola: \([0-9]*\) passed.*/\1/p' <<<"$last")
failed=$(sed -n 's/.* \([0-9]*\) failed$/\1/p' <<<"$last")
if [ -z "$passed" ]; then
	echo "$last"
	passed=0 failed=1
fi
walk -DFORGETFUL >"$dir/bad"
# Read, listed, changed and merged by another: each way must have been seen.
for way in 'GET /v1/memos/' 'GET /v1/memos: ' 'GET /v1/memos?slug=' 'PATCH /v1/memos/' 'DELETE /v1/memos/' \
    'with box_id=' 'merges onto hers'; do
	if grep -qF "$way" "$dir/bad"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "bola: [a program that forgets whose rows are] is not caught by: $way"
		head -n 40 "$dir/bad" | cut -c1-200
	fi
done
echo "bola: $passed passed, $failed failed"
[ "$failed" = 0 ]
