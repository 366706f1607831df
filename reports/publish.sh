#!/bin/sh
# Judges every adapter of this repository and writes the reports in this folder, the table and the page. Needs Go, and for
# their adapters Node 18, Python 3.11, a JDK 17 and .NET (HOSTSIM_DOTNET); a runtime that is missing is named and its report is left as it is. So is a
# report that says what the published one says, wall-clock data apart: who publishes twice changes nothing.
set -eu
cd "$(dirname "$0")/.."
bin=$(mktemp -d)
trap 'rm -rf "$bin" ./reference ./fx ./oklogrun ./errgroup ./suture ./classes ./dotnet-*' EXIT
go build -o "$bin/hostsim" ./cmd/hostsim
hostsim=$bin/hostsim

# what of a report is the same every time: all but its last block
timeless() { sed '/^  "wallClock": {$/,$d' "$1"; }

judge() { # name, lane, profile, command…
	name=$1 lane=$2 profile=$3
	shift 3
	mkdir -p "reports/$name"
	status=0
	# in a bubble Go's scheduler picks among what is ready, anew each time: twenty plays see what one may miss
	plays=1
	[ "$lane" = virtual ] && plays=20
	"$hostsim" verify --profile "$profile" --lane "$lane" --plays "$plays" -j 4 --format json -- "$@" >"$bin/report.json" || status=$?
	case $status in
	0 | 1 | 3)
		old=reports/$name/$lane-$profile.json
		if [ -f "$old" ] && [ "$(timeless "$old")" = "$(timeless "$bin/report.json")" ]; then
			echo "$name, $lane lane, $profile: as published"
		else
			mv "$bin/report.json" "$old"
			echo "$name, $lane lane, $profile: written"
		fi
		;;
	*) echo "$name, $lane lane: hostsim ended with $status; its report is left as it is" >&2 ;;
	esac
}

for name in reference fx oklogrun errgroup suture; do
	go build -C "conformance/adapters/$name" -o "$bin/$name" .
	# the command stands in the report: it must be the same on every machine
	ln -s "$bin/$name" "./$name"
	judge "$name" virtual core "./$name"
	judge "$name" virtual strict "./$name"
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
if command -v javac >/dev/null; then
	# compiled once: a JVM that compiles at every start is slow, and the slower the busier the machine is
	javac -d "$bin/java" conformance/adapters/java/Adapter.java
	ln -s "$bin/java" ./classes
	judge java process core java -cp classes Adapter
	rm -f ./classes
else
	echo "no JDK here: reports/java is left as it is" >&2
fi
# HOSTSIM_DOTNET: directories of .NET runtimes, a list like PATH; HOSTSIM_DOTNET_COMPILER has the C# compiler, else the first
if [ -n "${HOSTSIM_DOTNET:-}" ]; then
	for root in $(echo "$HOSTSIM_DOTNET" | tr : ' '); do
		version=$(ls "$root/shared/Microsoft.NETCore.App" | sort -V | tail -1)
		case $version in
		[1-4].*) name=dotnet-${version%.*} ;;
		*) name=dotnet-${version%%.*} ;;
		esac
		conformance/adapters/dotnet/build.sh "$root" "${HOSTSIM_DOTNET_COMPILER:-${HOSTSIM_DOTNET%%:*}}" "$bin/$name.out"
		printf '#!/bin/sh\nexec "%s/dotnet" "%s/adapter.dll"\n' "$root" "$bin/$name.out" >"$bin/$name"
		chmod +x "$bin/$name"
		ln -s "$bin/$name" "./$name"
		judge "$name" process core "./$name"
		judge "$name" process "$name" "./$name"
		rm -f "./$name"
	done
else
	echo "HOSTSIM_DOTNET names no runtime: reports/dotnet-10 and reports/dotnet-3.1 are left as they are" >&2
fi
"$hostsim" report reports --format html --out reports/matrix.html
{ cat reports/head.md; "$hostsim" report reports | sed '1d'; } >reports/README.md
