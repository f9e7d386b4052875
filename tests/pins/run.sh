#!/bin/sh
# run.sh [-u] [NAME...] - runs the rows of runs.list (all but long_*, or those named; '*' is allowed) and compares the SHA-256 of
# every file that each writes, and of what it prints, with pins.list. -u writes the hashes of these rows into pins.list instead: in
# a commit that says why they change. BITLINE names another program. Names, paths and digests of input files, the place of the
# outputs and the build id of snapshots are masked. Bytes that zlib or lz4 packed count where these have the versions of pins.list.
set -u
cd "$(dirname "$0")/../.." || exit 2
list=tests/pins/runs.list pins=tests/pins/pins.list
BITLINE=${BITLINE:-build/gcc/bitline}
update=
if test "${1-}" = -u; then update=1; shift; fi
work=$(mktemp -d "${BL_TMP:-/tmp}/pins.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

packers="zlib $(pkg-config --modversion zlib 2>/dev/null), lz4 $(pkg-config --modversion liblz4 2>/dev/null)"
grep -qxF "# packed by $packers" "$pins" 2>/dev/null && same_packers=1 || same_packers=

masked() {       # of text: whatever names or describes an input file; and a parameter whose preset is another in hard builds
    sed -e 's/[0-9a-f]\{64\}/DIGEST/g' -e 's/(sha256 [0-9a-f]*\.\.\.)/DIGEST/g' -e "s|$work/[a-z0-9_]*|OUT|g" \
        -e 's|platforms/[A-Za-z0-9_./-]*|PATH|g' -e 's|tech=[A-Za-z0-9_./]*|tech=PATH|g' \
        -e '/"role":/,/}/s/"bytes": *[0-9]*/"bytes": N/' -e 's/"strict": "1"/"strict": "0"/'
}
# A snapshot: what is behind its lines of text, unpacked (a zlib stream, read as gzip without its end); there, of the 80 bytes of
# its head, those that are not the build id and the checksum.
state_of() {
    at=$(grep -abm1 '^$' "$1" | cut -d: -f1)
    { printf '\037\213\010\0\0\0\0\0\0\003'; tail -c +$((at + 4)) "$1"; } | gzip -dc 2>/dev/null >"$work/state"
    head -c 72 "$work/state" | tail -c +41
    tail -c +81 "$work/state"
}
digest() { sha256sum | cut -d' ' -f1; }

# "HASH NAME.FILE" for everything that a run left, its output and its exit status.
hashes() {
    dir=$work/$1
    (cd "$dir" && find . -type f) | sed 's|^\./||' | LC_ALL=C sort | while read -r file; do
        case $file in
        *.snap)       echo "$(state_of "$dir/$file" | digest) $1.$file" ;;
        # Without its scripts, which another libjs-vega changes.
        *.html)       echo "$(sed '/^<script>$/,$d' "$dir/$file" | masked | digest) $1.$file" ;;
        *.vcd.gz)     echo "$(gzip -dc "$dir/$file" | digest) $1.$file" ;;
        *.fst)        $BITLINE trace convert "$dir/$file" "$dir/again.vcd" >/dev/null || echo "$1.$file: cannot be converted" >&2
                      echo "$(digest <"$dir/again.vcd") $1.$file.vcd"
                      echo "$(digest <"$dir/$file") $1.$file packed" ;;
        *)            echo "$(masked <"$dir/$file" | digest) $1.$file" ;;
        esac
    done | LC_ALL=C sort -k2
}

# Runs one row in the folder of its name.
one() {
    mkdir "$work/$1" || exit 2
    words=$(printf '%s\n' "$2" | sed "s|OUT|$work/$1|g")
    eval "$BITLINE $words" >"$work/$1/stdout" 2>"$work/$1/stderr" </dev/null
    echo "exit $?" >>"$work/$1/stdout"
    sed -i -e '/^bitline: [0-9]* of [0-9]* /d' -e '/: will be about .* --watch and --window make it smaller$/d' "$work/$1/stderr"      # progress: of slow machines only
    hashes "$1"
}

wanted() {
    test $# -gt 1 || { case $1 in long_*) return 1 ;; esac; return 0; }
    name=$1; shift
    for pattern; do case $name in $pattern) return 0 ;; esac; done
    return 1
}

status=0 rows=0
while read -r name command; do
    case $name in ''|'#'*) continue ;; esac
    wanted "$name" "$@" || continue
    rows=$((rows + 1))
    one "$name" "$command" >"$work/now"
    cat "$work/now" >>"$work/all"
    test -z "$update" || continue
    grep "^[0-9a-f]* $name\." "$pins" >"$work/then" 2>/dev/null
    if test -z "$same_packers"; then
        sed -i '/ packed$/d' "$work/now" "$work/then"
    fi
    if ! cmp -s "$work/now" "$work/then"; then
        status=1
        echo "pins: $name: $BITLINE $command" >&2
        diff "$work/then" "$work/now" | sed -n 's/^[<>] [0-9a-f]* /  /p' | sort | uniq -c |
            sed 's/^ *2 \(.*\)/\1 differs/; t; s/^ *1 \(.*\)/\1 is pinned or written, not both/' >&2
        cat "$work/$name/stderr" >&2
    fi
done <"$list"
test $rows -gt 0 || { echo "pins: no row of $list is called $*" >&2; exit 2; }

if test -n "$update"; then
    awk 'NR == FNR { split($2, a, "."); ran[a[1]] = 1; next } !/^#/ { split($2, a, "."); if (!ran[a[1]]) print }' \
        "$work/all" "$pins" 2>/dev/null >"$work/kept"
    { echo "# packed by $packers"; LC_ALL=C sort -k2 "$work/kept" "$work/all"; } >"$work/new" && mv "$work/new" "$pins"
elif test -z "$same_packers"; then
    echo "pins: packed bytes are not compared: here is $packers, $(head -n 1 "$pins" | cut -c3-)"
fi
test $status != 0 || echo "pins: $rows run(s)$(test -n "$update" && echo ' pinned' || echo ', every byte as pinned')"
exit $status
