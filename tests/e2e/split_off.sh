#!/bin/sh
# split_off.sh CXX OBJCOPY SOURCE KIND: makes KIND.so in the current folder without debug information, and puts
# that where the kind says: behind a .gnu_debuglink in .debug, by build id below a server's folder, or
# compressed inside; kind sysroot: the whole library below the folder root.
set -eu
cxx=$1 objcopy=$2 source=$3 kind=$4
rm -rf full.so split.debug mini .debug server root
"$cxx" -g -O2 -fvisibility=hidden -shared -fPIC -Wl,--build-id "$source" -o full.so
"$objcopy" --only-keep-debug full.so split.debug
"$objcopy" --strip-all full.so "$kind.so"
case $kind in
debuglink)
    "$objcopy" --remove-section=.note.gnu.build-id --add-gnu-debuglink=split.debug "$kind.so"
    mkdir .debug
    mv split.debug .debug ;;
server)
    id=$(readelf -n full.so | sed -n 's/ *Build ID: //p')
    mkdir -p "server/buildid/$id"
    mv split.debug "server/buildid/$id/debuginfo" ;;
sysroot)
    mkdir -p "root$PWD"
    cp full.so "root$PWD/$kind.so" ;;
mini_debug_info)
    "$objcopy" --strip-debug full.so mini
    xz -9 mini
    "$objcopy" --add-section .gnu_debugdata=mini.xz "$kind.so" ;;
esac
rm -f full.so split.debug mini.xz
