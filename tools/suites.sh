#!/bin/sh
# suites.sh [-q | -l] [ROOT] - checks that every source file has its tests where anybody looks for them. The tests of ROOM/FILE.c are
# in tests/ROOM: in test_FILE.c; or in a suite with a shorter beginning (job_plan.c: test_job.c); or in one whose opening comment
# names FILE.c; or, where a room is tested as a whole, in suites called like the room (test_imagine_parts.c). Of another room
# a suite may test a file too: then its opening comment names ROOM/FILE.c. Names of suites and of components are there once, since the
# build makes symbols of them. -l lists the suites of every file instead: FILE SUITE... There a file also has the suites whose names go on
# from its own suite's (fst_pack.c: test_fst.c, then test_fst_crash.c), and those whose opening comment names its folder, "components/imagine/":
# machines as a whole, beside and never instead of tests of the file.
set -eu
quiet= list=
if test "${1-}" = -q; then quiet=1; shift; elif test "${1-}" = -l; then list=1; shift; fi
cd "${1-.}"

find kernel components platforms traces tools tests -name '*.c' 2>/dev/null | LC_ALL=C sort |
LC_ALL=C awk -v quiet="$quiet" -v list="$list" '
function name_of(path) { sub(/.*\//, "", path); sub(/\.c$/, "", path); return path }
function room_of(path) { sub(/\/[^\/]*$/, "", path); return path }
# The opening comment of a suite, to its end.
function opening(path,   line, all) {
    while ((getline line < path) > 0) { all = all " " line; if (line ~ /\*\//) break }
    close(path)
    return all
}
function named(text, file) { gsub(/\./, "\\.", file); return text ~ ("(^|[^A-Za-z0-9_/])" file "([^A-Za-z0-9_]|$)") }
# The suites of a file, a blank before each: the nearest by its name first.
function suites_of(path,   room, name, short, own, all, i, s) {
    room = room_of(path); name = name_of(path)
    for (short = name; ; sub(/_[^_]*$/, "", short)) {
        own = "tests/" room "/test_" short ".c"
        if (own in said) { all = " " short; break }
        if (short !~ /_/) break
    }
    for (i = 1; i <= suites; i++) {
        s = suite[i]
        if (s == own && all) continue
        if (list && (named(said[s], room "/") || (all && index(s, "tests/" room "/test_" short "_") == 1))) { all = all " " substr(name_of(s), 6); continue }
        if (named(said[s], path) || (room_of(s) == "tests/" room &&
            (named(said[s], name ".c") || index(name_of(s) "_", "test_" name_of(room) "_") == 1)))
            all = all " " substr(name_of(s), 6)
    }
    return all
}
# A machine has files called like those of another one: its suite has the name of its room.
function expected(path) { return "tests/" room_of(path) "/test_" (name_of(path) ~ /^(mapper|calibrate|calibration_file|settings|phases)$/ ? name_of(room_of(path)) : name_of(path)) ".c" }
function once(name, path, what) {
    if (name in seen) { printf "%s: %s, as %s; both become one symbol, so rename one\n", path, what, seen[name]; bad++ }
    seen[name] = path
}
$0 ~ /\/test_[^\/]*\.c$/ { once("suite " name_of($0), $0, "a suite of this name is there already") }
$0 ~ /^components\// { once("class " name_of($0), $0, "a component of this name is there already") }
$0 ~ /^tests\// { if (name_of($0) ~ /^test_/) { suite[++suites] = $0; said[$0] = opening($0) } next }
{ source[++n] = $0 }
END {
    for (i = 1; i <= n; i++)
        if (list) print source[i] suites_of(source[i])
        else if (!suites_of(source[i])) { printf "%s: no suite tests it; expected %s\n", source[i], expected(source[i]); bad++ }
    if (!bad && !quiet && !list) printf "suites: %d source files, %d suites\n", n, suites
    exit bad > 0
}'
