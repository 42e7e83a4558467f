#!/usr/bin/env bash
# Begins a plugin: scripts/new-plugin.sh NAME [PORT] [ROOT]. It gets a folder with a protocol of lines that works,
# to be changed into the real one, a test with a client, and its lines in the lists. PORT is where its servers
# usually are; ROOT is another tree than this one.
set -euo pipefail
cd "$(dirname "$0")/.."

name=${1:-}
checksum=$(printf %s "$name" | cksum | cut -d ' ' -f 1)
port=${2:-$((20000 + checksum % 10000))} # below those that the system hands out
root=${3:-.}
plugins=$root/controller/src/plugins
tests=$root/tests/plugins

refuse() {
    echo "new-plugin.sh: $1" >&2
    exit 2
}

[[ $name =~ ^[a-z][a-z0-9]*$ ]] || refuse "a plugin's name is small letters and digits, and begins with a letter"
# Words of Rust, and types that a plugin imports.
case $name in
abstract | as | async | await | become | box | break | const | continue | crate | do | dyn | else | enum | extern | false | \
    final | fn | for | gen | if | impl | in | let | loop | macro | match | mod | move | mut | override | priv | pub | ref | \
    return | self | static | struct | super | trait | true | try | type | typeof | unsafe | unsized | use | virtual | where | \
    while | yield | act | card | conversation | endpoint | field | fields | hosts | kind | matcher | mock | opening | plugin | \
    scheme | shape | transport | unfit | value)
    refuse "$name means something in the code already"
    ;;
esac
[[ $port =~ ^[1-9][0-9]{0,4}$ && $port -le 65535 ]] || refuse "$port is no port"
for taken in "$plugins/$name" "$plugins/$name.rs" "$tests/$name.rs"; do
    [ ! -e "$taken" ] || refuse "$taken is there already"
done
! grep -qE "mod $name;" "$plugins/mod.rs" || refuse "$name is a module already"
! grep -rqE "name: \"$name\"" "$plugins" --include=mod.rs || refuse "$name is a protocol, a scheme or a field already"
! grep -rqE "ports: &\[([0-9]+, )*$port\b" "$plugins" --include=mod.rs || refuse "port $port belongs to another protocol"

# The template under its own name.
made() {
    sed -e "s/sample/$name/g; s/Sample/${name^}/g; s/7654/$port/g" "scripts/new-plugin/$1" |
        rustfmt --edition 2024 --config-path . >"$2"
}

# Adds a `mod` line where it belongs among those of a file.
listed() {
    awk -v name="$name" '
        function flush() { if (held != "") printf "%s", held; held = "" }
        !done && /^#\[/ { held = held $0 "\n"; next }
        /^(pub(\([a-z]+\))? )?mod [a-z0-9_]+;$/ {
            other = $NF; sub(/;$/, "", other)
            if (!done && other > name) { print "mod " name ";"; done = 1 }
            last = NR
        }
        { flush() }
        last && NR > last && !done { print "mod " name ";"; done = 1 }
        { print }
        END { flush(); if (!done) print "mod " name ";" }' "$1" >"$1.new"
    mv "$1.new" "$1"
}

mkdir "$plugins/$name"
for file in mod.rs frame.rs session.rs tests.rs; do
    made "$file" "$plugins/$name/$file"
done
made client.rs "$tests/$name.rs"
listed "$plugins/mod.rs"
listed "$tests/main.rs"
sed -i "/^pub const PLUGINS/,/^\];/ s/^\];/    \&$name::${name^},\n];/" "$plugins/mod.rs"

cat <<EOF
$plugins/$name: the card and the protocol; cargo test -p bigfoot-controller $name
$tests/$name.rs: a client; cargo build && cargo test -p bigfoot-tests --test plugins $name
Then, in scripts/fuzz/src/targets, a target for it as the others are.
EOF
