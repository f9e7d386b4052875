#!/bin/sh
# sweep.sh - what `bitline sweep` costs above the runs themselves: 1000 points, a process for each processor, beside the same runs by xargs without a sweep. Times of the
# wall are those of all processors (wall x processes / points) and mean something on an idle machine only; processor time always does. used: how much of the processors
# was at work. BITLINE names the program, POINTS how many.
set -eu
B=${BITLINE:-build/gcc/bitline} n=${POINTS:-1000} j=$(nproc)
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
# Seconds of the wall, and of processors for all children so far.
stamp() { times >"$work/times"; awk -v wall="$(date +%s.%N)" '
    function s(t,   a) { split(t, a, "m"); return 60 * a[1] + a[2] } NR == 2 { print wall, s($1) + s($2) }' "$work/times"; }
one() {
    name=$1; shift
    stamp >"$work/0"
    seq "$n" | xargs -P "$j" -I N "$B" run "$@" --seed=N --no-path --report=json --quiet >/dev/null 2>&1
    stamp >"$work/1"
    "$B" sweep "$@" --vary=--seed=1:"$n":1 --db "$work/$name.sqlite" -j "$j" -q >"$work/log" 2>&1
    stamp >"$work/2"
    cat "$work/0" "$work/1" "$work/2" | awk -v name="$name" -v n="$n" -v j="$j" '
        { wall[NR] = $1; cpu[NR] = $2 }
        END { printf "%-14s %9.2f %9.2f %9.2f   %9.2f %9.2f %9.2f   %5.0f %%\n", name, 1e3 * (wall[3] - wall[2]) * j / n, 1e3 * (wall[2] - wall[1]) * j / n,
                     1e3 * (wall[3] - 2 * wall[2] + wall[1]) * j / n, 1e3 * (cpu[3] - cpu[2]) / n, 1e3 * (cpu[2] - cpu[1]) / n, 1e3 * (cpu[3] - 2 * cpu[2] + cpu[1]) / n,
                     100 * (cpu[3] - cpu[2]) / (wall[3] - wall[2]) / j }'
}
echo "ms a point, $n points, $j processes:"
printf '%-14s %9s %9s %9s   %9s %9s %9s   %7s\n' platform "wall" runs above "processor" runs above used
one back_pressure back_pressure
one osa_hcim osa_hcim --images=1
