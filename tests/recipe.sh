#!/bin/sh
# recipe.sh - executes README's recipes (blocks marked `sh recipe`) in a copy of the tree: writes its files, runs its commands. What build/ holds of the
# plain build is copied too, as it is no older than the sources: only what the recipe adds is compiled.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$root"
built=
for part in build/setup-build build/setup-test build/gcc; do test ! -e $part || built="$built ./$part"; done
tar cf - --exclude=./build --exclude=./out --exclude=./.git . | (cd "$work" && tar xf -)
test -z "$built" || tar cf - --exclude=./build/gcc/tmp --exclude=./build/gcc/check* --exclude=./build/gcc/bench $built | (cd "$work" && tar xf -)
cd "$work"
mkdir -p out
# ```LANG file=NAME: the block becomes that file. ```sh recipe: it is run.
awk '
/^```/ && inside { close(target); inside = 0; next }
/^```.* file=/   { target = $0; sub(/.* file=/, "", target); inside = 1; print "wrote " target; printf "" > target; next }
/^```sh recipe/  { target = sprintf("recipe.%02d.sh", ++n); inside = 1; print "set -e" > target; next }
inside           { print >> target }
' README.md
for step in recipe.*.sh; do
    echo "---- $(sed 1d "$step" | tr '\n' ';')"
    sh "$step"
done
echo "the recipe works"
