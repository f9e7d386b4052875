#!/bin/sh
# run.sh COUNT SEED [FILE...] - does somebody notice? COUNT one-token mutations of FILE... (default: all of kernel, components,
# platforms, traces, tools), each against the suites that its file names (tools/suites.sh -l). A copy of the tree is mutated, built in
# a folder of its own: $O/mutants. What no suite notices is compiled once more with sanitizers, as CI does with the whole: a mutant that reads behind its memory is noticed there. LIST=FILE takes the mutations of that list instead (an old survivors.tsv).
# Written there: result.txt (verdict, FILE:LINE, the suite that noticed, the line before and after), survivors.tsv. Exits 1 when less
# than 90 % is killed.
# Verdicts: killed; survived; same (the compiler makes the same code); argued (equivalent.txt says why nobody can tell; more than 5 %
# of these fail too); broken (does not compile); unjudged (a suite of the file fails without a mutation: said, and this fails).
set -eu
{   # read as a whole before it begins: the file may change meanwhile
sanitized=
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
: >"$work/measured"
cd "$work/tree"

# One runner with all suites of these files, and one program; compiled without figures for a debugger.
all=$(cut -f1 "$work/list.tsv" | LC_ALL=C sort -u | awk 'NR == FNR { is[$1]; next } $1 in is { $1 = ""; print }' - "$work/suites" | tr ' ' '\n' | sort -u)
all=$(echo $all)
B=$work/build/$(basename "${CC%% *}")
objects() { find "$B" -name '*.o' ! -path "$B/tests/*" ! -name 'suites*.o' | LC_ALL=C sort; }
build() { make -s --no-print-directory -j"${JOBS:-$(nproc)}" O="$work/build" CC="$CC" CFLAGS=-O1 WERROR=0 T="$all" "$@" 2>&1; }
command_of() { build -n V=1 -W "$1" "$2" | grep -F -- "-o $2 " | tail -n 1; }
build "$B/check-some" "$B/bitline" >"$work/log" || { echo "mutants: the tree does not build; see $work/log" >&2; exit 1; }
link=$(command_of tests/main.c "$B/check-some")

# Runs suite $1 of the runner $2 with the program $3, to its first failing case. A mutant may loop or eat memory: $limit seconds of a
# processor are for each process, $patience seconds of the clock for the suite. $quick: fewer seeds.
run_suite() {
    rm -rf "$work/tmp"
    (ulimit -S -t $limit; test -n "$sanitized" || ulimit -S -v 4000000; ulimit -S -f 4000000
     BL_TMP=$work/tmp BL_JOBS=1 BL_FIRST=1 BL_QUICK=$quick BITLINE=$3 CK_VERBOSITY=normal CK_DEFAULT_TIMEOUT=$patience \
         ASAN_OPTIONS=detect_leaks=0 CK_TIMEOUT_MULTIPLIER=10 timeout -k 5 $patience "$2" "$1") >"$work/log" 2>&1 </dev/null
}

# The suite as it is: must be green. A line of $work/measured: SUITE, tenths of a second with fewer seeds, in full, whether both are the
# same (then one is enough), whether it asks for the program.
measure() {
    limit=600 patience=3600 said= program=
    for quick in 1 ""; do
        run_suite "$1" "$B/check-some" "$B/bitline" || { echo "suite $1 fails without a mutation; see $work/log" >&2; return 1; }
        said="$said $(awk '/ checks / { print $2, 10 * $4 }' "$work/log")"
    done
    source=$(find tests -name "test_$1.c")
    if grep -q 'getenv("BITLINE")\|\$BITLINE' "$source"; then program=program; fi
    same=$(grep -lq effort.h "$B/${source%.c}.d" || echo "$said" | awk '$1 == $3 { print "same" }')
    echo "$1 $said" | awk -v same="${same:--}" -v program="${program:--}" '{ print $1, $3, $5, same, program }' >>"$work/measured"
}
measured() { awk -v s="$1" '$1 == s { print $'"$2"' }' "$work/measured"; }

# Runs $1, a runner, with the suites at hand, the fastest first: with fewer seeds, since most mutants are noticed by those too; then
# in full. A process has twice the processor's time that the whole good suite had. Sets `by` to the suite that failed.
try() {
    for quick in 1 ""; do
        for by in $suites; do
            if test -n "$sanitized" && { test -z "$quick" || test $by = memory; }; then continue; fi
            if test -z "$quick" && test "$(measured $by 4)" = same; then continue; fi
            tenths=$(measured $by $(test -n "$quick" && echo 2 || echo 3))
            limit=$(((tenths / 5 + 3) * ${sanitized:-1})) patience=$((10 * tenths + 120))
            run_suite $by "$@" || return 1
        done
    done
    by=
}

# A new file: its suites must be green; those that nobody has measured yet are measured.
begin_file() {
    object=$B/${file%.c}.o
    compile=$(command_of "$file" "$object")
    needs_program= ready= clean=
    for suite in $(awk -v f="$file" '$1 == f { $1 = ""; print }' "$work/suites"); do
        grep -q "^$suite " "$work/measured" || measure "$suite" || return 1
        echo "$(measured $suite 2) $suite"
    done >"$work/order"
    suites=$(sort -n "$work/order" | cut -d' ' -f2)
    for suite in $suites; do
        if test "$(measured $suite 5)" = program; then needs_program=yes; fi
    done
    ready=yes
}

# The mutated object takes the place of the good one: a library's member is not looked at when its names are there.
sanitizers='-fsanitize=address,undefined -fno-sanitize-recover=all'
link_mutant() {
    case $file in
    tools/*) echo "$link" | sed "s|$object|$work/mutant.o|" ;;
    *)       echo "$link" | sed "s|$B/libbitline.a|$work/mutant.o &|" ;;
    esac | sed "s|-o $B/check-some |-o $work/check ${sanitized:+$sanitizers} |" >"$work/link.sh"
    sh "$work/link.sh" || return 1
    test -n "$needs_program" || return 0
    $CC ${sanitized:+$sanitizers} -Wl,--export-dynamic-symbol='bl_*' -o "$work/bitline" $(objects | sed "s|^$object\$|$work/mutant.o|") \
        $(sed 's|.*libbitline.a||; s|-l[^ ]*check[^ ]*||g' "$work/link.sh")
}

# Whether equivalent.txt argues that nobody can tell: the file's name, "- line", "+ line", then why.
argued() {
    OLD=$1 NEW=$2 awk -v file="$file" '
        BEGIN { old = ENVIRON["OLD"]; new = ENVIRON["NEW"] }       # as they are: -v would read \r as one character
        function bare(s) { gsub(/[ \t]+/, " ", s); sub(/^ /, "", s); sub(/ $/, "", s); return s }
        /^- / { minus = bare(substr($0, 3)); next }
        /^[+] / { if (at == file && minus == bare(old) && bare(substr($0, 3)) == bare(new)) { found = 1; exit } next }
        /^[^ ]+[.]c$/ { at = $0 }
        END { exit !found }' "$here/tests/mutants/equivalent.txt"
}

# $compile of the file as it lies there, and the runner and program with it.
compile_mutant() {
    rm -f "$work/mutant.o"
    echo "$compile" | sed "s|-MMD -MP||; s|-o $object |-o $work/mutant.o ${sanitized:+$sanitizers -Wno-maybe-uninitialized -Wno-format-truncation} |" >"$work/compile.sh"
    sh "$work/compile.sh" >"$work/log" 2>&1
}

# With sanitizers: does a suite notice now? The file without a mutation must pass there. $sanitized is how much longer that may take.
noticed_by_sanitizers() {
    sanitized=4
    if test -z "$clean"; then
        clean=no
        cp -p "$work/good.c" "$file"
        if compile_mutant && link_mutant >"$work/log" 2>&1 && try "$work/check" "$work/bitline"; then clean=yes; fi
        cp "$work/mutated.c" "$file"
    fi
    noticed=1
    if test $clean = yes && compile_mutant && link_mutant >"$work/log" 2>&1 && ! try "$work/check" "$work/bitline"; then noticed=0 by="$by-sanitized"; fi
    sanitized=
    return $noticed
}

judge() {
    "$work/mutate" make "$file" "$at" "$len" "$new" >"$work/mutated.c"
    by=
    was=$(sed -n "${line}p" "$file") is=$(sed -n "${line}p" "$work/mutated.c")
    if argued "$was" "$is"; then verdict=argued; return; fi
    cp -p "$file" "$work/good.c"
    cp "$work/mutated.c" "$file"
    verdict=broken by=
    if compile_mutant; then
        if cmp -s "$work/mutant.o" "$object"; then verdict=same
        elif ! link_mutant >"$work/log" 2>&1; then verdict=broken
        elif try "$work/check" "$work/bitline" && ! noticed_by_sanitizers; then verdict=survived by=
        else verdict=killed; fi
    fi
    cp -p "$work/good.c" "$file"
}

tab=$(printf '\t')
last= ready= sanitized=
while IFS= read -r row; do
    IFS=$tab read -r file line at len rest <<END
$row
END
    new=$(printf '%s\n' "$row" | cut -f5-)
    if test "$file" != "$last"; then last=$file; begin_file || true; fi
    if test -n "$ready"; then judge; else verdict=unjudged by= was= is=; fi
    if test $verdict = survived; then printf '%s\n' "$row" >>"$work/survivors.tsv"; fi
    { printf '%-10s %s:%s%s\n' "$verdict" "$file" "$line" "${by:+ by $by}"; printf '    - %s\n    + %s\n' "$was" "$is" | sed 's/^\(    [-+]\) */\1 /'; } |
        tee -a "$work/result.txt"
done <"$work/list.tsv"

awk '/^[a-z]+ +[^ ]+:[0-9]+( by [a-z0-9_-]+)?$/ { n[$1]++ }
     END { told = n["killed"] + n["survived"]
           printf "mutants: %d killed of %d, %d survived; %d argued, %d the same code, %d do not compile (%s)\n", n["killed"], told, n["survived"],
               n["argued"], n["same"], n["broken"], FILENAME
           if (n["unjudged"]) printf "mutants: %d were not judged: a suite of their files fails without a mutation\n", n["unjudged"]
           exit !told || n["unjudged"] || 10 * n["killed"] < 9 * told || 20 * n["argued"] > told + n["argued"] }' "$work/result.txt"
exit
}
