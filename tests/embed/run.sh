#!/bin/sh
# run.sh STAGE PREFIX - the installed library, as a program of somebody else's meets it: its names, its headers in C++, the
# examples built and run. CC, CXX and FLAGS (for both) are those that the library was built with. `make check-install` runs it.
set -eu
stage=$1 prefix=$2 here=$(cd "$(dirname "$0")" && pwd)
export PKG_CONFIG_PATH="$stage$prefix/lib/pkgconfig" BITLINE_DATA="$stage$prefix/share/bitline"
pc() { pkg-config "$1" bitline; }                      # the .pc file goes by where it lies
include=$stage$prefix/include/bitline library=$stage$prefix/lib/libbitline.a
cd "$stage"
bad() { echo "check-install: $*" >&2; exit 1; }

# ---- names: of the library, then of its headers
nm -gP --defined-only "$library" 2>/dev/null | awk 'NF > 2 { print $1 }' | sort -u >names
grep -vE '^bl_|^[a-z][a-z0-9_]*_(class|mapper)$' names >odd || true
test ! -s odd || bad "the library has names that do not begin with bl_:" $(cat odd)
test "$(grep -c '^bl_' names)" -gt 200 || bad "the library has hardly any names: is $library what it should be?"
headers=$(cd "$include" && find . -name '*.h' | sed 's|^\./||' | LC_ALL=C sort)
for h in $headers; do "$here/names.sh" "$include/$h" | sed "s|^|$h: |"; done >declared
test "$(wc -l <declared)" -gt 300 || bad "names.sh finds hardly any names"
grep -vE ': (bl|BL)_|^kernel/(model|ieee/ieee)\.h: (charge|AWAIT(_[A-Z]+)*)$' declared >odd || true
test ! -s odd || bad "headers declare names that do not begin with bl_ or BL_:
$(cat odd)"

# ---- every header alone, as C and as C++
for h in $headers; do
    printf '#include "%s"\nextern int alone;\n' "$h" >alone.c
    cp alone.c alone.cpp
    $CC -std=c11 -Wall -Wextra -Wpedantic -Werror $FLAGS $(pc --cflags) -fsyntax-only alone.c || bad "$h is not C11 by itself"
    $CXX -std=c++17 -Wall -Wextra -Wpedantic -Werror $FLAGS $(pc --cflags) -fsyntax-only alone.cpp || bad "$h is not C++17 by itself"
done

# ---- completions: whole, and read by their shells
for f in bash-completion/completions/bitline zsh/site-functions/_bitline; do
    test "$(grep -c '^complete -o filenames' ".$prefix/share/$f")" = 1 || bad "$f is not whole"
    ! grep '@[A-Z]*@$' ".$prefix/share/$f" || bad "$f is not filled in"
done
bash -n ".$prefix/share/bash-completion/completions/bitline" || bad "bash does not read its completion"
if command -v zsh >/dev/null; then zsh -n ".$prefix/share/zsh/site-functions/_bitline" || bad "zsh does not read its completion"
else echo "skipped: check-install: zsh -n _bitline: package zsh is not installed"; fi

# ---- the examples
c()   { $CC -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Werror $FLAGS $(pc --cflags) -o "$@" $(pc --libs); }
cxx() { $CXX -std=c++17 -Wall -Wextra -Werror $FLAGS $(pc --cflags) -o "$@" $(pc --libs); }
c embed "$here/embed.c"
./embed
head -c 1 embed.fst >/dev/null || bad "embed.fst is not there"
test "$(".$prefix/bin/bitline" trace convert embed.fst embed.vcd >/dev/null && grep -c '^#' embed.vcd)" -gt 1000 || bad "embed.fst is no whole waveform"
c own_parts "$here/own_parts.c"
./own_parts
{ printf '#include "platforms/job/setup.h"\n#include <stdio.h>\nint main(void)\n{\n'
  awk '/^## As a library/ { on = 1 } !on { next } /^```$/ { exit } code { print } /^```c$/ { code = 1 }' "$here/../../README.md"
  printf 'return 0;\n}\n'; } >readme.c
c readme readme.c
test "$(./readme)" = "2 images right" || bad "README's program says: $(./readme)"
cxx embed_cpp "$here/embed.cpp"
./embed_cpp

# ---- a module: a component, a platform and a mapper of one's own, run from another folder by the installed program
mkdir -p mine away
cp "$here/plugin/dot.yaml" mine
$CC -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Werror $FLAGS -shared -fPIC $(pc --cflags) -o mine/dot.so "$here/plugin/dot.c"
(cd away && "..$prefix/bin/bitline" run ../mine/dot.yaml --images 10 >dot.txt)
grep 'all 100 values equal the integer reference' away/dot.txt || bad "the module's result is not that of the reference"

# ---- a program of one's own with that module: linked as platforms/README.md says, and as one that keeps the library to itself
cat >lend.c <<'END'
#include "platforms/job/setup.h"
int main(void)
{
    struct bl_setup_opts o = { .platform = "mine/dot.yaml", .images = { true, 1 } };
    struct bl_setup *u = bl_setup_open(&o, 0);
    int status = u && bl_setup_run(u, BL_FOREVER, 0, 0) == BL_END_STOPPED ? 0 : 1;
    bl_setup_close(u);
    return status;
}
END
$CC -std=c11 $FLAGS $(pc --cflags) -c -o program.o lend.c
awk '/^### modules/ { on = 1 } on && /^```$/ { exit } code { print } on && /^```sh$/ { code = 1 }' "$stage$prefix/share/doc/bitline/platforms/README.md" \
    | sed 's/^cc /$CC $FLAGS /' >link.sh
. ./link.sh
./program || bad "a program that is linked as platforms/README.md says does not lend the library to its modules"
$CC $FLAGS -o keeps program.o $(pc --libs)
if ./keeps 2>kept.txt; then bad "a program that keeps the library to itself runs a module"; fi
grep -q 'link it with `cc -o PROGRAM PROGRAM.o ' kept.txt || bad "what a module is refused with: $(cat kept.txt)"

# ---- what README and headers name is there, and all of it may be moved
for d in README.md kernel/README.md components/README.md tools/report/README.md platforms/README.md tests/embed/embed.c tests/embed/plugin/dot.c tests/bad/wires.yaml; do
    test -s "$stage$prefix/share/doc/bitline/$d" || bad "share/doc/bitline/$d is not installed"
done
rm -rf moved
cp -R "$stage$prefix" moved
(unset BITLINE_DATA; cd away && ../moved/bin/bitline ls platforms | grep -q '^osa_hcim\|/osa_hcim' && ../moved/bin/bitline run back_pressure --until '1 us' --quiet >moved.txt) ||
    bad "a moved bitline does not find its data"
case $(PKG_CONFIG_PATH=$PWD/moved/lib/pkgconfig pkg-config --variable=includedir bitline) in
*/moved/lib/*) ;; *) bad "bitline.pc keeps its old place" ;;
esac

# ---- a program that has every name that the library uses inside
sed -n 's/^bl_inner_\([A-Za-z_][A-Za-z0-9_]*\)$/char \1 = 1;/p' names >clash.c
test "$(wc -l <clash.c)" -gt 100 || bad "which names does the library use inside?"
$CC -std=c11 $FLAGS -fno-builtin -w -c -o clash.o clash.c
c clash "$here/embed.c" clash.o
./clash >/dev/null
echo "check-install: $(wc -w <<END
$headers
END
) headers, C and C++, $(wc -l <names) names; a program may use $(wc -l <clash.c) of them itself"
