# completion.bash - completes the commands of bitline, its options, and the names of platforms, nets, classes, prices, parts and parameters.
# make puts completion.zsh around it for zsh, whose bashcompinit runs such functions: only what both shells have may stand here (no mapfile).
_bitline_files() {
    local dir
    for dir in . "${BITLINE_DATA:-}" "@PREFIX@/share/bitline"; do
        [ -n "$dir" ] && (cd "$dir" 2>/dev/null && compgen -G "$1")
    done | sort -u
}

# Names as they may be given instead of a path: "osa_hcim" of platforms/osa_hcim/osa_hcim.yaml.
_bitline_names() { sed 's|.*/||; s|\.[a-z]*$||' | sort -u; }
_bitline_platforms() {
    local files="$(_bitline_files 'platforms/*.yaml'; _bitline_files 'platforms/*/*.yaml' | grep -v '^platforms/nets/')"
    printf '%s\n' "$files"
    printf '%s\n' "$files" | _bitline_names
}
_bitline_nets() {
    local files="$(_bitline_files 'platforms/nets/*.onnx'; _bitline_files 'platforms/nets/*.tflite'; _bitline_files 'platforms/nets/*.csv')"
    printf '%s\n' "$files"
    printf '%s\n' "$files" | grep -v '_bits\.csv$' | _bitline_names
}

# What the platform that the command line names has, one a line: "parts" or what --set takes, "PART.PARAM=".
_bitline_inside() {
    local platform=${COMP_WORDS[2]-}
    case $platform in ''|-*) return ;; esac
    "${COMP_WORDS[0]}" show "$platform" --json 2>/dev/null | awk -v what="$1" '
        /^ "[a-z]+":/ { split($0, key, "\""); section = key[2] }
        { split($0, v, "\""); }
        section == "parts" && v[2] == "path" { part = v[4]; if (what == "parts") print part }
        what == "parts" { next }
        section == "parts" && v[2] == "name" { print part "." v[4] "=" }
        section == "params" && v[2] == "name" { print v[4] "=" }
        section == "clocks" && v[2] == "name" { print "clock." v[4] "=" }
        END { if (what != "parts" && section) print "tech=\nvoltage=" }'
}

# The replies are the lines of the input that begin with $1 (zsh's compgen gives the others too).
_bitline_reply() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in '') ;; "$1"*) COMPREPLY+=("$line") ;; esac
    done
}

_bitline() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]-} words= files=yes
    local what="--net --images --first --data --labels --layout --mean --std --raw --pixels --metric --bits --bits-at --rounding --set --seed --help"
    local report="--report --output --report-json --report-html"
    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ]; then
        _bitline_reply "$word" < <(compgen -W "@COMMANDS@ --help --version" -- "$word")
        return
    fi
    case $previous in
    --net)    words="none $(_bitline_nets)" ;;
    --set | --vary | --zip) words="$(_bitline_inside parameters) " files=
              compopt -o nospace 2>/dev/null ;;
    --watch)  words="$(_bitline_inside parts | sed 's/$/.*/')" files= ;;
    --scales) words="fitted powers" files= ;;
    --images | --data | --test) words="fashion-mnist $(_bitline_files 'platforms/nets/*.idx[34]')" ;;
    --labels | --test-labels) words=$(_bitline_files 'platforms/nets/*.idx1') ;;
    --bits)   words="$(echo hawqv3{,_paper}:{int4,low,medium,high,int8})" ;;
    --rounding) words="xnn q31" files= ;;
    --layout) words="nchw nhwc" files= ;;
    --metric) words="top1 top5 error" files= ;;
    --calibration) words="none $(_bitline_files 'platforms/nets/*.yaml')" ;;
    --tech)   words="$(_bitline_files 'platforms/tech/*.yaml') $(_bitline_files 'platforms/*/tech/*.yaml')" ;;
    --on)     words="$(_bitline_platforms)" ;;
    --as)     words="text csv json" files=
              [ "$command" = sweep ] || [ "$command" = report ] && words="text csv json html"
              [ "$command" = compare ] && words="text html"
              [ "$command" = cost ] && words="$words platform tech" ;;
    --objective) words="plain copies latency energy edp" files= ;;
    --report) words="text json html csv" files= ;;
    --trace-around) words="assertion end" files= ;;
    --fst-pack) words="lz4 zlib" files= ;;
    esac
    if [ -z "$words" ]; then
        case $command:$word in
        run:-*)       words="$what $report --calibration --analytical --objective --until --trace --timeline --watch --depth --window --trace-images --power-window --interval --part-size --fst-pack --live --dump --jobs --shuffle --no-nap --no-path --what-if --races --why --journal --quiet \
                             --save-at --restore --rewind --trace-around --around --around-file" ;;
        net:-*)       words="--on --objective --as --check --data --labels --images --first --layout --mean --std --raw --pixels --metric --rounding --set --seed --help" ;;
        net:*)        words="$(_bitline_nets)" ;;
        prune:-*)     words="--sparsity --layer --alpha --fta --output --as --data --labels --images --first --layout --mean --std --raw --pixels --metric --rounding --seed --help" ;;
        prune:*)      words="$(_bitline_nets)" ;;
        quantise:-*)  words="--w-bits --a-bits --bits --set --scales --sensitivity --mean-bits --output --as --images --first --test --test-labels --data --labels --layout --mean --std --raw --pixels --metric --rounding --seed --help" ;;
        quantise:*)   words="$(_bitline_nets)" ;;
        cost:-*)      words="--as --net --set --help" ;;
        cost:*)       words="$(_bitline_files 'platforms/*/macros/*.yaml')" ;;
        check:-*)     words="$what --calibration" ;;
        calibrate:-*) words="$what --loss --output" ;;
        report:-*)    words="$report --as --table --tech --voltage --help" ;;
        trace:-*)     words="--watch --window --output --tolerance --strict --signals --help" ;;
        trace:*)      words="info convert diff cut" ;;
        sweep:-*)     words="$what --objective --calibration --until --vary --zip --sample --db --jobs --limit-time --retry-failed --dry-run --slice --results --engine --at-once --sbatch --quiet \
                             --as --columns --where --best --pareto --plot --by --sweep --output" ;;
        sweep:*)      words="report collect $(_bitline_platforms)" ;;
        serve:-*)     words="$what $report --calibration --objective --until --port --listen --read-only --go --folder --journal --keep --hang-cycles --db --no-path --quiet" ;;
        study:-*)     words="--output --jobs --quiet --help" ;;
        papers:-*)    words="--output --jobs --quick --quiet --help" ;;
        papers:*)     words="bf_imna db_pim imagine imc osa_hcim" files= ;;
        study:*)      words="$(_bitline_files 'platforms/*/studies/*.study' | _bitline_names)" ;;
        compare:-*)   words="--all --exit-code --as --output --help" ;;
        ls:-*)        words="--json --help" files= ;;
        ls:*)         words="classes platforms nets tech macros" files= ;;
        show:-*)      words="--signals --json --set --seed --help" files= ;;
        run:* | serve:* | check:* | show:* | calibrate:*)
            [ "$command" != show ] || words="$("${COMP_WORDS[0]}" ls classes 2>/dev/null | awk '{ print $1 }')"
            if [ "$command" = show ] && [ "$COMP_CWORD" -gt 2 ]; then
                words="$words $(_bitline_inside parts)" files=
            else
                words="$words $(_bitline_platforms)"
            fi ;;
        esac
    fi
    _bitline_reply "$word" < <({ compgen -W "$words" -- "$word"; [ -z "$files" ] || compgen -f -- "$word"; } | sort -u)
}
complete -o filenames -F _bitline bitline
