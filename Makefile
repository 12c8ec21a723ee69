# lastack: do TCP connections end the way they must?
#
#   make run      set up, build, run all cases        ARGS='--quick -4 ...'
#   make check    set up, build, run all tests        SAN=1: with sanitizers
#   make unit     only the unit tests
#   make fuzz SECONDS=60   what reads other people's octets
#   make lint     clang-format, clang-tidy, cppcheck, shellcheck, pyflakes,
#                 mandoc, floors
#   make format   lays out the C files as .clang-format says
#   make bench    cases per second, wall time of the suite
#   make weather COUNT=10000 SEED=1   random healthy connections, and losses
#   make captures renew the reference captures of captures/
#   make install  PREFIX=/usr/local DESTDIR=

VERSION := 0.1.0
PREFIX  ?= /usr/local
SAN     ?= 0
B       := build$(if $(filter 1,$(SAN)),/san)

CC      ?= cc
PYTHON  ?= /usr/bin/python3
CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
           -Wmissing-prototypes -Wpointer-arith -Wwrite-strings
BASE    := -std=c11 -D_GNU_SOURCE -Iharness -DVERSION='"$(VERSION)"'
ifeq ($(SAN),1)
BASE    += -fsanitize=address,undefined -fno-sanitize-recover=all \
           -fno-omit-frame-pointer
endif
LIBS    := -lpcap -lmnl -ljansson

# The rooms of harness/: a file may include its own room and those before it.
ROOMS   := base packet script tape judge bug agent link stack stack/linux \
           run check report
SRC     := $(foreach r,$(ROOMS),$(wildcard harness/$(r)/*.c))
CMD     := $(wildcard harness/cmd/*.c)
TEST    := $(wildcard harness/test/*.c)
OBJ     := $(SRC:%.c=$(B)/%.o)

# What every frame of a capture goes through is optimised as one, where the
# compiler can (GCC) and nobody asked for other flags.
FRAME   := $(wildcard harness/judge/*.c harness/check/flows*.c) \
           harness/packet/decap.c harness/packet/seg.c \
           harness/link/capture.c harness/check/reading.c
ONE     := -O3 -flto=auto -ffat-lto-objects
ifeq ($(SAN)$(origin CFLAGS),0file)
AS_ONE  := $(shell $(CC) -Werror $(ONE) -x c -S -o - /dev/null >/dev/null \
           2>&1 && echo $(ONE))
endif

SH      := scripts/deps scripts/floors scripts/bench scripts/fuzz .ci/run
FUZZ    := $(wildcard harness/fuzz/*.c)
BENCH   := $(wildcard harness/bench/*.c)
CFILES  := $(SRC) $(CMD) $(TEST) $(FUZZ) $(BENCH)
HFILES  := $(wildcard harness/*/*.h harness/*/*/*.h)
SECONDS ?= 60
COUNT   ?= 10000
SEED    ?= 1
PY      := $(wildcard scripts/*.py scripts/test/*.py)
MAN     := harness/man/lastack.1 harness/man/lastack-check.1 \
           harness/man/lastack-fin.5
Q       := $(if $(V),,@)

.PHONY: all run check unit fuzz lint bench weather captures install clean format
all: $(B)/lastack

$(B)/lastack: $(CMD:%.c=$(B)/%.o) $(OBJ)
	@echo "  LD    $@"
	$(Q)$(CC) $(BASE) $(CFLAGS) $(AS_ONE) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/unit: $(TEST:%.c=$(B)/%.o) $(OBJ)
	@echo "  LD    $@"
	$(Q)$(CC) $(BASE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lcunit

$(FRAME:%.c=$(B)/%.o): CFLAGS += $(AS_ONE)

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(BASE) $(WARN) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(patsubst %.c,$(B)/%.d,$(SRC) $(CMD) $(TEST) $(BENCH))

run:
	$(Q)scripts/deps run
	$(Q)$(MAKE) --no-print-directory all
	$(Q)$(B)/lastack run $(ARGS)

# The name is GNU's for "run the tests", which CI and packagers expect; it has
# nothing to do with the verb "lastack check".
check:
	$(Q)scripts/deps check
	$(Q)$(MAKE) --no-print-directory $(B)/lastack $(B)/unit
	$(Q)$(PYTHON) scripts/test/all.py $(B)

unit: $(B)/unit
	$(Q)$(B)/unit

fuzz:
	$(Q)scripts/deps fuzz
	$(Q)scripts/fuzz $(SECONDS)

# clang-tidy reads .clang-tidy and compile_flags.txt; each tool stops the target by its exit status.
# The two of cppcheck's that look across files take a struct fault that is to
# be filled for one that is read; the compilers and the analyser cover them.
lint:
	$(Q)scripts/deps lint
	$(Q)scripts/floors
	$(Q)shellcheck $(SH)
	$(Q)pyflakes3 $(PY)
	$(Q)mandoc -T lint -W warning $(MAN)
	$(Q)cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr \
	    --enable=warning,performance,portability -Iharness \
	    --suppress=ctuuninitvar --suppress=ctunullpointer harness
	$(Q)clang-format --dry-run -Werror $(CFILES) $(HFILES)
	$(Q)echo $(CFILES) | xargs -n 8 -P 2 \
	    sh -c 'clang-tidy --quiet "$$@" 2>/dev/null' sh

$(B)/check_bench: $(BENCH:%.c=$(B)/%.o) $(OBJ)
	@echo "  LD    $@"
	$(Q)$(CC) $(BASE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

bench: $(B)/lastack $(B)/check_bench
	$(Q)scripts/bench $(B)/lastack $(B)/check_bench

weather: $(B)/lastack
	$(Q)LASTACK=$(B)/lastack $(PYTHON) scripts/test/weather.py \
	    --count $(COUNT) --seed $(SEED)

# One of each quick case; those of hundreds of connections are left out.
captures: $(B)/lastack
	$(Q)rm -rf captures/ipv4 captures/ipv6 $(B)/reference
	$(Q)$(B)/lastack run --quick --out $(B)/reference
	$(Q)cd $(B)/reference/captures/wire && \
	    find . -name '*.pcapng' -size +64k -delete && \
	    cp -r ipv4 $(CURDIR)/captures/
	$(Q)rm -rf $(B)/reference

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/lastack \
	    $(DESTDIR)$(PREFIX)/share/man/man1 \
	    $(DESTDIR)$(PREFIX)/share/man/man5
	install $(B)/lastack $(DESTDIR)$(PREFIX)/bin/lastack
	install -m 644 scripts/scapy_packets.py scripts/*.schema.json \
	    $(DESTDIR)$(PREFIX)/share/lastack
	rm -rf $(DESTDIR)$(PREFIX)/share/lastack/cases
	cp -r cases $(DESTDIR)$(PREFIX)/share/lastack
	install -m 644 harness/man/lastack.1 harness/man/lastack-check.1 \
	    $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 harness/man/lastack-fin.5 \
	    $(DESTDIR)$(PREFIX)/share/man/man5

format:
	$(Q)clang-format -i $(CFILES) $(HFILES)

clean:
	rm -rf build
