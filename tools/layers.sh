#!/bin/sh
# layers.sh [-q] [ROOT] - checks by the #include lines that nobody includes what its folder may not.
# Prints one line for each violation and exits 1; -q says nothing when all is well.
set -eu
quiet=
if test "${1-}" = -q; then quiet=1; shift; fi
cd "${1-.}"

find kernel components platforms traces tools tests -name '*.[ch]' 2>/dev/null | LC_ALL=C sort |
LC_ALL=C awk -v quiet="$quiet" '
function rule(folder, own, libraries) { files[folder] = own; libs[folder] = libraries; order[++rules] = folder }
function library(name, headers,   n, i, h) {
    n = split(headers, h, " ")
    for (i = 1; i <= n; i++) lib_of[h[i]] = name
}
BEGIN {
    # folder              its own code it may include (prefixes)                                  libraries besides libc
    rule("kernel",              "kernel/*.h",                                                     "")
    rule("kernel/check",        "kernel/*.h",                                                     "")
    rule("kernel/ieee",         "kernel/*.h kernel/ieee/",                                        "")
    rule("kernel/observe",      "kernel/",                                                        "")
    rule("components",          "kernel/model.h kernel/ieee/ieee.h components/*.h HERE/*.h",   "")
    rule("traces",              "kernel/sim.h traces/",                                           "zlib lz4")
    # What reads files, what knows nets, a net on a platform; then the room of each machine, which sees no other machine.
    rule("platforms/file",      "kernel/sim.h kernel/model.h platforms/file/",                    "yaml")
    rule("platforms/net",       "kernel/sim.h components/requant.h components/requant_work.h components/float_work.h platforms/file/ platforms/net/ onnx.pb-c.h", "protobuf-c zlib")
    rule("platforms/job",       "kernel/sim.h kernel/model.h components/*.h platforms/file/ platforms/net/ platforms/job/", "")
    rule("platforms",           "kernel/sim.h kernel/model.h components/*.h components/ROOM/ platforms/file/ platforms/net/ platforms/job/ HERE/*.h", "")
    rule("tools",               "kernel/sim.h platforms/file/ platforms/net/ platforms/job/ platforms/imc/ platforms/db_pim/prune.h traces/ tools/",
                                                                                  "zlib lz4 jansson libevent sqlite")
    rule("tests/embed",         "kernel/model.h kernel/sim.h kernel/ieee/ieee.h components/*.h platforms/file/module.h platforms/job/ platforms/net/net.h traces/traces.h", "")
    rule("tests",               "kernel/ components/ platforms/ traces/ tools/ tests/ onnx.pb-c.h",
                                                        "yaml protobuf-c zlib lz4 jansson libevent sqlite check fstapi")
    library("yaml", "yaml.h");       library("zlib", "zlib.h");      library("lz4", "lz4.h lz4hc.h lz4frame.h")
    library("jansson", "jansson.h"); library("sqlite", "sqlite3.h"); library("check", "check.h")
    library("fstapi", "fstapi.h")
    library("libc", "assert.h complex.h ctype.h errno.h fenv.h float.h inttypes.h iso646.h limits.h locale.h malloc.h math.h " \
        "setjmp.h signal.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h " \
        "stdnoreturn.h string.h strings.h tgmath.h threads.h time.h uchar.h wchar.h wctype.h " \
        "dirent.h dlfcn.h fcntl.h fnmatch.h glob.h getopt.h libgen.h link.h poll.h pthread.h pty.h regex.h termios.h unistd.h " \
        "sys/file.h sys/ioctl.h sys/mman.h sys/prctl.h sys/random.h sys/resource.h sys/stat.h sys/syscall.h sys/time.h sys/types.h sys/wait.h sys/socket.h sys/un.h " \
        "netinet/in.h arpa/inet.h netdb.h")
}
function wrong(why) { printf "%s:%d: includes %s: %s\n", file, row, name, why; bad++ }
function folder_of(path,   i, best) {
    for (i = 1; i <= rules; i++)
        if (index(path, order[i] "/") == 1 && length(order[i]) > length(best)) best = order[i]
    return best
}
# HERE is the folder of the file, ROOM the name of that folder; DIR/*.h a header of DIR, not of a folder in it.
function of_this_file(prefixes,   here, room) {
    here = file; sub(/\/[^\/]*$/, "", here); room = here; sub(/.*\//, "", room)
    gsub(/HERE/, here, prefixes); gsub(/ROOM/, room, prefixes)
    return prefixes
}
function allowed(header, prefixes,   n, i, p, dir) {
    n = split(of_this_file(prefixes), p, " ")
    for (i = 1; i <= n; i++) {
        dir = p[i]
        if (p[i] ~ /\/$/ ? index(header, p[i]) == 1 : sub(/\*\.h$/, "", dir) ? index(header, dir) == 1 && index(substr(header, length(dir) + 1), "/") == 0 : header == p[i])
            return 1
    }
    return 0
}
function exists(path,   line, r) { r = (getline line < path); close(path); return r >= 0 }
function judge(   header, which) {
    header = substr(name, 2, length(name) - 2)
    if (name ~ /^"/) {
        if (header != "onnx.pb-c.h" && header != "platforms/file/stamp.h" && (header ~ /(^|\/)\.\.?\// || !exists(header)))
            wrong("no such file from the root of the tree; write the path from there, like \"kernel/sim.h\"")
        else if (!allowed(header, files[folder]))
            wrong(folder "/ may include only " of_this_file(files[folder]) "; move the code, or ask through one of these headers")
        return
    }
    which = header ~ /^protobuf-c\// ? "protobuf-c" : header ~ /^event2\// ? "libevent" : lib_of[header]
    if (which == "")
        wrong("not a header of libc or of a library this project uses; a new one is entered in tools/layers.sh")
    else if (which != "libc" && !allowed(which, libs[folder]))
        wrong(which " may not be used in " folder "/" (libs[folder] ? ", only " libs[folder] : ", only libc and libm"))
}
{
    file = $0; folder = folder_of(file); row = 0; count++
    while ((getline line < file) > 0) {
        row++
        if (line !~ /^[ \t]*#[ \t]*include/) continue
        if (match(line, /"[^"]*"|<[^>]*>/)) { name = substr(line, RSTART, RLENGTH); judge() }
        else { name = line; wrong("neither \"file\" nor <file>: this checker cannot follow it") }
    }
    close(file)
}
END {
    if (bad) printf "layers: %d of the includes in %d files break the rules\n", bad, count
    else if (!quiet) printf "layers: %d files, every include is allowed\n", count
    exit bad > 0
}'
