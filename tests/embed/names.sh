#!/bin/sh
# names.sh HEADER - the names that a header adds to a program: macros, tags, constants of enumerations, types, functions,
# variables; one a line. It reads the project's own layout: a declaration at depth 0 begins in the first column.
set -eu
awk '
{ text = text $0 "\n" }
END {
    gsub(/\\\n/, " ", text)                                        # continued lines
    while (match(text, /\/\*([^*]|\*+[^*\/])*\*+\//)) text = substr(text, 1, RSTART - 1) " " substr(text, RSTART + RLENGTH)
    n = split(text, line, "\n")
    for (i = 1; i <= n; i++) {
        sub(/\/\/.*/, "", line[i])
        if (line[i] ~ /^[ \t]*#[ \t]*define/) { split(line[i], w, /[ \t(]+/); print w[2] == "define" ? w[3] : w[2] }
        else if (line[i] !~ /^[ \t]*#/ && line[i] !~ /extern "C"/) code = code line[i] "\n"
    }
    gsub(/"[^"]*"/, "\"\"", code)
    gsub(/__attribute__ *\(\(([^()]|\([^()]*\))*\)\)/, " ", code)
    gsub(/BL_PRINTF\([^)]*\)/, " ", code)
    depth = round = 0; item = ""; kind = ""
    for (i = 1; i <= length(code); i++) {
        c = substr(code, i, 1)
        if (c == "{") {
            if (depth == 0) { kind = item; tag(item); if (item ~ /\)[ \n]*$/) declared(item); body = "" }
            depth++
        } else if (c == "}") {
            depth--
            if (depth == 0) {
                if (kind ~ /(^|[ \n])enum([ \n]|$)/ && kind !~ /\)[ \n]*$/) constants(body)
                # behind a struct or an enumeration its declarators may stand; behind a function, nothing
                item = kind ~ /\)[ \n]*$/ ? "" : kind ~ /typedef/ ? "typedef struct x " : kind ~ /(struct|union|enum)/ ? "struct x " : ""
            }
        } else if (depth > 0) body = body c
        else if (c == ";") { tag(item); declared(item); item = "" }
        else item = item c
    }
}
function tag(s,   w) {
    if (match(s, /(^|[ \n])(struct|union|enum)[ \n]+[A-Za-z_][A-Za-z0-9_]*[ \n]*$/)) {
        split(substr(s, RSTART), w, /[ \n]+/)
        if ((w[1] == "" ? w[3] : w[2]) != "x") print w[1] == "" ? w[3] : w[2]
    }
}
function constants(s,   part, m, j) {
    gsub(/\([^()]*\)/, "", s)
    m = split(s, part, ",")
    for (j = 1; j <= m; j++) if (match(part[j], /[A-Za-z_][A-Za-z0-9_]*/)) print substr(part[j], RSTART, RLENGTH)
}
# The declarator of a function, of a variable or of a type; a lone tag declares nothing else.
function declared(s,   name, part, m, j) {
    gsub(/[ \n\t]+/, " ", s); sub(/^ /, "", s); sub(/ $/, "", s)
    if (s == "" || s ~ /^(struct|union|enum) [A-Za-z_0-9]+$/ || s ~ /^_Static_assert/) return
    if (match(s, /\(/) && substr(s, RSTART, 2) == "(*") { name = substr(s, RSTART + 2); sub(/[^A-Za-z0-9_].*/, "", name); print name; return }
    if (s ~ /\(/) { name = s; sub(/ *\(.*/, "", name); sub(/.*[ *]/, "", name); print name; return }
    gsub(/\[[^]]*\]/, "", s); sub(/=.*/, "", s)
    m = split(s, part, ",")
    for (j = 1; j <= m; j++) { name = part[j]; sub(/ *$/, "", name); sub(/.*[ *]/, "", name); if (name != "" && name != "x") print name }
}' "$1"
