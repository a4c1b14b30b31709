# Makefile - the front door: what to type on a fresh Debian machine.
# SPDX-License-Identifier: MIT

BUILD ?= build
SANITIZED ?= build-sanitized
THREADS ?= build-threads
FUZZ ?= build-fuzz
PREFIX ?= /usr/local
DATA ?= ../shared/data/fer2013
SANITIZERS = -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false

# $(call configured,FOLDER,OPTIONS): the packages are there and Meson knows the folder.
configured = scripts/setup.sh && { [ -f $(1)/build.ninja ] || meson setup $(2) $(1); }

# One recipe at a time: ninja is parallel by itself, and packages can be installed by one only.
.NOTPARALLEL:
.PHONY: all demo test-packages check check-slow check-sanitized check-threads models-check models-results model-card fuzz lint bench install clean

all:
	$(call configured,$(BUILD),--prefix $(PREFIX))
	ninja -C $(BUILD)

# Recognises expressions in photographs that Debian packages ship.
demo:
	$(call configured,$(BUILD),--prefix $(PREFIX))
	ninja -C $(BUILD) apps/cli/mien
	scripts/demo.sh $(BUILD)/apps/cli/mien

# Before the build is configured, which looks what tests can be run.
test-packages:
	scripts/setup.sh tests

check: test-packages all
	scripts/test.sh $(BUILD) --no-suite slow

check-slow: test-packages all
	scripts/test.sh $(BUILD) --suite slow

check-sanitized: test-packages
	$(call configured,$(SANITIZED),$(SANITIZERS))
	ninja -C $(SANITIZED)
	LSAN_OPTIONS=suppressions=$(CURDIR)/scripts/leaks.txt:print_suppressions=0 \
	scripts/test.sh $(SANITIZED) --no-suite slow

# Streams under ThreadSanitizer.
check-threads: test-packages
	$(call configured,$(THREADS),-Dbuildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false)
	ninja -C $(THREADS)
	TSAN_OPTIONS=suppressions=$(CURDIR)/scripts/races.txt \
	meson test -C $(THREADS) --no-rebuild catch_up frame_source live live_source stream video_writer

# Measures the shipped models on FER2013 and compares with models/results.csv, or makes that anew.
models-check: all
	scripts/models_check.py $(BUILD)/apps/cli/mien $(DATA)

models-results: all
	scripts/models_check.py $(BUILD)/apps/cli/mien $(DATA) --write

# The tables of a model's card: `make model-card MODEL=models/base.mien`; of several models, seeds of
# one recipe: their mean.
model-card: all
	scripts/model_card.py $(BUILD)/apps/cli/mien $(DATA) $(MODEL) $(if $(SPLIT),--split $(SPLIT))

# Needs clang. `make fuzz SECONDS=600` for longer than a minute a target.
fuzz:
	CC=clang; export CC; $(call configured,$(FUZZ),-Dfuzz=true $(SANITIZERS))
	ninja -C $(FUZZ) fuzzers
	scripts/fuzz.sh $(FUZZ) $(or $(SECONDS),60)

# Needs clang-tidy and cppcheck; a few minutes.
lint: all
	scripts/lint.sh $(BUILD)

bench: all
	MIEN=$(BUILD)/apps/cli/mien bench/train.py
	bench/stream.sh $(BUILD)

# A PREFIX that is given counts for a folder that is configured, too.
install: all
	$(if $(filter command environment,$(origin PREFIX)),meson configure $(BUILD) --prefix "$(PREFIX)")
	meson install -C $(BUILD)

clean:
	rm -rf $(BUILD) $(SANITIZED) $(THREADS) $(FUZZ)
