#!/bin/sh
# run.sh - what `make bench` runs: every program of tests/bench, then what the instructions of the demo go to, by
# folder (valgrind's callgrind, where it is installed). Prints it and writes it to build/bench/bench.txt.
set -eu
out=build/bench
mkdir -p "$out"
{
    for bench in tests/bench/*.c; do
        name=$(basename "$bench" .c)
        echo "== $name"
        "$B/bench/$name"
    done
    echo "== sweep"
    BITLINE="$B/bitline" tests/bench/sweep.sh
    if command -v callgrind_annotate >/dev/null; then
        for mode in osa digital; do
            for images in 1 3; do
                valgrind --tool=callgrind --callgrind-out-file="$out/callgrind.$images" "$B/bitline" run osa_hcim --quiet \
                    --images $images --set controller.mode=$mode --calibration platforms/nets/fashion_cnn.osa_hcim.yaml \
                    --report json -o "$out/run.$images.json" >/dev/null 2>&1
                callgrind_annotate --threshold=100 "$out/callgrind.$images" >"$out/instructions.$images"
            done
            echo "== instructions of two images, mode $mode, by folder (set-up taken off)"
            awk '
            # "1,234 ( 5.6%)  kernel/clock.c:dispatch [...]"
            match($0, /\) +[^ ]+:[^ ]+/) && $1 ~ /^[0-9,]+$/ {
                n = $1; gsub(",", "", n)
                file = substr($0, RSTART + 1); sub(/^ +/, "", file); sub(/:.*/, "", file)
                folder = "libraries"
                if (match(file, /(kernel|components|platforms|traces|tools)\/[^\/]*$/)) {
                    folder = substr(file, RSTART); sub(/\/.*/, "", folder)
                }
                sum[folder] += FILENAME ~ /\.1$/ ? -n : n
            }
            END {
                for (f in sum) total += sum[f]
                for (f in sum) printf "%-12s %14.0f %6.1f %%\n", f, sum[f], 100 * sum[f] / total
                printf "%-12s %14.0f\n", "all", total
            }' "$out/instructions.1" "$out/instructions.3" | sort -k2 -n -r
        done
        echo "== instructions of an image with the critical path, against --no-path"
        for p in osa_hcim imagine bf_imna; do
            for o in '' --no-path; do
                valgrind --tool=callgrind --callgrind-out-file=/dev/null "$B/bitline" run $p --quiet --images 1 $o 2>&1 >/dev/null |
                    awk '/Collected/ { print $NF }'
            done | awk -v p=$p 'NR == 1 { with = $1 } NR == 2 { printf "%-12s %.1f M, %.1f M without: %+.1f %%\n", p, with / 1e6, $1 / 1e6, 100 * (with / $1 - 1) }'
        done
        for h in 4 8; do        # the difference of eight and four rows of a 3 x 3 layer, 128 -> 64 channels, on IMAGINE
            printf 'name,type,Cin,H,W,Cout,KH,KW,stride,pad,groups,Hout,Wout,MACs,params\nconv,conv,128,%d,32,64,3,3,1,1,1,%d,32,%d,73792\n' \
                $h $h $((h * 32 * 73728)) >"$out/imagine.$h.csv"
            valgrind --tool=callgrind --callgrind-out-file="$out/callgrind.$h" "$B/bitline" run imagine --quiet --images 1 \
                --net "$out/imagine.$h.csv" >/dev/null 2>&1
            callgrind_annotate --threshold=100 "$out/callgrind.$h" >"$out/instructions.$h"
        done
        echo "== instructions of an 8-bit MAC on IMAGINE (64 of one bit), without the integer reference"
        awk '/PROGRAM TOTALS/ || /%\) +platforms\/reference\.c:bl_reference_run/ {
            n = $1; gsub(",", "", n)
            sum += (FILENAME ~ /\.4$/ ? -n : n) * (/PROGRAM/ ? 1 : -1)
        } END { printf "%.1f\n", sum / (4 * 32 * 73728) }' "$out/instructions.4" "$out/instructions.8"
        echo "== instructions a multiply-accumulate on BF-IMNA: 12.5 million of them, without AVX-512, set-up included"
        valgrind --tool=callgrind --callgrind-out-file="$out/callgrind.ap" "$B/bitline" run bf_imna --quiet \
            --net mlperftiny_ic_resnet8 --report json -o "$out/run.ap.json" 2>&1 >/dev/null |
            awk '/Collected/ { printf "%.0f\n", $NF / 12501632 }'
    else
        echo "== instructions by folder: skipped, valgrind is not installed"
    fi
} | tee "$out/bench.txt"
