#!/bin/sh
# run.sh SECONDS [TARGET...] - what `make fuzz` runs: each target (all: wave tflite onnx data) under clang's libFuzzer with ASan and UBSan, for so long.
# An input that takes longer than FUZZ_TIMEOUT seconds of the clock (30) counts as a hang: give more on a busy machine.
# FUZZ_SEED=N begins with that seed; without it each run has another.
# They begin with small files: those in corpus/, or what seeds_TARGET.c writes. New inputs stay in $O/fuzz; a crash is left there and ends it
# with status 1.
set -eu
out=$O/fuzz seconds=$1
shift
flags="-std=c11 -D_DEFAULT_SOURCE -ffp-contract=off -g -O1 -I. -DBL_NET_MAX_BYTES=(UINT64_C(64)<<20)"

# What protoc-c makes of the format of ONNX.
pb=$out/gen
mkdir -p "$pb"
protoc-c --c_out="$pb" -I"${ONNX_DIR:-/usr/include/onnx}" "${ONNX_DIR:-/usr/include/onnx}/onnx.proto"

sources() {      # of a target: what it is linked of
    case $1 in
    wave)   echo traces/wave_*.c traces/fst_read*.c traces/fst_unpack.c traces/vcd_read*.c traces/out.c traces/vars.c kernel/say.c \
                 $(pkg-config --libs zlib liblz4) ;;
    tflite) echo platforms/net/tflite*.c platforms/net/flat.c platforms/net/real.c platforms/net/net.c platforms/net/net_finish.c platforms/net/reference*.c components/float_work.c kernel/random.c kernel/say.c -lm ;;
    onnx)   echo platforms/net/onnx*.c platforms/net/net_narrow_layer.c platforms/net/net_narrow_fit.c platforms/net/net.c platforms/net/net_finish.c platforms/net/reference*.c components/float_work.c kernel/random.c kernel/say.c \
                 -I"$pb" "$pb/onnx.pb-c.c" $(pkg-config --libs --cflags libprotobuf-c) -lm ;;
    data)   echo platforms/net/dataset.c platforms/net/dataset_read.c platforms/net/net_narrow_layer.c platforms/net/net_narrow_fit.c platforms/net/array.c platforms/net/npy.c platforms/net/labels.c platforms/net/unpack.c \
                 platforms/net/net.c components/float_work.c kernel/random.c kernel/say.c $(pkg-config --cflags --libs zlib) -lm ;;
    seeds_onnx) echo -I"$pb" "$pb/onnx.pb-c.c" $(pkg-config --cflags --libs libprotobuf-c check) -lm ;;
    *)      echo "run.sh: '$1' is no target; expected wave, tflite, onnx or data" >&2; return 2 ;;
    esac
}

for target in ${*:-wave tflite onnx data}; do
    linked=$(sources "$target")
    mkdir -p "$out/corpus_$target" "$out/seeds_$target"
    # shellcheck disable=SC2086
    clang $flags -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o "$out/fuzz_$target" "tests/fuzz/fuzz_$target.c" $linked
    if test -f "tests/fuzz/seeds_$target.c"; then
        # shellcheck disable=SC2086
        clang $flags -o "$out/make_$target" "tests/fuzz/seeds_$target.c" $(test "$target" != onnx || sources seeds_onnx)
        "$out/make_$target" "$out/seeds_$target"
    else
        cp tests/fuzz/corpus/* "$out/seeds_$target"
    fi
    echo "fuzz: $target, $seconds s"
    "$out/fuzz_$target" -max_total_time="$seconds" -seed="${FUZZ_SEED:-0}" -max_len=4096 -rss_limit_mb=1024 -timeout="${FUZZ_TIMEOUT:-30}" -print_final_stats=1 -verbosity=0 \
        -artifact_prefix="$out/" "$out/corpus_$target" "$out/seeds_$target"
done
