# SPDX-License-Identifier: MIT
# ffisan: `make` builds, `make demo` shows, `make test` tests, `make install` installs.  See README.md.
CC ?= cc
CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Werror
BASE_FLAGS = -std=gnu11 -D_GNU_SOURCE -Isrc $(WARNINGS) -MMD -MP
RUNTIME_FLAGS = $(BASE_FLAGS) -fPIC -fvisibility=hidden -fno-strict-aliasing -ftls-model=initial-exec
BUILD = build
PREFIX ?= /usr/local

BASE_SOURCES := $(wildcard src/base/*.c)
WIRE_SOURCES := $(wildcard src/wire/*.c)
RUNTIME_SOURCES := $(wildcard src/runtime/*.c src/runtime/*/*.c)
CLI_SOURCES := $(wildcard src/cli/*.c)

RUNTIME_OBJECTS := $(patsubst src/%.c,$(BUILD)/runtime/%.o,$(BASE_SOURCES) $(WIRE_SOURCES) $(RUNTIME_SOURCES))
CLI_OBJECTS := $(patsubst src/%.c,$(BUILD)/cli/%.o,$(BASE_SOURCES) $(WIRE_SOURCES) $(CLI_SOURCES))

all: $(BUILD)/libffisan.so $(BUILD)/ffisan

$(BUILD)/libffisan.so: $(RUNTIME_OBJECTS)
	$(CC) -shared $(LDFLAGS) -Wl,-z,nodelete -Wl,-z,defs -Wl,--as-needed -Wl,-soname,libffisan.so -Wl,-z,start-stop-visibility=hidden \
	    -o $@.linked $^
	@# Read from one run of memory: what the linker has written here and there takes a tenth more time.
	@cp $@.linked $@.new && rm $@.linked
	@mv $@.new $@ # programs that run keep the old one

$(BUILD)/ffisan: $(CLI_OBJECTS)
	$(CC) $(LDFLAGS) -o $@.new $^ -ljansson -ldw
	@mv $@.new $@

$(BUILD)/runtime/%.o: src/%.c Makefile
	@mkdir -p $(dir $@)
	$(CC) $(RUNTIME_FLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/cli/%.o: src/%.c Makefile | $(BUILD)/.deps-build
	@mkdir -p $(dir $@)
	$(CC) $(BASE_FLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/.deps-%: tests/deps.sh
	@mkdir -p $(BUILD)
	@tests/deps.sh $*
	@touch $@
.PRECIOUS: $(BUILD)/.deps-%

demo: all $(BUILD)/.deps-demo
	@examples/demo.sh

# ---- Tests ---------------------------------------------------------------------------------------
# `make test` installs what the tests need (tests/deps.sh), runs every suite and prints the totals;
# SUITE=unit runs only those whose path contains it; LUAJIT=/path/to/bin/luajit tests another LuaJIT.
SUITE ?=
LUAJIT ?=
export FFISAN_TEST_LUAJIT ?= $(LUAJIT)

test: all test-deps
	@tests/suites.sh $(SUITE)

test-deps:
	@tests/deps.sh test

unit: all
	@tests/unit/run.sh $(FILTER)

arch: all
	@for suite in tests/arch/*.sh; do $$suite || exit 1; done

fuzz:
	@tests/fuzz/run.sh $(or $(SECONDS),60)

soak: all
	@tests/soak/run.sh -t $(or $(SECONDS),300)

# Measures all that is in docs/BENCHMARKS.md, also with other tools, and writes the tables there and in the
# READMEs: an hour. `bench/run.sh --help` says how to measure a part.
bench: all
	@bench/run.sh --full --readme

# ---- For those who change the code ---------------------------------------------------------------
C_FILES = $(wildcard src/*/*.[ch] src/*/*/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch] bench/*.[ch])
SHELL_FILES = $(wildcard .ci/run tests/*.sh tests/*.bash tests/*/*.sh tests/*/*.bash tests/e2e/cli/*.sh \
    tests/e2e/cli/*.bash examples/*.sh bench/*.sh)

format:
	clang-format -i $(C_FILES)

lint:
	shellcheck -x $(SHELL_FILES)
	clang-tidy --quiet $(wildcard src/*/*.c src/*/*/*.c) -- -std=gnu11 -D_GNU_SOURCE -Isrc

# ---- Installing ----------------------------------------------------------------------------------
MANUALS = $(wildcard docs/*.1)

install: all
	install -D -m 755 $(BUILD)/ffisan $(DESTDIR)$(PREFIX)/bin/ffisan
	install -D -m 644 $(BUILD)/libffisan.so $(DESTDIR)$(PREFIX)/lib/ffisan/libffisan.so
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 $(MANUALS)

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/ffisan $(DESTDIR)$(PREFIX)/lib/ffisan/libffisan.so
	rm -f $(MANUALS:docs/%=$(DESTDIR)$(PREFIX)/share/man/man1/%)
	-rmdir $(DESTDIR)$(PREFIX)/lib/ffisan

clean:
	rm -rf $(BUILD)/runtime $(BUILD)/cli $(BUILD)/unit $(BUILD)/tests $(BUILD)/libffisan.so $(BUILD)/ffisan

distclean:
	rm -rf $(BUILD)

.PHONY: all demo test test-deps unit arch fuzz soak bench format lint install uninstall clean distclean
-include $(RUNTIME_OBJECTS:.o=.d) $(CLI_OBJECTS:.o=.d)
