#!/bin/sh
# screenshot.sh - what GTKWave shows of a dump and its save file, as a picture of 1400 x 900.
# Needs gtkwave, xvfb (xvfb-run) and imagemagick (import).
set -eu
case $# in
2) dump=$1 save=${1%.*}.gtkw out=$2 ;;
3) dump=$1 save=$2 out=$3 ;;
*) echo "usage: tools/screenshot.sh DUMP.fst [SAVE.gtkw] OUT.png   (SAVE: DUMP.gtkw)" >&2; exit 2 ;;
esac
for tool in gtkwave xvfb-run import identify; do
    command -v "$tool" >/dev/null || { echo "screenshot: $tool is missing: install gtkwave, xvfb and imagemagick" >&2; exit 2; }
done
for file in "$dump" "$save"; do
    [ -r "$file" ] || { echo "screenshot: $file: cannot be read" >&2; exit 2; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export dump save out work
# A home of its own: no settings of the user, so that every machine draws the same.
HOME=$work xvfb-run -a -s "-screen 0 1400x900x24" sh -eu -c '
    gtkwave --rcvar "splash_disable on" --rcvar "enable_vcd_autosave no" "$dump" "$save" >"$work/log" 2>&1 &
    viewer=$!
    # Done when two pictures in a row, with more than an empty screen on them, are equal.
    last=none
    for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        sleep 1
        kill -0 "$viewer" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
        import -window root -strip "$work/now.png"
        now=$(identify -format "%# %k" "$work/now.png")
        if [ "$now" = "$last" ] && [ "${now##* }" -gt 8 ]; then
            break
        fi
        last=$now
    done
    cp "$work/now.png" "$out"
    kill "$viewer" 2>/dev/null || true
    wait "$viewer" 2>/dev/null || true'
