#!/bin/sh
# page.sh [-u] - platforms/PAPERS.md is what `bitline papers` writes, all of it. -u: writes it. tests/papers/test_paper_page.c looks at the rows that
# take seconds.
set -eu
cd "$(dirname "$0")/../.."
make -s
BITLINE=${BITLINE:-build/gcc/bitline}
out=out/papers.new
$BITLINE papers -q -o $out
if test "${1-}" = -u; then cp $out/PAPERS.md platforms/PAPERS.md; exit; fi
diff platforms/PAPERS.md $out/PAPERS.md && echo "papers: all rows are those of platforms/PAPERS.md"
