#!/bin/sh
# Builds the adapter with the plain compiler, without an SDK: build.sh RUNTIME-ROOT COMPILER-ROOT OUTPUT-DIRECTORY
#   RUNTIME-ROOT   holds the program dotnet and the folder shared; the adapter will run on it
#   COMPILER-ROOT  holds the program dotnet and csc/csc.dll, or an SDK with its Roslyn; may be the same
set -eu
[ $# = 3 ] || { sed -n 2,4p "$0" >&2; exit 2; }
runtime=$1 compiler=$2 out=$3
here=$(cd "$(dirname "$0")" && pwd)
app=$(ls -d "$runtime"/shared/Microsoft.NETCore.App/*/ | sort -V | tail -1)
web=$(ls -d "$runtime"/shared/Microsoft.AspNetCore.App/*/ | sort -V | tail -1)
version=$(basename "$app")
major=${version%%.*}
csc=$(ls "$compiler"/csc/csc.dll "$compiler"/sdk/*/Roslyn/bincore/csc.dll 2>/dev/null | tail -1)
[ -n "$csc" ] || { echo "there is no csc.dll under $compiler" >&2; exit 1; }
symbols=
for n in 5 6 7 8 9 10; do
	if [ "$major" -ge $n ]; then symbols="$symbols;NET${n}_0_OR_GREATER"; fi
done
if [ "$major" -ge 5 ]; then framework=net$major.0; else framework=netcoreapp${version%.*}; fi
mkdir -p "$out"
{
	for d in "$app" "$web"; do
		for f in "$d"*.dll; do
			case $(basename "$f") in
			*[Nn]ative*) ;;
			System.*|Microsoft.*|mscorlib.dll|netstandard.dll|WindowsBase.dll) echo "-r:\"$f\"" ;;
			esac
		done
	done
	echo "-define:ADAPTER$symbols"
} > "$out/references.rsp"
DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 "$compiler/dotnet" "$csc" -nologo -noconfig -nostdlib+ -optimize -nowarn:1701,1702 \
	@"$out/references.rsp" -out:"$out/adapter.dll" "$here"/*.cs
rm "$out/references.rsp"
cat > "$out/adapter.runtimeconfig.json" <<END
{"runtimeOptions":{"tfm":"$framework","configProperties":{"System.Globalization.Invariant":true,"System.Threading.ThreadPool.MinThreads":16},"frameworks":[{"name":"Microsoft.NETCore.App","version":"${version%.*}.0"},{"name":"Microsoft.AspNetCore.App","version":"${version%.*}.0"}]}}
END
