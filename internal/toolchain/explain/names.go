package explain

import (
	"strconv"
	"strings"
)

// standard holds the first elements of the import paths of the standard library.
var standard = func() map[string]bool {
	m := map[string]bool{}
	for _, s := range strings.Fields(`archive arena bufio bytes cmp compress container context crypto database debug
		embed encoding errors expvar flag fmt go hash html image index internal io iter log maps math mime net os
		path plugin reflect regexp runtime slices sort strconv strings structs sync syscall testing text time
		unicode unique unsafe vendor weak`) {
		m[s] = true
	}
	return m
}()

// pkgOf gives the import path of a function's package.
func pkgOf(fn string) string {
	slash := strings.LastIndexByte(fn, '/') + 1
	dot := strings.IndexByte(fn[slash:], '.')
	if dot < 0 {
		return fn
	}
	return strings.ReplaceAll(fn[:slash+dot], "%2e", ".")
}

// adapterPackage plays plans on hosts: what it does itself is none of the host's doing.
const adapterPackage = "github.com/hostsim/hostsim/conformance/adapter"

func isStandard(fn string) bool {
	pkg := pkgOf(fn)
	first, _, _ := strings.Cut(pkg, "/")
	return standard[first] || pkg == adapterPackage
}

// user gives the innermost frame outside of the standard library, or the innermost frame at all.
func user(frames []Frame) Frame {
	for _, f := range frames {
		if !isStandard(f.Func) {
			return f
		}
	}
	for _, f := range frames {
		if pkgOf(f.Func) != "runtime" {
			return f
		}
	}
	if len(frames) > 0 {
		return frames[0]
	}
	return Frame{}
}

// outermost gives the function that a goroutine runs, the outermost one that is not the standard library's.
func outermost(frames []Frame) string {
	for i := len(frames) - 1; i >= 0; i-- {
		if fn := frames[i].Func; fn == "testing.tRunner" || pkgOf(fn) == adapterPackage || fn != "" && !isStandard(fn) {
			return trimWrapper(fn)
		}
	}
	for i := len(frames) - 1; i >= 0; i-- {
		if fn := frames[i].Func; fn != "runtime.goexit" && fn != "" {
			return trimWrapper(fn)
		}
	}
	return ""
}

// trimWrapper takes off the suffix of the function that the compiler makes for "go f(x)".
func trimWrapper(fn string) string {
	if i := strings.LastIndex(fn, ".gowrap"); i >= 0 {
		return fn[:i]
	}
	return fn
}

// short takes the directories off a function's name: "fx.(*App).Stop".
func short(fn string) string {
	return strings.ReplaceAll(fn[strings.LastIndexByte(fn, '/')+1:], "%2e", ".")
}

// place is where a frame is, the same on every machine: import path, file and line.
func place(f Frame) string {
	if f.Func == "" {
		return "an unknown place"
	}
	return pkgOf(f.Func) + "/" + f.File + ":" + strconv.Itoa(f.Line)
}

// at is a frame in a sentence.
func at(f Frame) string {
	if f.Func == "" {
		return "an unknown place"
	}
	return short(f.Func) + " (" + place(f) + ")"
}

// lockType names a lock by the innermost function of package sync that was called from outside of it.
func lockType(frames []Frame) string {
	name := "sync.Mutex"
	for _, f := range frames {
		switch pkgOf(f.Func) {
		case "internal/sync", "runtime":
			continue
		case "sync":
			if i := strings.Index(f.Func, "(*"); i >= 0 {
				if j := strings.IndexByte(f.Func[i:], ')'); j >= 0 {
					name = "sync." + f.Func[i+2:i+j]
					if name == "sync.rlocker" {
						name = "sync.RWMutex"
					}
				}
			}
			continue
		}
		break
	}
	return name
}
