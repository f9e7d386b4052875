#!/bin/sh
# run.sh - `bitline sweep --engine slurm` on a real Slurm of one node, which this script starts on the loopback and stops: 200 points, of which one element is killed and
# requeued and during which the controller is restarted; then the database is that of a sweep without Slurm, row by row. Needs root and Debian's slurm-wlm, munge and
# sqlite3; says in one line when it is skipped. BITLINE names the program.
set -u
cd "$(dirname "$0")/../.." || exit 2
B=$(realpath "${BITLINE:-build/gcc/bitline}")
skip() { echo "skipped: slurm: an array job on one node: $1"; test "${CI-}" != true || exit 1; exit 0; }
for c in slurmctld slurmd sbatch munged sqlite3; do command -v $c >/dev/null || skip "$c is not installed"; done
test "$(id -u)" = 0 || skip "munged and slurmd are started as root only"
! pgrep -x slurmctld >/dev/null || skip "a slurmctld is running already"

work=$(mktemp -d) host=$(hostname -s) munged= ctld= slurmd=
stop() { for p in $slurmd $ctld $munged; do kill "$p" 2>/dev/null; done; wait 2>/dev/null; rm -rf "$work"; }
trap stop EXIT
trap 'exit 130' INT TERM
fail() { echo "FAILED: $1"; tail -n 5 "$work"/*.log "$work"/db.slurm/*.log 2>/dev/null; exit 1; }

mkdir -p "$work/state" "$work/spool" /run/munge
chown munge /run/munge
chmod 755 "$work"
test -e /etc/munge/munge.key || mungekey --create 2>/dev/null
if ! munge -n >/dev/null 2>&1; then
    setpriv --reuid=munge --regid=munge --clear-groups munged --foreground --force >"$work/munged.log" 2>&1 & munged=$!
fi
cat >"$work/slurm.conf" <<END
ClusterName=bitline
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
AuthType=auth/munge
SlurmUser=root
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MinJobAge=300
KillWait=1
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF=$work/slurm.conf
controller() { slurmctld -D -f "$work/slurm.conf" >>"$work/slurmctld.log" 2>&1 & ctld=$!; }
# Up to so many seconds until a command succeeds.
until_ok() { n=$1; shift; while ! "$@" >/dev/null 2>&1; do n=$((n - 1)); test $n -gt 0 || return 1; sleep 1; done; }
until_ok 10 munge -n || fail "munged does not answer"
controller
until_ok 20 scontrol ping || fail "slurmctld does not answer"
slurmd -D -f "$work/slurm.conf" >"$work/slurmd.log" 2>&1 & slurmd=$!
until_ok 30 sh -c "sinfo -h -o %T | grep -q idle" || fail "the node is not idle"

# 200 points that take a while; a guess of the time of a point that makes four slices.
sweep="osa_hcim --images=2 --set=adc.noise=0.5 --vary=adc.rho=1,2 --vary=--seed=1:100:1"
"$B" sweep $sweep --db "$work/alone.sqlite" -q || fail "the sweep without Slurm"
"$B" sweep osa_hcim --images=2 --vary=--seed=1001 --db "$work/db" -q || fail "a first point"
sqlite3 "$work/db" "UPDATE points SET seconds = 12"

"$B" sweep $sweep --engine slurm --at-once 2 --db "$work/db" -q >"$work/sweep.log" 2>&1 & driver=$!
until_ok 60 sh -c "cat $work/db.slurm/*.jsonl | grep -q ." || fail "no element has written a result"
job=$(cat "$work/db.slurm/job")
first=$(squeue -h -r -j "$job" -t R -o %i | head -n 1)
scontrol requeue "$first" || fail "element $first cannot be requeued"
kill "$ctld" && wait "$ctld" 2>/dev/null
sleep 2
controller
until_ok 300 sh -c "! kill -0 $driver" || fail "the sweep does not end"
wait $driver || fail "the sweep ended with status $?"

rows="SELECT p.key, p.state, p.figures, p.command, hex(p.report) FROM points p JOIN sweep_points s ON s.key = p.key WHERE s.sweep = (SELECT id FROM sweeps WHERE command LIKE '%1:100:1%') ORDER BY p.key"
sqlite3 "$work/alone.sqlite" "$rows" >"$work/a"
sqlite3 "$work/db" "$rows" >"$work/b"
test "$(wc -l <"$work/a")" = 200 || fail "the sweep without Slurm has $(wc -l <"$work/a") rows"
cmp -s "$work/a" "$work/b" || fail "the rows differ: $(wc -l <"$work/b") with Slurm, 200 without"
# Nothing twice but what the requeued element was at.
twice=$(cat "$work"/db.slurm/*.jsonl | cut -c1-74 | sort | uniq -d | wc -l)
test "$twice" -le 1 || fail "$twice points have run twice"
elements=$(ls "$work"/db.slurm/*.jsonl | wc -l)
test "$elements" -gt 1 || fail "one element only"
echo "slurm: 200 points in $elements elements, $first requeued, controller restarted; rows are those without Slurm"
