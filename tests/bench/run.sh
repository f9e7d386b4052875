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
    else
        echo "== instructions by folder: skipped, valgrind is not installed"
    fi
} | tee "$out/bench.txt"
