#!/bin/sh
# serve.sh BITLINE [SECONDS] - the server of `bitline serve` under 200 connections by wrk, for 20 s, while it runs; then its page in headless Chromium.
# What is not installed is skipped, with a line; with CI=true that fails.
set -eu
cd "$(dirname "$0")/../.."
bitline=$1 seconds=${2:-20}
work=$(mktemp -d)
trap 'kill $server 2>/dev/null || :; rm -rf "$work"' EXIT
server=

missing() {
    echo "serve.sh: skipped $1: there is no $2 (tools/setup.sh web installs it)"
    test "${CI-}" != true || exit 1
}

load() {
    "$bitline" serve back_pressure --set 'sink[*].stop=40000000' --go --port 0 -q --report-json "$work/served.json" >"$work/url" 2>"$work/err" &
    server=$!
    while ! test -s "$work/url"; do sleep 0.1; done
    IFS='#' read -r base token <"$work/url"
    token=${token#token=}
    for view in state parts events; do
        wrk -t 2 -c 200 -d "$((seconds / 3 + 1))s" --timeout 30s -H "X-Bitline-Token: $token" "${base}api/v1/$view" >"$work/wrk.$view" || { cat "$work/wrk.$view"; exit 1; }
        test "$view" = events || ! grep -E 'Non-2xx|read [1-9]|connect [1-9]' "$work/wrk.$view" || { cat "$work/wrk.$view"; echo "serve.sh: answers were lost"; exit 1; }
        echo "serve.sh: $view: $(grep -E 'Requests/sec' "$work/wrk.$view")"
    done
    wrk -t 1 -c 50 -d 2s -H "X-Bitline-Token: wrong" "${base}api/v1/state" | grep -q 'Non-2xx' || { echo "serve.sh: a wrong token was let in"; exit 1; }
    curl -sf -H "X-Bitline-Token: $token" -d '{}' "${base}api/v1/pause" >/dev/null
    curl -sf -H "X-Bitline-Token: $token" -d '{}' "${base}api/v1/resume" >/dev/null
    while curl -sf -H "X-Bitline-Token: $token" "${base}api/v1/state" | grep -q '"run":"runs"'; do sleep 0.5; done
    curl -sf -H "X-Bitline-Token: $token" -d '{}' "${base}api/v1/quit" >/dev/null
    wait $server || { cat "$work/err"; exit 1; }
    "$bitline" run back_pressure --set 'sink[*].stop=40000000' -q --report-json "$work/plain.json"
    cmp "$work/served.json" "$work/plain.json" || { echo "serve.sh: the report is another one"; exit 1; }
    echo "serve.sh: 200 connections, and the report is that of a run that nobody saw"
}

if ! command -v wrk >/dev/null; then missing "200 connections" wrk; else load; fi
if ! command -v chromium >/dev/null; then missing "the page" chromium; else python3 tests/web/serve_page.py "$bitline" ${SHOTS:+"$SHOTS"}; fi
