#!/bin/sh
# run.sh COUNT SEED [FILE...] - does somebody notice? COUNT one-token mutations of FILE... (default: all of kernel, components,
# platforms, traces, tools), each against the suites that its file names (tools/suites.sh -l). A copy of the tree is mutated, built in
# a folder of its own: $O/mutants. LIST=FILE takes the mutations of that list instead (an old survivors.tsv).
# Written there: result.txt (verdict, FILE:LINE, the line before and after), survivors.tsv. Exits 1 when less than 90 % is killed.
# Verdicts: killed; survived; same (the compiler makes the same code); argued (equivalent.txt says why nobody can tell; more than 5 %
# of these fail too); broken (does not compile).
set -eu
{   # read as a whole before it begins: the file may change meanwhile
cd "$(dirname "$0")/../.."
here=$PWD
CC=${CC:-gcc}
mkdir -p "${O:-build}/mutants"
work=$(cd "${O:-build}/mutants" && pwd)
count=$1 seed=$2
shift 2
test $# -gt 0 || set -- $(find kernel components platforms traces tools -name '*.c' ! -path tools/main.c | LC_ALL=C sort)

mkdir -p "$work/tree"
(cd "$work/tree" && rm -rf kernel components platforms traces tools tests)
tar --exclude=./build --exclude=./out --exclude=./.git -cf - . | tar -xf - -C "$work/tree"
test ! -d ../shared || ln -sfn "$(cd ../shared && pwd)" "$work/shared"
$CC -std=c11 -O1 -o "$work/mutate" tests/mutants/mutate.c
if test -n "${LIST-}"; then cp "$LIST" "$work/list.tsv"; else "$work/mutate" pick "$seed" "$count" "$@" >"$work/list.tsv"; fi
tools/suites.sh -l >"$work/suites"
: >"$work/result.txt"
: >"$work/survivors.tsv"
cd "$work/tree"

B=$work/build/$(basename "${CC%% *}")
objects() { find "$B" -name '*.o' ! -path "$B/tests/*" ! -name 'suites*.o' | LC_ALL=C sort; }
# make with the suites of the file at work; compiled without figures for a debugger.
build() { make -s --no-print-directory -j"$(nproc)" O="$work/build" CC="$CC" CFLAGS=-O1 WERROR=0 T="$suites" "$@" 2>&1; }
command_of() { build -n V=1 -W "$1" "$2" | grep -F -- "-o $2 " | tail -n 1; }

# Sets `spent`: seconds of a processor that all that was started from here has taken so far. A subshell would not know.
look_at_time() {
    times >"$work/times"
    spent=$(awk 'END { split($1, u, /[ms]/); split($2, s, /[ms]/); print int(60 * (u[1] + s[1]) + u[2] + s[2]) }' "$work/times")
}

# Runs $1, a runner, with the suites at hand: first with fewer seeds, since most mutants are noticed by those too. A mutant may loop or
# eat memory: a process has twice the processor's time that the good ones had together, and all of them five times that of the clock.
try() {
    try_with 1 "$@" && try_with "" "$@"
}
try_with() {
    quick=$1
    shift
    rm -rf "$work/tmp"
    for suite in $suites; do
        (ulimit -S -t $limit; ulimit -S -v 4000000; ulimit -S -f 4000000
         BL_TMP=$work/tmp BL_JOBS=1 BL_QUICK=$quick BITLINE=$2 CK_VERBOSITY=silent CK_DEFAULT_TIMEOUT=$patience \
             timeout -k 5 $patience "$1" $suite) >"$work/log" 2>&1 </dev/null || return 1
    done
}

# A new file: its suites are built and must be green. Sets how they are built, and how long they may take.
begin_file() {
    suites=$(awk -v f="$file" '$1 == f { $1 = ""; print }' "$work/suites")
    object=$B/${file%.c}.o
    needs_program=
    for suite in $suites; do
        if grep -lq 'getenv("BITLINE")\|\$BITLINE' $(find tests -name "test_$suite.c"); then needs_program=yes; fi
    done
    ready=
    build "$B/check-some" "$B/bitline" >"$work/log" || { echo "$file: does not build; see $work/log" >&2; return 1; }
    compile=$(command_of "$file" "$object")
    link=$(command_of tests/main.c "$B/check-some")
    limit=600 patience=1800
    look_at_time
    begin=$(date +%s) before=$spent
    try_with "" "$B/check-some" "$B/bitline" || { echo "$file: its suites fail without a mutation; see $work/log" >&2; return 1; }
    look_at_time
    limit=$((2 * (spent - before) + 2)) patience=$((5 * ($(date +%s) - begin) + 20))
    ready=yes
}

# The mutated object takes the place of the good one: a library's member is not looked at when its names are there.
link_mutant() {
    case $file in
    tools/*) echo "$link" | sed "s|$object|$work/mutant.o|" ;;
    *)       echo "$link" | sed "s|$B/libbitline.a|$work/mutant.o &|" ;;
    esac | sed "s|-o $B/check-some |-o $work/check |" >"$work/link.sh"
    sh "$work/link.sh" || return 1
    test -n "$needs_program" || return 0
    $CC -Wl,--export-dynamic-symbol='bl_*' -o "$work/bitline" $(objects | sed "s|^$object\$|$work/mutant.o|") \
        $(sed 's|.*libbitline.a||; s|-l[^ ]*check[^ ]*||g' "$work/link.sh")
}

# Whether equivalent.txt argues that nobody can tell: the file's name, "- line", "+ line", then why.
argued() {
    awk -v file="$file" -v old="$1" -v new="$2" '
        function bare(s) { gsub(/[ \t]+/, " ", s); sub(/^ /, "", s); sub(/ $/, "", s); return s }
        /^- / { minus = bare(substr($0, 3)); next }
        /^[+] / { if (at == file && minus == bare(old) && bare(substr($0, 3)) == bare(new)) { found = 1; exit } next }
        /^[^ ]+[.]c$/ { at = $0 }
        END { exit !found }' "$here/tests/mutants/equivalent.txt"
}

judge() {
    "$work/mutate" make "$file" "$at" "$len" "$new" >"$work/mutated.c"
    was=$(sed -n "${line}p" "$file") is=$(sed -n "${line}p" "$work/mutated.c")
    if argued "$was" "$is"; then verdict=argued; return; fi
    cp -p "$file" "$work/good.c"
    cp "$work/mutated.c" "$file"
    rm -f "$work/mutant.o"
    verdict=broken
    echo "$compile" | sed "s|-MMD -MP||; s|-o $object |-o $work/mutant.o |" >"$work/compile.sh"
    if sh "$work/compile.sh" >"$work/log" 2>&1; then
        if cmp -s "$work/mutant.o" "$object"; then verdict=same
        elif ! link_mutant >"$work/log" 2>&1; then verdict=broken
        elif try "$work/check" "${needs_program:+$work/bitline}"; then verdict=survived
        else verdict=killed; fi
    fi
    cp -p "$work/good.c" "$file"
}

tab=$(printf '\t')
last= ready=
while IFS= read -r row; do
    IFS=$tab read -r file line at len rest <<END
$row
END
    new=$(printf '%s\n' "$row" | cut -f5-)
    if test "$file" != "$last"; then last=$file; begin_file || true; fi
    test -n "$ready" || continue
    judge
    if test $verdict = survived; then printf '%s\n' "$row" >>"$work/survivors.tsv"; fi
    { printf '%-10s %s:%s\n' "$verdict" "$file" "$line"; printf '    - %s\n    + %s\n' "$was" "$is" | sed 's/^\(    [-+]\) */\1 /'; } |
        tee -a "$work/result.txt"
done <"$work/list.tsv"

awk '/^[a-z]+ +[^ ]+:[0-9]+$/ { n[$1]++ }
     END { told = n["killed"] + n["survived"]
           printf "mutants: %d killed of %d, %d survived; %d argued, %d the same code, %d do not compile (%s)\n", n["killed"], told, n["survived"],
               n["argued"], n["same"], n["broken"], FILENAME
           exit !told || 10 * n["killed"] < 9 * told || 20 * n["argued"] > told + n["argued"] }' "$work/result.txt"
exit
}
