#!/bin/sh
# bundle.sh DIR COPYRIGHT - Vega as one script, from the modules that Debian's libjs-vega installs one by one: each becomes a function that is
# called when another one requires it. Only those that a chart needs (no maps, trees, clouds). Defines `vega` and nothing else.
set -eu
dir=$1 copyright=$2
modules="util time format loader dataflow statistics scale canvas scenegraph expression selection event-selector functions runtime
         parser transforms view-transforms encode label view interpreter"

for module in $modules; do
    test -r "$dir/vega-$module.min.js" || { echo "bundle.sh: $dir/vega-$module.min.js is missing: install libjs-vega" >&2; exit 1; }
done
test -r "$copyright" || { echo "bundle.sh: $copyright, the licence of Vega, is missing: install libjs-vega" >&2; exit 1; }
echo '/*!'
# What would end the remark, or the script of the page, does not stand in a licence.
sed -e 's|\*/|* /|g' -e 's|</|< /|g' "$copyright"
echo '*/'
echo 'const vega = (function () { "use strict"; const make = {}, made = {};'
for module in $modules; do
    echo "make[\"vega-$module\"] = function (exports, require, module) {"
    # In a page a script ends at its first </script, wherever that stands.
    sed -e '/^\/\/# sourceMappingURL=/d' -e 's|</script|<\\/script|g' "$dir/vega-$module.min.js"
    echo '};'
done
cat <<'END'
const require = name => {
    const own = name === "vega-selections" ? "vega-selection" : name;      /* one module asks for it by another name */
    if (!made[own]) {
        const module = { exports: made[own] = {} };
        if (!make[own])
            throw new Error("there is no module " + name);
        make[own](module.exports, require, module);
    }
    return made[own];
};
const all = Object.assign({}, require("vega-util"), require("vega-dataflow"), require("vega-scenegraph"), require("vega-view"), require("vega-parser"),
                          require("vega-interpreter"));
all.transforms = Object.assign({}, require("vega-transforms"), require("vega-view-transforms"), require("vega-encode"), require("vega-label"));
Object.assign(require("vega-dataflow").transforms, all.transforms);
return all; })();
END
