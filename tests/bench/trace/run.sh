#!/bin/sh
# run.sh [CHANGES] - what `make bench-trace` runs: bitline's writers, GTKWave's own (from Debian's package verilator) and
# SystemC's, on the same six workloads. Prints the rows and writes them to $O/bench/trace.csv; then instructions a change of
# ours, which repeat on a busy machine as well, to trace_instructions.csv. Peers that are not installed are left out, with a
# line that says so. CC, B (build folder), O and LIBS come from make.
set -eu
out=$O/bench
gtkwave=/usr/share/verilator/include/gtkwave
mkdir -p "$out"
changes=${1-10000000}

$CC -std=c11 -D_DEFAULT_SOURCE -O2 -I. -o "$out/trace_ours" tests/bench/trace/ours.c "$B/libbitline.a" $LIBS
programs="$out/trace_ours"
if test -e $gtkwave/fstapi.c; then
    $CC -D_DEFAULT_SOURCE -O2 -w -I. -I$gtkwave -DFST_CONFIG_INCLUDE='"fst_config.h"' -o "$out/trace_fstapi" \
        tests/bench/trace/fstapi.c $gtkwave/fstapi.c $gtkwave/fastlz.c $gtkwave/lz4.c -lz
    programs="$programs $out/trace_fstapi"
else
    echo "skip: GTKWave's writer is not here (package verilator)" >&2
fi
if echo '#include <systemc>' | ${CXX-g++} -E -x c++ - >/dev/null 2>&1; then
    ${CXX-g++} -D_DEFAULT_SOURCE -O2 -w -I. -o "$out/trace_systemc" tests/bench/trace/systemc.cpp -lsystemc
    programs="$programs $out/trace_systemc"
else
    echo "skip: SystemC is not here (package libsystemc-dev)" >&2
fi

{
    echo "workload,writer,ns_per_change,bytes_per_change,rss_kib"
    for program in $programs; do "$program" "$changes"; done
} | tee "$out/trace.csv"

if ! command -v valgrind >/dev/null; then
    echo "skip: no instructions are counted (package valgrind)" >&2
    exit 0
fi
# Of each workload's process: a run of three times as many changes less one of so many, less the same without a writer.
collected() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$out/trace_ours" "$2" "$1" 2>&1 >/dev/null |
        awk '/Collected/ { print $NF }' | head -n 6
}
counted=100000
difference() {
    collected "$1" $counted >"$out/few"
    collected "$1" $((3 * counted)) | paste "$out/few" - | awk -v n=$counted '{ printf "%.1f\n", ($2 - $1) / (2 * n) }'
}
difference none >"$out/none"
{
    echo "workload,writer,instructions_per_change"
    for writer in bitline-fst-lz4 bitline-fst-zlib bitline-vcd; do
        difference $writer | paste "$out/none" - | awk -v w=$writer 'BEGIN {
            split("dense-counters dense-random dense-small sparse-counters sparse-random sparse-small", name, " ") }
            { printf "%s,%s,%.0f\n", name[NR], w, $2 - $1 }'
    done
} | tee "$out/trace_instructions.csv"
rm -f "$out/few" "$out/none"
