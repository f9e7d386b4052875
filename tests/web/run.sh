#!/bin/sh
# run.sh - `make check-web`: pages in headless Chromium, at 600 and 1400 pixels: what is drawn against the JSON report (check.py), keys, one page
# without scripts, size and time. Pages and screenshots (SHOTS=1: of all pages) stay in build/web. Needs Debian's chromium and python3; says in one line when it is skipped.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$(realpath "${BITLINE:-build/gcc/bitline}") out=${O:-build}/web
skip() { echo "skipped: web: pages in a browser: $1"; test "${CI-}" != true || exit 1; exit 0; }
for c in chromium python3; do command -v $c >/dev/null || skip "$c is not installed"; done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir -p "$out"
failed=
fail() { echo "FAILED: $1"; failed=1; }

# browser WIDTH HEIGHT ARGUMENT... URL: with an empty profile each time, and no connection of its own.
browser() {
    profile=$(mktemp -d "$work/profile.XXXX") size=$1,$2
    shift 2
    timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update \
        --disable-sync --hide-scrollbars --enable-logging=stderr --user-data-dir="$profile" --window-size="$size" "$@" 2>"$work/log"
    status=$?
    rm -rf "$profile"
    # What the page itself says on the console is an error of ours: its policy refused something, or a script failed.
    if grep CONSOLE "$work/log" >&2; then status=1; fi
    return $status
}

# drawn NAME JSON...: the page out/NAME.html as it is drawn, against these reports.
drawn() {
    name=$1
    shift
    for width in 600 1400; do
        browser $width 1000 --dump-dom "file://$(realpath "$out/$name.html")" >"$work/$name.dom" || fail "$name at $width pixels: the browser or the page said so"
        python3 tests/web/check.py "$name at $width" $width "$out/$name.html" "$work/$name.dom" "$@" || failed=1
        test $name = osa || test -n "${SHOTS-}" || continue
        browser $width "${HEIGHT:-9000}" --screenshot="$work/shot.png" "file://$(realpath "$out/$name.html")" >/dev/null || fail "$name: no screenshot at $width pixels"
        cp "$work/shot.png" "$out/$name-$width.png"
    done
}

run() { "$B" run "$@" --quiet --report-json "$out/$name.json" --report-html "$out/$name.html" >"$work/run.log" 2>&1 || { cat "$work/run.log"; fail "bitline run $*"; }; }
osa="osa_hcim --calibration platforms/nets/fashion_cnn.osa_hcim.yaml"

# The demo, more than 10^6 events: time and size are asked of this one.
name=osa;     run $osa --images 100 --interval 200us --what-if adc.rho=1 --what-if "host*2"; drawn osa "$out/osa.json"
# Without intervals; another machine; images under way together, which have layers that overlap.
name=layers;  run $osa --images 2; drawn layers "$out/layers.json"
name=imagine; run imagine --calibration platforms/nets/fashion_cnn.imagine.yaml --images 1; drawn imagine "$out/imagine.json"
name=chip;    run chip --interval 5us; drawn chip "$out/chip.json"

# Names that would break a page, or a script.
python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
r["layers"][0]["name"] = "</script><script>document.title = 1</script>\"\x27&\u00e9\u2028<!--"
r["layers"][1]["name"] = "__proto__"
json.dump(r, open(sys.argv[2], "w"))' "$out/layers.json" "$out/names.json"
"$B" report "$out/names.json" --as html -o "$out/names.html" >/dev/null || fail "bitline report"
drawn names "$out/names.json"

# Runs compared, and the points of a sweep.
"$B" compare "$out/osa.json" "$out/layers.json" "$out/imagine.json" --as html -o "$out/compare.html" || fail "bitline compare"
drawn compare "$out/osa.json" "$out/layers.json" "$out/imagine.json"
"$B" sweep $osa --vary adc.rho=1:3:1 --vary ose.l_ose=1,4 --images 2 -q --db "$work/db" >"$work/run.log" 2>&1 || { cat "$work/run.log"; fail "bitline sweep"; }
"$B" sweep report "$work/db" --as json -o "$out/sweep.json" || fail "bitline sweep report"
"$B" sweep report "$work/db" --plot "adc.rho, energy_j_an_image" --by ose.l_ose --pareto "max images_per_s, min energy_j_an_image" -o "$out/sweep.html" || fail "the page of a sweep"
drawn sweep "$out/sweep.json"

# By keys and mouse: a copy of the page with a script at its end that presses them.
for page in layers sweep; do
    { cat "$out/$page.html"; echo "<script>"; cat tests/web/keys.js; echo "</script>"; } >"$work/keys.html"
    browser 1000 1000 --virtual-time-budget=5000 --dump-dom "file://$work/keys.html" >"$work/keys.dom" || fail "keys: $page: the browser or the page said so"
    grep -q 'data-keys="ok"' "$work/keys.dom" || fail "keys: $page: $(grep -o 'data-keys="[^"]*"' "$work/keys.dom" || echo nothing came)"
done

# Where scripts may not run, the tables are there: a copy of the page with another policy.
sed "s/script-src 'unsafe-inline'/script-src 'none'/" "$out/osa.html" >"$work/still.html"
browser 1000 1000 --dump-dom "file://$work/still.html" >"$work/still.dom" 2>/dev/null
grep -q '<svg' "$work/still.dom" && fail "without scripts: something was drawn"
python3 tests/web/check.py --still "$out/osa.html" "$work/still.dom" || failed=1

test -z "$failed" || exit 1
echo "check-web: all well; screenshots in $out"
