# Makefile - the whole build of bitline: one file, out of tree (build/), no recursion. `make help` lists the targets.
# Everything is found by its name: drop a file into a folder and it is compiled, tabled, tested, checked and installed.
VERSION := 0.1.0
PREFIX  ?= /usr/local
WERROR  ?= 1
O       ?= build
CFLAGS  ?= $(if $(SAN),-O1,-O2) -g
ifeq ($(origin CC),default)
CC := gcc
endif
DEMO = $(BITLINE) run platforms/osa_hcim/osa_hcim.yaml --net platforms/nets/fashion_cnn.onnx --images 100 \
       --calibration platforms/nets/fashion_cnn.osa_hcim.yaml --trace out/osa_hcim.fst --window "0 s:250 us" \
       --power-window "60 ns" --report json -o out/osa_hcim.json

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
JOBS := $(shell nproc)
MAKEFLAGS += --no-builtin-rules $(if $(filter 0,$(MAKELEVEL)),-j$(JOBS))    # a -j on the command line wins
$(if $(filter . ./ .. / %/..,$(O)),$(error O=$(O): make clean removes this directory, so name one that only make uses))
comma := ,
define nl


endef

# ---- variants: each compiler and sanitizer has a directory of its own, build/gcc, build/clang, build/gcc-address-undefined
B       := $(O)/$(notdir $(firstword $(CC)))$(if $(SAN),-$(subst $(comma),-,$(SAN)))$(if $(HARD),-hard)
BITLINE := $(B)/bitline
CLANG   := $(findstring clang,$(CC))
DATADIR := $(PREFIX)/share/bitline
PACKAGES := yaml-0.1 libprotobuf-c zlib liblz4 jansson libevent_core libevent_extra sqlite3
ONNX_DIR ?= /usr/include/onnx

# pkg-config may be installed by this very run, so it is asked at the first use, not while this file is read.
pc_cflags = $(eval pc_cflags := $(shell pkg-config --cflags $(PACKAGES)))$(pc_cflags)
pc_libs   = $(eval pc_libs := $(shell pkg-config --libs $(PACKAGES)) -lm)$(pc_libs)
ck_cflags = $(eval ck_cflags := $(shell pkg-config --cflags check))$(ck_cflags)
ck_libs   = $(eval ck_libs := $(shell pkg-config --libs check))$(ck_libs)

LANGUAGE := -std=c11 -D_DEFAULT_SOURCE -ffp-contract=off
WARN     := -Wall -Wextra -Wpedantic -Wshadow $(if $(filter 1,$(WERROR)),-Werror)
# gcc sees uninitialised values and cut text that are not there in code that a sanitizer has instrumented.
SANITIZE := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer \
            $(if $(CLANG),,-Wno-maybe-uninitialized -Wno-format-truncation))
# HARD=1 makes rare paths common: arenas of tiny chunks, arrays that grow at every step.
DEFINES  := $(if $(HARD),-DBL_HARD) -DBL_VERSION='"$(VERSION)"'
BASE      = $(LANGUAGE) $(CFLAGS) -I. -isystem $(B)/gen $(pc_cflags) $(DEFINES)
flags_kernel     := -Wconversion
# A protothread that jumps over an initialiser reads rubbish after a wait.
flags_components := $(if $(CLANG),,-Werror=jump-misses-init $(if $(SAN),,-Werror=maybe-uninitialized))
flags_tests      = $(ck_cflags)
flags_suites     = $(ck_cflags)
flags_suites-some = $(ck_cflags)
flags = $(BASE) $(WARN) $(flags_$(firstword $(subst /, ,$*))) $(SANITIZE)

# ---- sources and what is made of them
# Rooms may lie two folders deep: components/bf_imna/, tests/platforms/osa_hcim/.
rooms      = $(sort $(foreach p,$(2),$(wildcard $(1)/$(p) $(1)/*/$(p) $(1)/*/*/$(p))))
KERNEL     := $(call rooms,kernel,*.c)
COMPONENTS := $(call rooms,components,*.c)
PLATFORMS  := $(call rooms,platforms,*.c)
TRACES     := $(call rooms,traces,*.c)
TOOLS      := $(call rooms,tools,*.c)
TESTS      := $(filter-out tests/bench/% tests/embed/% tests/fuzz/% tests/mutants/%,$(call rooms,tests,*.c))
BENCHES    := $(sort $(wildcard tests/bench/*.c))
KBENCHES   := $(sort $(wildcard tests/bench/kernel/*.c))
PBENCHES   := $(sort $(wildcard tests/bench/parts/*.c))
# What is installed: for components; for programs; for mappers and modules.
HEADERS    := kernel/model.h kernel/ieee/ieee.h kernel/sim.h traces/traces.h platforms/file/find.h platforms/file/load.h platforms/file/texts.h \
              platforms/job/setup.h platforms/net/dataset.h platforms/net/net.h platforms/net/score.h platforms/job/mapper.h platforms/job/ask.h platforms/job/tile.h components/host.h \
              components/requant.h components/requant_work.h components/float_work.h components/bits.h components/window.h components/host_ops.h components/lanes.h components/item_size.h components/planes.h components/tags.h components/tree.h components/sar.h \
              components/rows.h components/memory_item.h components/unit_job.h components/dma.h platforms/file/module.h \
              platforms/net/onnx_write.h platforms/net/quantise.h components/db_pim/dyadic.h components/db_pim/db_shape.h platforms/db_pim/fta.h platforms/db_pim/record.h platforms/db_pim/prune.h
# For people: under share/doc/bitline, by the names that README has for them here.
DOCS       := README.md LICENSE kernel/README.md components/README.md platforms/README.md platforms/PAPERS.md tools/report/README.md tools/sweep/README.md tools/serve/README.md traces/FORMAT.md traces/gtkwave.png \
              $(filter-out %.sh,$(wildcard tests/embed/*.* tests/embed/plugin/*)) $(wildcard tests/bad/*)
# A file NAME.c below components/ holds NAME_class (one that never says bl_class is a helper), platforms/NAME/mapper.c holds
# NAME_mapper, tools/cmd_NAME.c holds cmd_NAME, a file test_NAME.c below tests/ holds suite_NAME.
CLASSES  := $(if $(COMPONENTS),$(sort $(basename $(notdir $(shell grep -lw bl_class $(COMPONENTS))))))
MAPPERS  := $(patsubst platforms/%/mapper.c,%,$(sort $(wildcard platforms/*/mapper.c)))
COMMANDS := $(patsubst tools/cmd_%.c,%,$(filter tools/cmd_%,$(TOOLS)))
SUITES   := $(sort $(patsubst test_%,%,$(filter test_%,$(basename $(notdir $(TESTS))))))

objects   = $(patsubst %.c,$(B)/%.o,$(1))
LIB      := $(B)/libbitline.a
PUBLIC   := $(B)/public/libbitline.a
LIB_OBJ  := $(call objects,$(KERNEL) $(COMPONENTS) $(PLATFORMS) $(TRACES)) $(B)/classes.o $(B)/platforms.o \
            $(B)/build_id.o $(B)/gen/onnx.pb-c.o
TOOL_OBJ := $(call objects,$(TOOLS)) $(B)/commands.o $(B)/tools/report/web/embed.o $(B)/page.o
TEST_OBJ := $(call objects,$(TESTS)) $(B)/suites.o $(B)/suites-some.o
# The runner holds all suites; with T only those of T, so that nothing else is compiled: their files, and what helps them in their
# own folder. Who fails an allocation on purpose is linked between us and libc.
CHOSEN   := $(if $(T),$(filter $(T),$(SUITES)),$(SUITES))
CHOSEN_C := $(filter $(addprefix %/test_,$(CHOSEN:=.c)),$(TESTS))
HELPERS  := $(filter tests/main.c $(addsuffix %,$(dir $(CHOSEN_C))),$(foreach t,$(TESTS),$(if $(filter test_%,$(notdir $(t))),,$(t))))
RUNNER   := $(B)/check$(if $(T),-some)
RUN_OBJ  := $(call objects,$(CHOSEN_C) $(HELPERS)) $(B)/suites$(if $(T),-some).o
WRAP     := $(if $(and $(findstring address,$(SAN)),$(filter memory,$(CHOSEN))),$(addprefix -Wl$(comma)--wrap=,malloc calloc realloc))
SETUP    := $(O)/setup-build $(if $(CLANG),$(O)/setup-clang)

.PHONY: all help setup demo papers check check-long check-web check-web-serve conformance mutants nightly check-install layers fuzz bench bench-kernel bench-parts bench-trace screenshot install uninstall clean FORCE
all: $(BITLINE) $(PUBLIC)  ## the program and the library (the default)

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile
	@echo "Variables: CC=clang  SAN=address,undefined  HARD=1  WERROR=0  V=1 (show commands)  T=\"fst vcd\" (only these suites)"
	@echo "           PREFIX=/usr/local  DESTDIR=  O=build (where to build)  BITLINE_NO_INSTALL=1 (never call apt)"

setup:  ## install what building, testing and screenshots need (apt), or say what to install
	@tools/setup.sh build test clang screenshot data

# The stamps order the build behind the set-up; apt works for one at a time.
$(O)/setup-%: tools/setup.sh
	@tools/setup.sh $*
	@mkdir -p $(@D) && touch $@
$(addprefix $(O)/setup-,test clang bench screenshot): | $(O)/setup-build
$(O)/setup-clang: | $(if $(filter check%,$(MAKECMDGOALS)),$(O)/setup-test)

# ---- generated sources; each is rewritten only when it would differ
same_or_new = if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
# $(call table,TYPE,ARRAY,SYMBOLS): a NULL-terminated array of pointers in C-locale order
define table
#include <stddef.h>
struct $(1);
$(foreach s,$(3),extern const struct $(1) $(s);$(nl))const struct $(1) *const $(2)[] = {
$(foreach s,$(3),    &$(s),$(nl))    NULL
};
endef
define suite_table
#include <check.h>
#include <stddef.h>
$(foreach s,$(CHOSEN),Suite *suite_$(s)(void);$(nl))
const struct suite { const char *name; Suite *(*make)(void); } suites[] = {
$(foreach s,$(CHOSEN),    { "$(s)", suite_$(s) },$(nl))    { NULL, NULL }
};
const char *const suite_names[] = {
$(foreach s,$(SUITES),    "$(s)",$(nl))    NULL
};
endef
text_classes.c   = $(call table,bl_class,bl_classes,$(CLASSES:%=%_class))
text_platforms.c = $(call table,bl_mapper,bl_mappers,$(MAPPERS:%=%_mapper))
text_commands.c  = $(call table,bl_command,bl_commands,$(COMMANDS:%=cmd_%))
text_suites.c    = $(suite_table)
text_suites-some.c = $(suite_table)
text_flags       = $(BASE) $(WARN) $(flags_components) $(flags_kernel) $(SANITIZE) $(LDFLAGS)
text_sources     = $(KERNEL) $(COMPONENTS) $(PLATFORMS) $(TRACES) $(TOOLS) $(HEADERS)
text_datadir     = $(DATADIR)
WRITTEN := $(addprefix $(B)/,classes.c platforms.c commands.c suites$(if $(T),-some).c flags sources datadir)
$(B):
	@mkdir -p $@
# $(file) writes even under make -n, where its directory may not be there yet.
$(WRITTEN): FORCE | $(SETUP) $(B)
	$(if $(findstring n,$(firstword -$(MAKEFLAGS))),,$(file >$@.new,$(text_$(@F))))
	@$(same_or_new)

# Whether a module was made for this library: the installed headers, by content.
STAMP := $(B)/gen/platforms/file/stamp.h
$(STAMP): $(HEADERS) $(B)/sources
	@mkdir -p $(@D)
	@printf '#define BL_HEADERS_STAMP "%.32s"\n' "$$(cat $(HEADERS) | sha256sum)" >$@.new
	@$(same_or_new)

# What a snapshot depends on: the sources of what has state, by content.
STATEFUL := $(sort $(foreach d,kernel components platforms,$(call rooms,$(d),*.c *.h)))
$(B)/build_id.c: $(STATEFUL) $(B)/sources
	@printf 'extern const char bl_build_id[];\nconst char bl_build_id[] = "%.32s";\n' \
	  "$$(cat $(STATEFUL) | sha256sum)" >$@.new
	@$(same_or_new)

# The page of `bitline serve`, as bytes of the program.
$(B)/page.c: tools/serve/page.sh $(wildcard tools/serve/page.*) | $(B)
	@tools/serve/page.sh >$@.new
	@$(same_or_new)

$(B)/gen/onnx.pb-c.c $(B)/gen/onnx.pb-c.h &: | $(SETUP)
	@mkdir -p $(@D)
	protoc-c --c_out=$(B)/gen -I$(ONNX_DIR) $(ONNX_DIR)/onnx.proto

# What a page carries: Vega as Debian has it, in one script, and our own; all of it lies in the program.
VEGA_DIR       ?= /usr/share/javascript/vega
VEGA_COPYRIGHT ?= /usr/share/doc/libjs-vega/copyright
WEB := tools/report/web
$(B)/web/vega.js: $(WEB)/bundle.sh | $(SETUP)
	@mkdir -p $(@D)
	@$(WEB)/bundle.sh $(VEGA_DIR) $(VEGA_COPYRIGHT) >$@
$(B)/$(WEB)/embed.o: $(WEB)/embed.S $(B)/web/vega.js $(wildcard $(WEB)/*.js $(WEB)/*.css) $(B)/flags
	@mkdir -p $(@D)
	$(call say,AS)
	$(Q)$(CC) -Wa,-I.,-I$(B) -c -o $@ $<

# ---- compile and link
Q   := $(if $(V),,@)
say  = $(if $(V),,@echo "  $(1) $@")
$(B)/gen/%.o: $(B)/gen/%.c $(B)/flags
	$(call say,CC)
	$(Q)$(CC) $(BASE) $(SANITIZE) -w -c -o $@ $<
$(B)/%.o: $(B)/%.c $(B)/flags
	$(call say,CC)
	$(Q)$(CC) $(flags) -MMD -MP -c -o $@ $<
$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(flags) -MMD -MP -c -o $@ $<
$(call objects,$(PLATFORMS) $(TOOLS) $(TESTS)): | $(B)/gen/onnx.pb-c.h $(STAMP)
$(B)/platforms/file/modules.o: $(STAMP)
# One file knows where data is installed, so that an installation elsewhere compiles nothing else.
$(B)/platforms/file/find.o: private DEFINES += -DBL_DATADIR='"$(DATADIR)"'
$(B)/platforms/file/find.o: $(B)/datadir
$(TEST_OBJ): | $(O)/setup-test

# A module (platforms/file/module.h) links against nothing: the program has the whole library, and lends its names.
for_modules = -Wl,--export-dynamic-symbol='bl_*'
all_of_lib  = -Wl,--whole-archive $(PUBLIC) -Wl,--no-whole-archive
$(LIB): $(LIB_OBJ) $(B)/sources
	$(call say,AR)
	$(Q)rm -f $@ && ar rcs $@ $(LIB_OBJ)
# The library that is installed: global names that are none of its own become bl_inner_NAME, so that a program may have them.
$(PUBLIC): $(LIB)
	@mkdir -p $(@D)
	$(call say,OBJCOPY)
	$(Q)nm -gP --defined-only $< 2>/dev/null | awk 'NF > 2 && $$1 !~ /^(bl_.*|[a-z][a-z0-9_]*_(class|mapper))$$/ { print $$1, "bl_inner_" $$1 }' | \
	  LC_ALL=C sort -u >$(@D)/names && objcopy --redefine-syms=$(@D)/names $< $@
$(BITLINE): $(TOOL_OBJ) $(PUBLIC)
	$(call say,LD)
	$(Q)$(CC) $(SANITIZE) $(LDFLAGS) $(for_modules) -o $@ $(TOOL_OBJ) $(all_of_lib) $(pc_libs)
$(RUNNER): $(RUN_OBJ) $(filter-out $(B)/tools/main.o,$(TOOL_OBJ)) $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(SANITIZE) $(LDFLAGS) $(WRAP) -Wl,--wrap=_tcase_add_test -o $@ $(filter %.o,$^) $(LIB) $(pc_libs) $(ck_libs)
$(B)/bench/%: $(B)/tests/bench/%.o $(LIB)
	@mkdir -p $(@D)
	$(call say,LD)
	$(Q)$(CC) $(SANITIZE) $(LDFLAGS) -o $@ $< $(LIB) $(pc_libs)

-include $(patsubst %.o,%.d,$(LIB_OBJ) $(TOOL_OBJ) $(TEST_OBJ) $(call objects,$(BENCHES) $(KBENCHES) $(PBENCHES)))

# ---- run
demo: $(BITLINE)  ## build, then run the main job: out/ holds its report and its waveform
	@mkdir -p out
	$(DEMO)

# Slow builds run fewer seeds and networks (tests/rigs/effort.h); QUICK= makes them run all.
QUICK ?= $(if $(SAN)$(HARD),1)
RUN_TESTS = BL_TMP=$(B)/tmp BL_JOBS=$(JOBS) BL_QUICK=$(QUICK) BITLINE=$(BITLINE) CK_FORK=$(or $(CK_FORK),yes) \
            CK_VERBOSITY=$(or $(CK_VERBOSITY),normal) CK_DEFAULT_TIMEOUT=60 CK_TIMEOUT_MULTIPLIER=$(if $(SAN),5,2) \
            UBSAN_OPTIONS=print_stacktrace=1 $(RUNNER)
check-long: export BL_LONG = 1
check:  ## all tests, then the include rules; T="fst vcd" compiles and runs only these suites
check-long:  ## the same with the cases that take minutes
check check-long: $(RUNNER) $(BITLINE)
	@$(RUN_TESTS) $(T)
	@tools/layers.sh -q && tools/suites.sh -q

check-web: $(BITLINE)  ## pages as headless Chromium draws them, against the JSON report; screenshots in build/web
	@O=$(O) BITLINE=$(BITLINE) tests/web/run.sh

NETS ?= 2000
PEER := $(B)/conformance/peer
conformance: $(RUNNER) $(PEER)  ## NETS=2000 random process networks on our kernel and on SystemC, logs compared
	@BL_PEER=$(PEER) BL_NETS=$(NETS) $(RUN_TESTS) systemc
conformance: CK_VERBOSITY = verbose
# Without libsystemc-dev there is no program, and the suite says that it is skipped; with CI=true it fails.
$(PEER): $(addprefix tests/conformance/,peer.cpp procnet.c procnet.h) | $(SETUP)
	@mkdir -p $(@D)
	$(call say,CXX)
	$(Q)if tools/setup.sh conformance; then $(CC) $(LANGUAGE) -O2 -I. -c -o $(@D)/procnet.o tests/conformance/procnet.c && \
	  $(CXX) -std=c++17 -O1 -Wall -Wextra -I. -o $@ tests/conformance/peer.cpp $(@D)/procnet.o -lsystemc; fi

# One command for every figure of the five papers; PAPERS=quick leaves out what takes minutes. Stopped, it goes on where it was.
papers: $(BITLINE)  ## what the papers print beside what runs give: out/papers.html, out/PAPERS.md; PAPERS=quick: without the slow ones
	@$(BITLINE) papers $(if $(filter quick,$(PAPERS)),--quick)

MUTANTS ?= 300
SEED    ?= 1
mutants: | $(SETUP) $(O)/setup-test  ## MUTANTS=300 one-token mutations, SEED=1 chooses: do the tests of their files notice? FILES="kernel/wheel.c" only of these
	@O=$(O) CC="$(CC)" tests/mutants/run.sh $(MUTANTS) $(SEED) $(FILES)

nightly:  ## what takes longer than CI may: long cases, 2000 networks, 5 minutes of fuzzing, all tests under sanitizers in full, Slurm, all figures of the papers, the server in Chromium, 300 mutants
	@.ci/run check-long conformance-long fuzz-long sanitize-full slurm papers web-serve mutants

check-web-serve: $(BITLINE)  ## the page of bitline serve in headless Chromium, and its server under 200 connections for 20 s (tools/setup.sh web)
	@tests/web/serve.sh $(BITLINE)

layers:  ## check who includes whom, and that every source file has its tests
	@tools/layers.sh
	@tools/suites.sh

FUZZ_SECONDS ?= 300
fuzz: | $(O)/setup-build $(O)/setup-clang  ## any bytes through the readers of waves, nets, images and labels, under ASan and UBSan; FUZZ_SECONDS=300 each, T=tflite
	@O=$(O) tests/fuzz/run.sh $(FUZZ_SECONDS) $(T)

bench: $(BENCHES:tests/bench/%.c=$(B)/bench/%) $(BITLINE)  ## measure the speed against peers (tests/bench)
	@test -n "$(BENCHES)" || { echo "make bench: there is no tests/bench/*.c" >&2; exit 1; }
	@if test -x tests/bench/run.sh; then CC="$(CC)" B=$(B) tests/bench/run.sh; \
	 else for b in $(filter $(B)/bench/%,$^); do echo "== $${b##*/}"; $$b || exit 1; done; fi

bench-kernel: $(KBENCHES:tests/bench/%.c=$(B)/bench/%)  ## measure the kernel against SystemC and Verilator; T="a f" only these rows
	@O=$(O) B=$(B) tests/bench/kernel/run.sh $(T)
bench-parts: $(PBENCHES:tests/bench/%.c=$(B)/bench/%)  ## measure general parts against Verilator and SystemC; T="sram" only this one
	@O=$(O) B=$(B) tests/bench/parts/run.sh $(T)
bench-trace: $(LIB) | $(O)/setup-bench  ## our trace writers beside GTKWave's and SystemC's: build/bench/trace.csv
	@CC="$(CC)" B=$(B) O=$(O) LIBS="$(pc_libs)" tests/bench/trace/run.sh $(CHANGES)

screenshot: $(BITLINE) | $(O)/setup-screenshot  ## draw README's picture with GTKWave: traces/gtkwave.png
	@mkdir -p out
	$(BITLINE) run osa_hcim --quiet --images 1 --calibration platforms/nets/fashion_cnn.osa_hcim.yaml \
	  --trace out/shot.fst --window "66 us:70 us" --power-window "60 ns" >/dev/null
	tools/screenshot.sh out/shot.fst traces/gtkwave.png

# ---- install
STAGE := $(O)/stage
fill   = sed -e 's|@PREFIX@|$(PREFIX)|g' -e 's|@VERSION@|$(VERSION)|g' -e 's|@COMMANDS@|$(COMMANDS)|g'
define install_to
@echo "  INSTALL $(1)"
$(Q)install -d $(addprefix $(1)/,bin lib/pkgconfig share/man/man1 share/bash-completion/completions share/zsh/site-functions)
$(Q)install -m 755 $(BITLINE) $(1)/bin/bitline
$(Q)install -m 644 $(PUBLIC) $(1)/lib/libbitline.a
$(Q)for h in $(HEADERS); do install -D -m 644 $$h $(1)/include/bitline/$$h || exit 1; done
$(Q)install -m 644 $(STAMP) $(1)/include/bitline/platforms/file
$(Q)find platforms -type f ! -name '*.[ch]' -exec install -D -m 644 {} $(1)/share/bitline/{} \;
$(Q)install -m 644 tools/bitline.py $(1)/share/bitline
$(Q)for d in $(DOCS); do install -D -m 644 $$d $(1)/share/doc/bitline/$$d || exit 1; done
$(Q)$(fill) bitline.pc.in >$(1)/lib/pkgconfig/bitline.pc
$(Q)$(fill) tools/bitline.1 >$(1)/share/man/man1/bitline.1
$(Q)$(fill) tools/completion.bash >$(1)/share/bash-completion/completions/bitline
$(Q)sed -e '/^@BASH@$$/{r $(1)/share/bash-completion/completions/bitline' -e 'd}' tools/completion.zsh >$(1)/share/zsh/site-functions/_bitline
endef
install: all  ## program, library, headers, platforms, man page, documents, examples: under DESTDIR and PREFIX
	$(call install_to,$(DESTDIR)$(PREFIX))
uninstall:  ## remove what install put there
	cd $(DESTDIR)$(PREFIX) && rm -rf bin/bitline lib/libbitline.a include/bitline lib/pkgconfig/bitline.pc \
	    share/man/man1/bitline.1 share/bash-completion/completions/bitline \
	    share/zsh/site-functions/_bitline share/bitline \
	    share/doc/bitline

ELSEWHERE = $(PREFIX)/elsewhere
check-install: all | $(O)/setup-test  ## install to build/stage; its names, its headers in C and C++, the examples in tests/embed
	$(Q)rm -rf $(STAGE)
	$(call install_to,$(STAGE)$(PREFIX))
	$(Q)CC="$(CC)" CXX="$(if $(CLANG),clang++,$(CXX))" FLAGS="$(SANITIZE)" tests/embed/run.sh $(abspath $(STAGE)) $(PREFIX)
	cd $(STAGE) && BITLINE_DATA=$$PWD$(DATADIR) .$(PREFIX)/bin/bitline ls platforms
	@echo "  INSTALL elsewhere, which compiles one file"
	$(Q)+touch $(STAGE)/before && $(MAKE) --no-print-directory -s PREFIX=$(ELSEWHERE) DESTDIR=$(STAGE) install && \
	  n=$$(find $(B) -name '*.o' -newer $(STAGE)/before | wc -l) && test "$$n" = 1 || \
	  { echo "make install PREFIX=$(ELSEWHERE) compiled $$n files; expected only the one that knows where data is" >&2; exit 1; }
	$(Q)+$(MAKE) --no-print-directory -s all

clean:  ## remove what was built; out/ stays, it has results
	rm -rf $(O)
