#!/bin/sh
# recipe.sh - executes README's "Add a component" in a copy of the tree: writes its files, runs its commands.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
tar cf - --exclude=./build --exclude=./out --exclude=./.git . | (cd "$work" && tar xf -)
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
