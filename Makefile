# lastack: do TCP connections end the way they must?
#
#   make run      set up, build, run all cases
#   make check    set up, build, run all tests        SAN=1: with sanitizers
#   make lint     clang-tidy, cppcheck, shellcheck, pyflakes, floors
#   make bench    cases per second, wall time of the suite
#   make install  PREFIX=/usr/local

VERSION := 0.1.0
PREFIX  ?= /usr/local
SAN     ?= 0
B       := build$(if $(filter 1,$(SAN)),/san)

CC      ?= cc
PYTHON  ?= /usr/bin/python3
PKGS    := libpcap libmnl jansson
CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
           -Wmissing-prototypes -Wpointer-arith -Wwrite-strings
BASE    := -std=c11 -D_GNU_SOURCE -Iharness -DVERSION='"$(VERSION)"'
ifeq ($(SAN),1)
BASE    += -fsanitize=address,undefined -fno-sanitize-recover=all \
           -fno-omit-frame-pointer
endif
LIBS     = $(shell pkg-config --libs $(PKGS) 2>/dev/null || \
                   echo -lpcap -lmnl -ljansson)

FLOORS  := ground words world play
SRC     := $(foreach f,$(FLOORS),$(wildcard harness/$(f)/*.c))
DOOR    := $(wildcard harness/door/*.c)
TEST    := $(wildcard harness/test/*.c)
OBJ     := $(SRC:%.c=$(B)/%.o)
Q       := $(if $(V),,@)

.PHONY: all run check unit lint bench install clean deps
all: $(B)/lastack

$(B)/lastack: $(DOOR:%.c=$(B)/%.o) $(OBJ)
	@echo "  LD    $@"
	$(Q)$(CC) $(BASE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/unit: $(TEST:%.c=$(B)/%.o) $(OBJ)
	@echo "  LD    $@"
	$(Q)$(CC) $(BASE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lcunit

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(BASE) $(WARN) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(B) -name '*.d' 2>/dev/null)

unit: $(B)/unit
	$(Q)$(B)/unit

clean:
	rm -rf build
