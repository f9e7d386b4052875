#!/bin/sh
# page.sh - the files of the page of `bitline serve` as a C table (struct bl_page, serve.h), on standard output.
set -eu
cd "$(dirname "$0")"

bytes() { od -An -v -tu1 "$1" | sed 's/  *\([0-9][0-9]*\)/\1,/g'; }

echo '#include "tools/serve/serve.h"'
for kind in html css js svg; do
    echo "static const unsigned char page_$kind[] = {"
    bytes page.$kind
    echo '};'
done
cat <<'END'
const struct bl_page bl_pages[] = {
    { "/", "text/html; charset=utf-8", page_html, sizeof page_html },
    { "/page.css", "text/css; charset=utf-8", page_css, sizeof page_css },
    { "/page.js", "text/javascript; charset=utf-8", page_js, sizeof page_js },
    { "/page.svg", "image/svg+xml", page_svg, sizeof page_svg },
    { NULL, NULL, NULL, 0 }
};
END
