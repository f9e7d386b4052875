#!/bin/sh
# run.sh [ROW...] - what `make bench-kernel` runs: builds the peers that can be built here, then versus, whose table goes
# to $O/bench/kernel.txt and $O/bench/kernel.csv.
set -eu
here=tests/bench/kernel
out=${O:-build}/bench
peers=$out/peers
mkdir -p "$peers"
tools/setup.sh bench || echo "bench-kernel: not everything that it uses is installed; what that touches is left out"

if test -e /usr/include/systemc.h && command -v g++ >/dev/null; then
    for source in "$here"/*_*.cpp; do
        peer=$peers/$(basename "$source" .cpp)
        case $source in */c_verilator.cpp) continue ;; esac
        test "$peer" -nt "$source" && test "$peer" -nt "$here/bench.h" && continue
        echo "  CXX $peer"
        g++ -O2 -std=c++17 -o "$peer" "$source" -lsystemc
    done
else
    rm -f "$peers"/?_*
    echo "skip: no figures of SystemC, because libsystemc-dev (or g++) is not installed"
fi

if command -v verilator >/dev/null; then
    if ! { test "$peers/c_verilator" -nt "$here/c_pipe.v" && test "$peers/c_verilator" -nt "$here/c_verilator.cpp" &&
           test "$peers/c_verilator" -nt "$here/bench.h"; }; then
        rm -rf "$peers/verilated"
        echo "  VERILATOR $peers/c_verilator"
        verilator --cc --exe --build -O3 -Wno-fatal -CFLAGS "-O2 -I$PWD/$here" --Mdir "$peers/verilated" \
            -o ../c_verilator "$here/c_pipe.v" "$PWD/$here/c_verilator.cpp" >"$peers/verilator.log" 2>&1 ||
            { cat "$peers/verilator.log" >&2; exit 1; }
    fi
else
    rm -f "$peers/c_verilator"
    echo "skip: no figure of Verilator, because it is not installed"
fi

# The exit status of a pipe is that of tee, so versus leaves its own.
{ "$B/bench/kernel/versus" "$B/bench/kernel" "$peers" "$out" "$@" 2>"$out/kernel.err" || echo broken >"$out/kernel.broken"; } |
    tee "$out/kernel.txt"
if test -e "$out/kernel.broken"; then
    rm "$out/kernel.broken"
    tail -n 5 "$out/kernel.err" >&2
    exit 1
fi
