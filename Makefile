# make            the programs and brisk, in build/bin
# make run        a whole private installation in the foreground (Ctrl-C ends it)
# make start      the same in the background; make stop ends it
#		  (PORT= VAR= SERVER=apache SET="log_level=debug": `brisk help stack`)
# make install    into PREFIX=/usr/local, with what programs of one's own need
# make dist       a tarball to upload, for hosts where nothing is installed
# make test       every test; ends with "N passed, N failed"
# make test-deep  the same under the sanitizers, with allocations that fail, and
#		  `make fuzz`: each fuzzer for SECONDS_EACH=20
# make test-dist  the tarball, by its own INSTALL.md, in bare Debian 12 and 11
# make chaos      what survives kills, rolls, a hung cache: tests/chaos, in turn
# make doc        the generated parts of doc/: options, parts of the library
# make layers     rooms keep to lib/LAYERS: tests/layers.sh
# make bench      ratios to the limits and to the peers
#
# A new endpoint is a new file in handlers/SERVICE/: nothing here changes.

B	 ?= build
VAR	 ?= var
PORT	 ?= 8080
SERVER	 ?= lighttpd
PREFIX	 ?= /usr/local
VERSION	 := $(shell sed -n 's/^\#\# \([0-9][0-9.]*\).*/\1/p;T;q' CHANGELOG.md)
CFLAGS	 ?= -O2 -g
WARN	  = -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes \
	    -Wmissing-prototypes -Wcast-qual -Wvla -Wformat=2 -Werror
HARDEN	 ?= -fstack-protector-strong -D_FORTIFY_SOURCE=2
CPPFLAGS += -D_GNU_SOURCE -Ilib -Ilib/app -Ihandlers/domain -MMD -MP
LDLIBS	 ?= -lfcgi -ljson-c -lmariadb -lmemcached -lpcre2-8 -lcrypto -largon2 -lcurl -lm -ldl -pthread
CPPFLAGS += $(shell pkg-config --cflags libmariadb 2>/dev/null || echo -I/usr/include/mariadb)

lib	 := $(patsubst %.c,$B/%.o,$(wildcard lib/*/*.c))
domain	 := $(patsubst %.c,$B/%.o,$(wildcard handlers/domain/*.c))
handlers := $(filter-out handlers/domain/%,$(wildcard handlers/*/*.c))
programs := $(addprefix $B/bin/,$(notdir $(handlers:.c=)))
admin	 := $(patsubst %.c,$B/%.o,$(wildcard admin/brisk/*.c admin/brisk/*/*.c))
units	 := $(patsubst tests/unit/%.c,$B/unit/%,$(wildcard tests/unit/test_*.c))
dbs	 := $(patsubst tests/db/%.c,$B/db/%,$(wildcard tests/db/test_*.c))
http	 := $(patsubst tests/http/%.c,$B/http/%,$(wildcard tests/http/test_*.c))
replays	 := $(patsubst tests/fuzz/%.c,$B/replay/%,$(wildcard tests/fuzz/fuzz_*.c))
kit	 := $(patsubst %.c,$B/%.o,$(wildcard tests/kit/*.c))
BRISK	 := $(abspath $B)/bin/brisk
export B BRISK VAR PORT SERVER SET DESTDIR

all: $(programs) $B/bin/brisk $B/share/openapi.json $B/share/mounts \
    $B/share/www/index.html $B/share/pages/docs.html $B/share/errors/404.html \
    $B/share/man/man1/brisk.1

$B/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(WARN) $(HARDEN) $(CFLAGS) -c -o $@ $<

$B/libbrisk.a: $(lib)
	@rm -f $@
	$(AR) rcs $@ $^

# What several programs do alike, as the tables they share want it.
$B/libdomain.a: $(domain)
	@rm -f $@
	$(AR) rcs $@ $^

# One rule a program: handlers/SERVICE/NAME.c -> build/bin/NAME.
define program
$B/bin/$(notdir $(1:.c=)): $B/$(1:.c=.o) $B/libdomain.a $B/libbrisk.a
	@mkdir -p $$(@D)
	$$(CC) $$(LDFLAGS) $$(CFLAGS) -o $$@ $$^ $$(LDLIBS)
endef
$(foreach h,$(handlers),$(eval $(call program,$h)))

$B/bin/brisk: $(admin) $B/libbrisk.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(CFLAGS) -o $@ $^ -lcurl $(LDLIBS)

# What the programs themselves say: their paths, their part of the document.
$B/share/mounts: $(programs) admin/share/mounts.sh admin/share/mounts.awk
	admin/share/mounts.sh $B $(notdir $(programs))

$B/share/openapi/%.json: $B/bin/%
	@mkdir -p $(@D)
	$< --openapi >$@.new && mv $@.new $@

$B/share/openapi.json: $(programs:$B/bin/%=$B/share/openapi/%.json) $B/bin/brisk
	$B/bin/brisk openapi $(filter %.json,$^) >$@.new && mv $@.new $@

$B/share/www/index.html: handlers/core/index.html
	@mkdir -p $(@D)
	cp $< $@

$B/share/pages/docs.html: admin/build/pages.sh $(wildcard handlers/core/pages/*)
	$< $(@D)

$B/share/errors/404.html: admin/build/errors.sh
	$< $(@D)

# brisk(1) and brisk.conf(5), from the help of brisk.
$B/share/man/man1/brisk.1: admin/build/man.sh $B/bin/brisk
	$< $B $(VERSION) $B/share/man

# The generated parts of the pages in doc/.
doc: $B/bin/brisk
	admin/build/doc.sh $B doc/*.md

$B/admin/%.o: CPPFLAGS += -Iadmin/brisk
$B/tests/%.o: CPPFLAGS += -Itests/kit

$B/unit/%: $B/tests/unit/%.o $B/libbrisk.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(CFLAGS) -o $@ $^ -lcunit $(LDLIBS)

$B/db/%: $B/tests/db/%.o $B/libdomain.a $B/libbrisk.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(CFLAGS) -o $@ $^ -lcunit $(LDLIBS)

# Killed around these, or one of them left out on purpose.
$B/db/test_idem: LDFLAGS += -Wl,--wrap=db_exec,--wrap=db_query,--wrap=db_commit
$B/db/test_children: LDFLAGS += -Wl,--wrap=db_exec,--wrap=db_query

$B/http/%: $B/tests/http/%.o $(kit) $B/libbrisk.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(CFLAGS) -o $@ $^ -lcunit -lcurl $(LDLIBS)

# A fuzz target with a main that feeds it files; `make fuzz` gives it libFuzzer's.
fuzz_main ?= $B/tests/fuzz/replay.o
$B/replay/%: $B/tests/fuzz/%.o $(fuzz_main) $B/libdomain.a $B/libbrisk.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $(CFLAGS) -o $@ $^ $(LDLIBS)

replays: $(replays)

# Fast ring: no server, no database, no network.
units: $(units)
	@for t in $^; do $$t || exit 1; done

test: packages
	@$(MAKE) -j2 all $(units) $(dbs) $(http) $(replays) | $(progress)
	@tests/run.sh $(SUITES)

# SECONDS_EACH of each target; tests/fuzz/fuzz.sh NAME for one alone.
fuzz: packages
	@tests/fuzz/fuzz.sh

test-deep: packages
	@tests/deep.sh

# make dist, then its INSTALL.md in bare Debian 12 and 11.
test-dist:
	@tests/dist/dist.sh

chaos: packages
	@$(MAKE) -j2 all | $(progress)
	@tests/chaos/run.sh $(CHAOS)

# The catalogue every Debian machine holds, through the API: tests/import.
$B/import: $(wildcard tests/import/*.[ch])
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE $(WARN) $(CFLAGS) $(shell pkg-config --cflags libmariadb) \
	    -o $@ $(filter %.c,$^) -lcurl -ljson-c -lmariadb

# The installation of VAR.
run start: packages
	@$(MAKE) -j2 all | $(progress)
	@$(BRISK) stack $@

stop:
	@$(BRISK) stack stop

# PREFIX/lib/brisk is a whole installation; see admin/build/install.sh.
install: all $B/libbrisk.a
	@admin/build/install.sh $B "$(PREFIX)" $(VERSION) $(LDLIBS)

# build/brisk-VERSION-linux-ARCH.tar.gz, with all libraries: apache/INSTALL.md.
dist:
	@admin/build/dist/dist.sh $B $(VERSION)

packages:
	@admin/build/packages.sh build run $(if $(filter-out lighttpd,$(SERVER)),hosts) $(if $(filter test test-deep fuzz chaos,$(MAKECMDGOALS)),hosts test) $(if $(filter test-deep,$(MAKECMDGOALS)),deep)

# Of each command, the file it makes.
progress = sed -un 's/^.* -o \([^ ]*\) .*/  \1/p'
run start test bench chaos: SHELL = /bin/bash
run start test bench chaos: .SHELLFLAGS = -o pipefail -c

layers: $(lib)
	@tests/layers.sh

# Ratios of one run; PEERS="" leaves the peers out.
bench:
	@admin/build/packages.sh build run bench
	@$(MAKE) -j2 all | $(progress)
	@tests/bench/bench.sh
	@tests/bench/checkout.sh

clean:
	rm -rf $B

.PHONY: all units replays test test-deep test-dist chaos fuzz bench run start stop install dist doc packages layers clean
.SECONDARY:
-include $(shell find $B -name dist-root -prune -o -type f -name '*.d' -print 2>/dev/null)
