# ffisan: `make` builds, `make demo` shows, `make test` tests.  See README.md.
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
	$(CC) -shared $(LDFLAGS) -Wl,-z,nodelete -Wl,-z,defs -Wl,--as-needed -Wl,-soname,libffisan.so -o $@ $^ -lgcc_s

$(BUILD)/ffisan: $(CLI_OBJECTS)
	$(CC) $(LDFLAGS) -o $@ $^ -ljansson

$(BUILD)/runtime/%.o: src/%.c
	@mkdir -p $(dir $@)
	$(CC) $(RUNTIME_FLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/cli/%.o: src/%.c | $(BUILD)/.deps-build
	@mkdir -p $(dir $@)
	$(CC) $(BASE_FLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/.deps-%: tests/deps.sh
	@mkdir -p $(BUILD)
	@tests/deps.sh $*
	@touch $@

demo: all $(BUILD)/.deps-demo
	@examples/demo.sh

clean:
	rm -rf $(BUILD)/runtime $(BUILD)/cli $(BUILD)/libffisan.so $(BUILD)/ffisan

.PHONY: all demo test clean
-include $(RUNTIME_OBJECTS:.o=.d) $(CLI_OBJECTS:.o=.d)
