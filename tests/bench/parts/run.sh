#!/bin/sh
# run.sh [PART...] - what `make bench-parts` runs: builds the same circuits in Verilator and SystemC where these are installed,
# runs all in turn, five times, and prints a table; also $O/bench/parts.txt. A figure never fails it; two programs that
# did not do the same do: as many items arrived after as many ticks, and the same sum of them.
set -eu
here=tests/bench/parts
out=${O:-build}/bench/parts
n=1000 ticks=300 few=8            # instances; ticks of a run that is timed; instances of one that is counted
mkdir -p "$out"
parts=${*:-sram adder_tree sar_adc imc_array}
export SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1
tools/setup.sh bench || echo "bench-parts: not everything that it uses is installed; what that touches is left out"

# newer PROGRAM SOURCE...: whether the program is newer than all that it is made from.
newer() {
    program=$1
    shift
    for source; do test "$program" -nt "$source" || return 1; done
}
if test -e /usr/include/systemc.h && command -v g++ >/dev/null; then
    newer "$out/systemc" "$here/systemc.cpp" tests/bench/kernel/bench.h || {
        echo "  CXX $out/systemc"
        g++ -O2 -std=c++17 -Itests/bench/kernel -o "$out/systemc" "$here/systemc.cpp" -lsystemc
    }
else
    rm -f "$out/systemc"
    echo "skip: no figures of SystemC, because libsystemc-dev (or g++) is not installed"
fi
command -v verilator >/dev/null || echo "skip: no figures of Verilator, because it is not installed"
for part in $parts; do
    program=$out/verilator_$part
    command -v verilator >/dev/null || { rm -f "$program"; continue; }
    newer "$program" "$here/top.v" "$here/top.cpp" "$here/common.v" "$here/$part.v" tests/bench/kernel/bench.h && continue
    echo "  VERILATOR $program"
    rm -rf "$program.d"
    verilator --cc --exe --build -O3 -Wno-fatal -Wno-lint -MAKEFLAGS OPT_FAST=-O2 -CFLAGS "-O2 -I$PWD/tests/bench/kernel" \
        --top-module top --prefix Vtop --Mdir "$program.d" -o "../verilator_$part" "$here/top.v" "$here/common.v" "$here/$part.v" \
        "$PWD/$here/top.cpp" >"$out/verilator.log" 2>&1 || { cat "$out/verilator.log" >&2; exit 1; }
done

command_of() {                      # WHO PART: the program, which takes ticks and instances
    case $1 in
        ours) echo "$B/bench/parts/ours $2" ;;
        systemc) echo "$out/systemc $2" ;;
        verilator) echo "$out/verilator_$2 $2" ;;
    esac
}
instructions() {                    # COMMAND TICKS: of ten instances
    valgrind --tool=callgrind --callgrind-out-file=/dev/null $1 "$2" 10 2>&1 | awk '/Collected/ { print $NF }'
}
{
    echo "part who items ns ratio instructions ratio"
    for part in $parts; do
        whos=ours
        for who in verilator systemc; do
            set -- $(command_of $who "$part")
            test -x "$1" && whos="$whos $who"
        done
        for i in 1 2 3 4 5; do
            for who in $whos; do
                echo "$who $($(command_of $who "$part") $ticks $n)"
            done
        done >"$out/runs"
        for who in $whos; do        # of 3 x 150 ticks less 150, so that set-up and the writing of weights are taken off
            command=$(command_of $who "$part")
            ! command -v valgrind >/dev/null || echo "$who COUNT $(instructions "$command" 150) $(instructions "$command" 450)" \
                "$($command 150 10 | cut -d' ' -f2) $($command 450 10 | cut -d' ' -f2)"
        done >>"$out/runs"
        sort -s -k1,1 -k2,2r -k4,4n "$out/runs" | awk -v part="$part" -v order="$whos" '
            $2 == "RESULT" {
                if (++runs[$1] == 3) ns[$1] = $4                # the median of five
                units[$1] = $3
                work = $3 " items, sum " $8
                if (first == "") first = work
                if (work != first) { print part ": " $1 " has " work "; others " first; bad = 1 }
            }
            $2 == "COUNT" { count[$1] = ($4 - $3) / ($6 - $5) }
            END {
                m = split(order, who, " ")
                for (i = 1; i <= m; i++) {
                    w = who[i]
                    printf "%s %s %d %.0f %.2f", part, w, units[w], ns[w], ns[w] / ns["ours"]
                    if (w in count) printf " %.0f %.2f\n", count[w], count[w] / count["ours"]
                    else print " - -"
                }
                exit bad
            }' || echo broken >"$out/broken"
    done
} | tee "$out/../parts.txt"
command -v valgrind >/dev/null || echo "skip: no instructions are counted, because valgrind is not installed"
if test -e "$out/broken"; then
    rm "$out/broken"
    exit 1
fi
