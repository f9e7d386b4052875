#!/bin/sh
# run.sh SECONDS - what `make fuzz` runs: the readers of waves under clang's libFuzzer with ASan and UBSan, for so long,
# from the small corpus beside this file. New inputs stay in $O/fuzz; a crash is left there and ends it with status 1.
set -eu
out=$O/fuzz
mkdir -p "$out/corpus"
clang -std=c11 -D_DEFAULT_SOURCE -g -O1 -I. -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o "$out/fuzz_wave" \
    tests/fuzz/fuzz_wave.c traces/wave_read.c traces/fst_read*.c traces/fst_unpack.c traces/vcd_read*.c traces/out.c traces/vars.c \
    kernel/say.c $(pkg-config --libs zlib liblz4)
"$out/fuzz_wave" -max_total_time="$1" -max_len=4096 -rss_limit_mb=1024 -timeout=10 -print_final_stats=1 -verbosity=0 \
    -artifact_prefix="$out/" "$out/corpus" tests/fuzz/corpus
