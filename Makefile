# lastack: do TCP connections end the way they must?
#
#   make run      set up, build, run all cases        ARGS='--quick -4 ...'
#   make check    set up, build, run all tests        SAN=1: with sanitizers
#                 WERROR=1: warnings stop it          CC, CPPFLAGS, CFLAGS, LDFLAGS
#   make unit     only the unit tests
#   make fuzz SECONDS=60   what reads other people's octets
#   make lint     clang-format, clang-tidy, cppcheck, shellcheck, pyflakes,
#                 mandoc, floors
#   make format   lays out the C files as .clang-format says
#   make bench    cases per second, wall time of the suite  PARTS='run check'
#   make weather COUNT=10000 SEED=1   random healthy connections, and losses
#   make mutants  every oracle of the grid changed, each of which must fail
#   make build/agent-musl build/agent-posix build/agent.exe   the agent by
#                 itself, for systems without anything else
#   make captures renew the reference captures of captures/
#   make install  PREFIX=/usr/local DESTDIR=          make uninstall: the reverse
#   make deb      a Debian package, in build/deb

VERSION := 0.1.0
PREFIX  ?= /usr/local
SAN     ?= 0
B       := build$(if $(filter 1,$(SAN)),/san)

CC      ?= cc
PYTHON  ?= /usr/bin/python3
CFLAGS  ?= -O2 -g
# A warning stops CI only: a later compiler than ours may warn of more.
WERROR  ?= 0
WARN    := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
           -Wpointer-arith -Wwrite-strings $(if $(filter 1,$(WERROR)),-Werror)
BASE    := -std=c11 -D_GNU_SOURCE -Iharness -DVERSION='"$(VERSION)"'
ifeq ($(SAN),1)
BASE    += -fsanitize=address,undefined -fno-sanitize-recover=all \
           -fno-omit-frame-pointer
endif
LIBS    := -lpcap -lmnl -ljansson -larchive

# The rooms of harness/: a file may include its own room and those before it.
ROOMS   := base packet script tape judge grid bug agent tc8 link stack stack/linux \
           run vm check report bundle
GUEST   := harness/vm/guest.c
SRC     := $(filter-out $(GUEST),$(foreach r,$(ROOMS),$(wildcard harness/$(r)/*.c)))
CMD     := $(wildcard harness/cmd/*.c)
TEST    := $(wildcard harness/test/*.c)
OBJ     := $(SRC:%.c=$(B)/%.o)

# An end whose stack is lwIP (Debian's liblwip-dev), where that is installed:
# the agent, upon lwIP's sockets.
HAS_LWIP := $(shell pkg-config --exists lwip 2>/dev/null && echo 1)
AGENT    := $(wildcard harness/agent/*.c)
LWIP     := $(wildcard harness/lwip/*.c)

# An end whose stack is gVisor: what its sandbox has in it, where the compiler
# links it without a library.
HAS_STATIC := $(shell echo 'int main(void) { return 0; }' | \
              $(CC) -static -x c -o /dev/null - 2>/dev/null && echo 1)
GVISOR     := $(wildcard harness/gvisor/*.c)

# What every frame and every connection of a capture goes through is optimised
# as one, where the compiler can (GCC) and nobody asked for other flags.
FRAME   := $(wildcard harness/judge/*.c harness/check/flows*.c) \
           $(wildcard harness/packet/decap*.c) harness/packet/seg.c \
           $(wildcard harness/link/capture*.c) harness/check/parts.c \
           $(wildcard harness/check/reading*.c harness/check/views*.c) \
           $(wildcard harness/check/listing*.c) harness/check/blocks.c \
           harness/check/stretch.c \
           harness/check/columns.c harness/base/digits.c \
           harness/base/address.c harness/base/line.c harness/base/text.c
ONE     := -O3 -flto=auto -ffat-lto-objects
ifeq ($(SAN)$(origin CFLAGS),0file)
AS_ONE  := $(shell $(CC) -Werror $(ONE) -x c -S -o - /dev/null >/dev/null \
           2>&1 && echo $(ONE))
endif

SH      := scripts/deps scripts/floors scripts/bench scripts/fuzz .ci/run \
           scripts/ci/kernel scripts/ci/kselftest.sh scripts/completion/lastack.bash \
           scripts/kernel scripts/uml-kernel
FUZZ    := $(wildcard harness/fuzz/*.c)
BENCH   := $(wildcard harness/bench/*.c)
CFILES  := $(SRC) $(CMD) $(TEST) $(FUZZ) $(BENCH) $(LWIP) $(GVISOR)
HFILES  := $(wildcard harness/*/*.h harness/*/*/*.h)
SECONDS ?= 60
COUNT   ?= 10000
SEED    ?= 1
PY      := $(wildcard scripts/*.py scripts/*/*.py)
MAN     := harness/man/lastack.1 harness/man/lastack-check.1 \
           harness/man/lastack-fin.5 harness/man/lastack-agent.7
Q       := $(if $(V),,@)

.PHONY: uninstall deb all run check unit fuzz lint bench weather mutants captures install clean format
BESIDE  := $(B)/lastack-guest $(if $(HAS_LWIP),$(B)/lastack-lwip) \
           $(if $(HAS_STATIC),$(B)/lastack-gvisor)
all: $(B)/lastack $(BESIDE)

$(B)/lastack: $(CMD:%.c=$(B)/%.o) $(OBJ)
	@echo "  LD    $@"
	$(Q)$(CC) $(BASE) $(CFLAGS) $(AS_ONE) $(LDFLAGS) -o $@ $^ $(LIBS)

# What plays inside a guest: of all objects only those that it needs, so that
# few libraries have to come along.
$(B)/lastack-guest: $(GUEST:%.c=$(B)/%.o) $(B)/guest.a
	@echo "  LD    $@"
	$(Q)$(CC) $(BASE) $(CFLAGS) $(AS_ONE) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(LIBS)

$(B)/guest.a: $(OBJ)
	$(Q)rm -f $@
	$(Q)gcc-ar rcs $@ $^ 2>/dev/null || ar rcs $@ $^

$(B)/lastack-lwip: $(AGENT:%.c=$(B)/lwip/%.o) $(LWIP:%.c=$(B)/%.o) \
                   $(filter $(B)/harness/base/%,$(OBJ))
	@echo "  LD    $@"
	$(Q)$(CC) $(BASE) $(CFLAGS) $(LDFLAGS) -o $@ $^ -llwip -ljansson -pthread

$(LWIP:%.c=$(B)/%.o): WARN += -isystem /usr/include/lwip

$(B)/lwip/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $< (lwIP)"
	$(Q)$(CC) $(BASE) $(WARN) $(CFLAGS) -include harness/lwip/lwip_posix.h \
	    -MMD -MP -c -o $@ $<

$(B)/unit: $(TEST:%.c=$(B)/%.o) $(OBJ)
	@echo "  LD    $@"
	$(Q)$(CC) $(BASE) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS) -lcunit

# The agent by itself: POSIX and no library, or Windows. The one called posix
# has none of what Linux has beside, though it is built and tried here.
ALONE   := $(AGENT) harness/base/name.c harness/base/memory.c
ALONEH  := $(wildcard harness/agent/*.h harness/base/*.h harness/gvisor/*.h) \
           harness/stack/gvisor_words.h
AGENTS  := $(B)/agent-musl $(B)/agent-posix $(B)/agent.exe $(B)/lastack-gvisor

$(B)/agent-musl: ALONE_CC := musl-gcc -static -D_GNU_SOURCE
$(B)/agent-posix: ALONE_CC := $(CC) -D_POSIX_C_SOURCE=200809L -U__linux__
$(B)/agent.exe: ALONE_CC := x86_64-w64-mingw32-gcc -D_WIN32_WINNT=0x0601
$(B)/agent.exe: ALONE_LIBS := -lws2_32
$(B)/lastack-gvisor: ALONE_CC := $(CC) -static -D_GNU_SOURCE \
    $(filter -g% -ffile-prefix-map=%,$(CFLAGS))
$(B)/lastack-gvisor: ALONE_LIBS := -pthread

$(B)/agent-musl $(B)/agent-posix $(B)/agent.exe: harness/agent/alone/main.c
$(B)/lastack-gvisor: $(GVISOR)

$(AGENTS): $(ALONE) $(ALONEH) Makefile
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(ALONE_CC) -std=c11 -Iharness $(WARN) -O2 -o $@ $(filter %.c,$^) \
	    $(ALONE_LIBS)

# For an ECU's system: POSIX alone.
$(B)/upper-tester: $(wildcard harness/tc8/upper_tester*.c) harness/tc8/message.c
	@mkdir -p $(@D)
	@echo "  CC    $@"
	$(Q)$(CC) $(BASE) $(WARN) $(CFLAGS) -DUPPER_TESTER_MAIN -o $@ $^

$(FRAME:%.c=$(B)/%.o): CFLAGS += $(AS_ONE)

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(BASE) $(CPPFLAGS) $(WARN) $(CFLAGS) -MMD -MP -c -o $@ $<

# The assembler includes these; no compiler tells.
$(B)/harness/report/page_files.o: $(wildcard harness/report/page.*s) \
    harness/report/page.html

-include $(patsubst %.c,$(B)/%.d,$(SRC) $(CMD) $(TEST) $(BENCH) $(LWIP) $(GUEST)) \
         $(AGENT:%.c=$(B)/lwip/%.d)

run:
	$(Q)scripts/deps run
	$(Q)$(MAKE) --no-print-directory all
	$(Q)$(B)/lastack run $(ARGS)

# The name is GNU's for "run the tests", which CI and packagers expect; it has
# nothing to do with the verb "lastack check".
check:
	$(Q)scripts/deps check
	$(Q)$(MAKE) --no-print-directory all $(B)/unit
	$(Q)$(PYTHON) scripts/test/all.py $(B) $(if $(filter 1,$(SAN)),--sanitized)

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
	$(Q)scripts/bench $(B)/lastack $(B)/check_bench $(PARTS)

.PHONY: matrix
matrix:
	$(Q)scripts/deps matrix
	$(Q)for version in 6.1 6.12; do scripts/kernel $$version || :; done
	$(Q)$(MAKE) --no-print-directory all
	$(Q)$(B)/lastack matrix $(ARGS)

weather: $(B)/lastack
	$(Q)LASTACK=$(B)/lastack $(PYTHON) scripts/test/weather.py \
	    --count $(COUNT) --seed $(SEED)

mutants: $(B)/lastack
	$(Q)LASTACK=$(B)/lastack $(PYTHON) scripts/test/mutants.py

# One of each quick case; those of hundreds of connections are left out, and
# the grid, whose cells are made anew by each run.
captures: $(B)/lastack
	$(Q)rm -rf captures/ipv4 captures/ipv6 $(B)/reference
	$(Q)$(B)/lastack run --quick --out $(B)/reference
	$(Q)cd $(B)/reference/captures/wire && \
	    find . -name '*.pcapng' -size +64k -delete && rm -rf */grid && \
	    cp -r ipv4 $(CURDIR)/captures/
	$(Q)rm -rf $(B)/reference

# Where things go, and what of it is ours alone and is removed whole.
ROOT    := $(DESTDIR)$(PREFIX)
SHARE   := $(ROOT)/share
LIBEXEC := $(ROOT)/libexec/lastack
OURS    := $(LIBEXEC) $(SHARE)/lastack $(SHARE)/wireshark/profiles/lastack
PUT     := install -D -m 644
ZSH     ?= zsh/site-functions

install: all
	install -d $(ROOT)/bin $(LIBEXEC) $(SHARE)/lastack $(SHARE)/man/man1 \
	    $(SHARE)/man/man5 $(SHARE)/man/man7
	install $(B)/lastack $(ROOT)/bin
	install $(BESIDE) $(LIBEXEC)
	install -m 644 scripts/scapy_packets.py scripts/vm_image.py scripts/*.schema.json \
	    $(SHARE)/lastack
	install scripts/agent.py scripts/kernel scripts/uml-kernel $(SHARE)/lastack
	install -m 644 scripts/uml.config $(SHARE)/lastack
	install -d $(SHARE)/lastack/reproduce
	install -m 644 scripts/reproduce/*.py $(SHARE)/lastack/reproduce
	rm -rf $(SHARE)/lastack/cases $(SHARE)/lastack/ci $(SHARE)/lastack/vscode
	cp -r cases scripts/ci $(SHARE)/lastack
	cp -r scripts/editor/vscode $(SHARE)/lastack/vscode
	install -m 644 $(filter %.1,$(MAN)) $(SHARE)/man/man1
	install -m 644 $(filter %.5,$(MAN)) $(SHARE)/man/man5
	install -m 644 $(filter %.7,$(MAN)) $(SHARE)/man/man7
	$(PUT) scripts/completion/lastack.bash \
	    $(SHARE)/bash-completion/completions/lastack
	$(PUT) scripts/completion/_lastack $(SHARE)/$(ZSH)/_lastack
	$(PUT) scripts/editor/vim/syntax/fin.vim \
	    $(SHARE)/vim/vimfiles/syntax/fin.vim
	$(PUT) scripts/editor/vim/ftdetect/fin.vim \
	    $(SHARE)/vim/vimfiles/ftdetect/fin.vim
	install -d $(SHARE)/wireshark/profiles/lastack
	install -m 644 scripts/wireshark/* $(SHARE)/wireshark/profiles/lastack

uninstall:
	rm -rf $(OURS)
	rm -f $(ROOT)/bin/lastack \
	    $(SHARE)/bash-completion/completions/lastack \
	    $(SHARE)/$(ZSH)/_lastack \
	    $(SHARE)/vim/vimfiles/syntax/fin.vim \
	    $(SHARE)/vim/vimfiles/ftdetect/fin.vim \
	    $(foreach m,$(MAN),$(SHARE)/man/man$(subst .,,$(suffix $(m)))/$(notdir $(m)))

# A source package is made of what git has, with debian/ at its top, where
# dpkg-buildpackage wants it; what it builds is left in build/deb.
DEB     := build/deb/lastack-$(VERSION)
deb:
	$(Q)scripts/deps deb
	$(Q)rm -rf build/deb && mkdir -p $(DEB)
	$(Q)git ls-files -z Makefile LICENSE README.md harness cases scripts | \
	    xargs -0 cp -r --parents -t $(DEB)
	$(Q)mv $(DEB)/scripts/debian $(DEB)/debian
	$(Q)cd $(DEB) && dpkg-buildpackage -us -uc
	$(Q)lintian --fail-on error build/deb/*.changes

format:
	$(Q)clang-format -i $(CFILES) $(HFILES)

clean:
	rm -rf build
