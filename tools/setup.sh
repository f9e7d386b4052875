#!/bin/sh
# setup.sh GROUP... - installs the Debian packages of these groups that are missing, through apt-get as root or
# by passwordless sudo; where it may not, prints the command to give and exits 2. Silent when nothing is missing.
set -eu

# group      package               what proves it is there: a pkg-config name, a /file, or a command
packages="
build        pkg-config            cmd:pkg-config
build        libyaml-dev           pc:yaml-0.1
build        zlib1g-dev            pc:zlib
build        libprotobuf-c-dev     pc:libprotobuf-c
build        protobuf-c-compiler   cmd:protoc-c
build        libonnx-dev           file:${ONNX_DIR:-/usr/include/onnx}/onnx.proto
build        liblz4-dev            pc:liblz4
build        libjansson-dev        pc:jansson
build        libevent-dev          pc:libevent_extra
build        libsqlite3-dev        pc:sqlite3
build        libjs-vega            file:${VEGA_DIR:-/usr/share/javascript/vega}/vega-view.min.js
test         check                 pc:check
test         libonnx-testdata      file:/usr/share/libonnx-testdata/data/node/test_qlinearconv/model.onnx
test         gtkwave               cmd:fst2vcd
test         g++                   cmd:g++
test         zsh                   cmd:zsh
test         curl                  cmd:curl
oracle       nodejs                cmd:node
oracle       npm                   cmd:npm
conformance  g++                   cmd:g++
conformance  libsystemc-dev        file:/usr/include/systemc.h
clang        clang                 cmd:clang
clang        libclang-rt-14-dev    rt:asan
bench        verilator             file:/usr/share/verilator/include/gtkwave/fstapi.c
bench        libsystemc-dev        file:/usr/include/systemc
bench        valgrind              cmd:valgrind
screenshot   gtkwave               cmd:gtkwave
screenshot   xvfb                  cmd:xvfb-run
screenshot   xauth                 cmd:xauth
screenshot   imagemagick           cmd:import
slurm        slurm-wlm             cmd:slurmctld
slurm        munge                 cmd:munged
slurm        sqlite3               cmd:sqlite3
bench        g++                   cmd:g++
bench        libsystemc-dev        file:/usr/include/systemc.h
bench        valgrind              cmd:valgrind
bench        verilator             cmd:verilator
web          chromium              cmd:chromium
web          python3               cmd:python3
web          wrk                   cmd:wrk
window       xvfb                  cmd:xvfb-run
window       xauth                 cmd:xauth
window       gtkwave               cmd:gtkwave
web          chromium              cmd:chromium
web          python3               cmd:python3
data         dataset-fashion-mnist file:/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz
"

present() {
    case $1 in
    pc:*)   pkg-config --exists "${1#pc:}" 2>/dev/null ;;
    cmd:*)  command -v "${1#cmd:}" >/dev/null ;;
    file:*) test -e "${1#file:}" ;;
    # Any version of clang's run-time library will do for the clang that is there.
    rt:*)   ls /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt."${1#rt:}"-*.a \
               /usr/lib/clang/*/lib/*/libclang_rt."${1#rt:}"*.a >/dev/null 2>&1 || clang_has_rt "${1#rt:}" ;;
    esac
}

clang_has_rt() {
    test -n "$(ls "$(clang -print-resource-dir 2>/dev/null)"/lib/*/libclang_rt."$1"* 2>/dev/null)"
}

# Sets `missing` to the packages of these groups whose proof is not there.
look() {
    missing=
    for group; do
        known=
        while read -r in package proof; do
            test "$in" = "$group" || continue
            known=yes
            present "$proof" && continue
            case " $missing " in *" $package "*) ;; *) missing="$missing $package" ;; esac
        done <<END
$packages
END
        test -n "$known" || {
            echo "setup: there is no group \"$group\"; known are build, test, oracle, conformance, clang, screenshot, window, slurm, web, bench, data" >&2
            exit 2
        }
    done
}

look "$@"
test -n "$missing" || exit 0

refuse() {
    echo "setup: missing$missing" >&2
    echo "setup: not installed, because $1; as root, give" >&2
    echo "    apt-get update && apt-get install -y --no-install-recommends$missing" >&2
    exit 2
}

as_root=
command -v apt-get >/dev/null || refuse "there is no apt-get here (other systems have these packages under other names)"
test -z "${BITLINE_NO_INSTALL-}" || refuse "BITLINE_NO_INSTALL is set"
if test "$(id -u)" != 0; then
    command -v sudo >/dev/null || refuse "this is not root, and there is no sudo"
    sudo -n true 2>/dev/null || refuse "this is not root, and sudo asks for a password"
    as_root="sudo -n"
fi

mkdir -p build
echo "setup: installing$missing (log: build/setup.log)"
if ! { $as_root apt-get update &&
       $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
     } >build/setup.log 2>&1; then
    tail -n 15 build/setup.log >&2
    refuse "apt-get failed as shown above"
fi
look "$@"
test -z "$missing" || refuse "it is still not found after apt-get said it was done"
