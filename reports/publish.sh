#!/bin/sh
# Judges every adapter of this repository and writes the reports in this folder, the table and the page. Needs Go, and for
# their adapters Node 18 and Python 3.11; a runtime that is missing is named and its report is left as it is.
set -eu
cd "$(dirname "$0")/.."
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
go build -o "$bin/hostsim" ./cmd/hostsim
hostsim=$bin/hostsim

judge() { # name, lane, profile, command…
	name=$1 lane=$2 profile=$3
	shift 3
	mkdir -p "reports/$name"
	status=0
	"$hostsim" verify --profile "$profile" --lane "$lane" --format json -- "$@" >"$bin/report.json" || status=$?
	case $status in
	0 | 1 | 3) mv "$bin/report.json" "reports/$name/$lane-$profile.json" ;;
	*) echo "$name, $lane lane: hostsim ended with $status; its report is left as it is" >&2 ;;
	esac
}

for name in reference fx oklogrun errgroup suture; do
	go build -C "conformance/adapters/$name" -o "$bin/$name" .
	# the command stands in the report: it must be the same on every machine
	ln -s "$bin/$name" "./$name"
	judge "$name" virtual core "./$name"
	judge "$name" process core "./$name"
	rm -f "./$name"
done

if command -v node >/dev/null; then
	judge node process core node conformance/adapters/node/adapter.js
else
	echo "no node here: reports/node is left as it is" >&2
fi
if command -v python3 >/dev/null; then
	judge python process core python3 conformance/adapters/python/adapter.py
else
	echo "no python3 here: reports/python is left as it is" >&2
fi
"$hostsim" report reports --format html --out reports/matrix.html
{ cat reports/head.md; "$hostsim" report reports | sed '1d'; } >reports/README.md
