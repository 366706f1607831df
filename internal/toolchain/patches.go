package toolchain

import (
	"go/ast"
	"strings"
)

// packagePatch changes one package of the standard library.
type packagePatch struct {
	path  string
	apply func(*sourcePackage)
	// generate gives injected source that depends on the release.
	generate func(*sourcePackage) string
	// missingOK says that a release may lack the package.
	missingOK bool
}

// patches is all that differs from the user's Go, besides the injected files in _goroot.
var patches = []packagePatch{
	{path: "runtime", apply: patchRuntime, generate: generateRuntime},
	{path: "internal/runtime/maps", apply: patchMaps},
	{path: "internal/sync", apply: patchInternalSync},
	{path: "sync", apply: patchSync},
	{path: "math/rand", apply: func(p *sourcePackage) {
		p.fn("rngSource.Seed").rename("hostsimSeed")
	}},
	{path: "unique", apply: func(p *sourcePackage) {
		p.fn("Make").entry("hostsimQuiet(1); defer hostsimQuiet(-1)")
	}},
	{path: "crypto/internal/sysrand", apply: func(p *sourcePackage) {
		p.fn("Read").entry("if hostsimRead({[]byte}) { return }")
	}},
	{path: "syscall", apply: func(p *sourcePackage) {
		p.fn("Kill").entry("if hostsimKill({int}, {Signal}) { return nil }")
		if f, _, ok := p.find("Syscall"); ok && f.name == "syscall_linux.go" {
			// golang.org/x/sys/unix and others come by here.
			p.fn("Syscall").entry("if (trap == SYS_KILL || trap == SYS_TGKILL || trap == SYS_EXIT_GROUP) && hostsimTrap(trap, a1, a2, a3) { return 0, 0, 0 }")
			// Children that fork has made, in the memory of their parent, end by RawSyscall.
			p.fn("RawSyscall").entry("if (trap == SYS_KILL || trap == SYS_TGKILL) && hostsimTrap(trap, a1, a2, a3) { return 0, 0, 0 }")
		}
	}},
	{path: "os", apply: func(p *sourcePackage) {
		p.fn("Exit").entry("hostsimExit({int})")
		p.fn("Process.Signal").entry("if done, err := hostsimSelf({*Process}, {Signal}); done { return err }")
		p.fn("StartProcess").entry("hostsimNote(hostsimNoteProcess)")
		p.fn("OpenFile").entry("hostsimNote(hostsimNoteFile)")
	}},
	{path: "os/signal", apply: func(p *sourcePackage) {
		for _, name := range []string{"Notify", "Stop", "Ignore", "Ignored", "Reset"} {
			p.fn(name).rename("hostsimReal" + name)
		}
	}},
	{path: "net", apply: func(p *sourcePackage) {
		p.fn("socket").entry("hostsimNote(hostsimNoteNet)")
	}},
	{path: "testing", apply: func(*sourcePackage) {}},
	{path: "testing/synctest", apply: func(p *sourcePackage) {
		p.fn("Test").entry("{*testing.T}.Helper(); if hostsimTest({*testing.T}, {func(*testing.T)}) { return }")
	}},
}

func patchRuntime(p *sourcePackage) {
	p.structField("g", "hostsim hsG")

	// Who runs next.
	f := p.fn("findRunnable")
	f.after("if pp.runSafePointFn != 0 {\n\t\trunSafePointFn()", "if hs.on { if gp := hsFirst(pp); gp != nil { return gp, false, false } }")
	f.swapCalls("runqget", "hsRunqget")
	p.fn("runqput").entry("if hs.on && hsPut({*g}) { return }")
	p.fn("runqempty").entry("if hs.on && !hsRunqempty() { return false }")
	f = p.fn("goschedImpl")
	f.entry("if hs.on { hsPreempt({*g}) }")
	f.swapCalls("globrunqput", "hsGlobrunqput")
	p.fn("Gosched").rename("hsOrigGosched")
	p.fn("exitsyscall").swapCalls("Gosched", "hsOrigGosched")
	p.fn("retake").entry("if hsKeepP({int64}) { return 0 }")
	p.fn("GOMAXPROCS").entry("if hs.on && {int} > 0 { return 1 }")

	// Scheduling points.
	p.fn("chansend").entry("if hs.on { hsChan(hsLogSend, {*hchan}) }")
	p.fn("chanrecv").entry("if hs.on { hsChan(hsLogRecv, {*hchan}) }")
	p.fn("closechan").entry("if hs.on { hsChan(hsLogClose, {*hchan}) }")
	p.fn("makechan").rename("hsOrigMakechan")
	f = p.fn("selectgo")
	f.before("norder := 0", "if hs.on { hsSelect(scases, nsends, {bool}) }")
	f.swapCalls("cheaprandn", "hsSelectPlace")
	f.after("pollorder = pollorder[:norder]", "if hs.on { hsSelectTurn(pollorder) }")

	// Timers of the bubble.
	f = p.fn("timers.check")
	if s, ok := f.statement("is the loop that runs timers", func(s ast.Stmt) bool {
		_, ok := s.(*ast.ForStmt)
		return ok
	}).(*ast.ForStmt); ok {
		p.edit(f.file, s.Body.Rbrace, s.Body.Rbrace, f.expand("if hs.on && {*synctestBubble} != nil && hsOneTimer({*synctestBubble}) { break }\n"))
	}
	p.fn("timers.run").entry("if hs.on && {*synctestBubble} != nil { hsTimerTie({*timers}, {*synctestBubble}) }")
	p.fn("timer.maybeAdd").swapCalls("cheaprand", "hsTimerRand")

	// The bubble.
	f = p.fn("synctestRun")
	f.after("gp.bubble = bubble", "if hsBegin(bubble) { defer hsFinish() }")
	if f.decl != nil {
		check := f.statement("runs the timers", func(s ast.Stmt) bool {
			t := p.text(f.file, s)
			return strings.HasPrefix(t, "systemstack(") && strings.Contains(t, "timers.check")
		})
		if check != nil {
			p.edit(f.file, check.End(), check.End(), "\n\t\tfor hsTimersDue(bubble) {\n"+p.text(f.file, check)+"\n}\n")
		}
	}
	f.after("gopark(synctestidle_c", "hsCheckEnd(bubble)")
	p.constAfter("waitReasonZero", "waitReasonHostsimMutex\nwaitReasonHostsimRLock\nwaitReasonHostsimRWLock\nwaitReasonHostsimEnded")
	p.elements("waitReasonStrings", `waitReasonHostsimMutex: "sync.Mutex.Lock (durable)", waitReasonHostsimRLock: "sync.RWMutex.RLock (durable)",
		waitReasonHostsimRWLock: "sync.RWMutex.Lock (durable)", waitReasonHostsimEnded: "simulated process ended",`+"\n")
	p.elements("isIdleInSynctest", `waitReasonHostsimMutex: true, waitReasonHostsimRLock: true, waitReasonHostsimRWLock: true,`+"\n")
	p.fn("semacquire1").entry("if hs.on { {waitReason} = hsWaitReason({*uint32}, {waitReason}) }")
	p.fn("internal_sync_nanotime").entry("if hsHere() { return 1 }")

	// Numbers.
	p.fn("rand").entry("if hs.on && hsHere() { return hsValue() }")
	p.fn("randinit").before("globalRand.state.Init(*seed)", "clear(seed[:])")
	if p.has("alginit") { // up to 1.26; later in internal/runtime/maps
		p.fn("alginit").entry(fixedHashes)
	}

	// Ends.
	p.fn("fatalpanic").entry("if hs.on { hsFatalPanic({*_panic}) }")
	p.fn("fatal").entry("if hs.on { hsFatal({string}) }")
	p.fn("fatalthrow").entry("hsCrash()")
	p.fn("syscall_Exit").entry("if hs.on { hsOSExit({int}) }")
	p.fn("cgocall").entry("if hs.on { hsNote(hsNoteCgo) }")
}

const fixedHashes = `for i := range hashkey { hashkey[i] = uintptr(uint64(i+1) * 0x9e3779b97f4a7c15) | 1 }
	if len(hashkey) > 0 { return }`

func generateRuntime(p *sourcePackage) string {
	get := "return s.c"
	if p.fieldType("sudog", "c") != "*hchan" {
		get = "return s.c.get()"
	}
	drop := ""
	if p.has("xRegSave") { // from 1.26 on
		drop = "gp.xRegs = xRegPerG{}"
	}
	return "func hsSudogChan(s *sudog) *hchan { " + get + " }\n\nfunc hsDropRegisters(gp *g) { " + drop + " }\n"
}

func patchMaps(p *sourcePackage) {
	f := p.fn("Iter.Init")
	if f.decl != nil {
		n := f.calls("rand", func(c *ast.CallExpr) {
			p.edit(f.file, c.Pos(), c.End(), f.expand("hostsimRand({*Map}.used, {*Map}.dirLen <= 0)"))
		})
		if n != 2 {
			p.fail("two calls of rand in func Iter.Init", "another number")
		}
	}
	// Seeds of hash functions are constant, so that an order that hangs on them is the same everywhere.
	seeds := 0
	for _, file := range p.files {
		for _, d := range file.ast.Decls {
			d, ok := d.(*ast.FuncDecl)
			if !ok || d.Body == nil || d == f.decl {
				continue
			}
			g := patchedFunc{p, file, d, d.Name.Name}
			seeds += g.calls("rand", func(c *ast.CallExpr) { p.edit(file, c.Pos(), c.End(), "hostsimSeed") })
		}
	}
	if seeds == 0 {
		p.fail("calls of rand that seed maps", "none")
	}
	if p.has("AlgInit") {
		p.fn("AlgInit").entry(fixedHashes)
	}
}

func patchInternalSync(p *sourcePackage) {
	for _, name := range []string{"Lock", "TryLock", "Unlock"} {
		p.fn("Mutex." + name).rename("hostsim" + name)
	}
	// How often these locks are taken depends on what earlier runs cached and the collector dropped.
	n := 0
	for _, f := range p.files {
		for _, d := range f.ast.Decls {
			if d, ok := d.(*ast.FuncDecl); ok && d.Body != nil && recvName(d) == "HashTrieMap" {
				g := patchedFunc{p, f, d, d.Name.Name}
				ast.Inspect(d.Body, func(node ast.Node) bool {
					if sel, ok := node.(*ast.SelectorExpr); ok && (sel.Sel.Name == "Lock" || sel.Sel.Name == "Unlock") {
						g.pkg.edit(f, sel.Sel.Pos(), sel.Sel.End(), "hostsim"+sel.Sel.Name)
						n++
					}
					return true
				})
			}
		}
	}
	if n == 0 {
		p.fail("locks in the methods of HashTrieMap", "none")
	}
	p.fn("HashTrieMap.initSlow").swapCalls("runtime_rand", "hostsimSeed")
}

func patchSync(p *sourcePackage) {
	for _, name := range []string{"RLock", "TryRLock", "RUnlock", "Lock", "TryLock", "Unlock"} {
		p.fn("RWMutex." + name).rename("hostsim" + name)
	}
	p.fn("WaitGroup.Add").entry("hostsimPoint(hostsimWgAdd, unsafe.Pointer({*WaitGroup}), {int})")
	p.fn("WaitGroup.Wait").entry("hostsimPoint(hostsimWgWait, unsafe.Pointer({*WaitGroup}), 0)")
	p.fn("Cond.Wait").entry("hostsimCondPoint(hostsimCondWait, {*Cond})")
	p.fn("Cond.Signal").entry("hostsimCondPoint(hostsimCondWake, {*Cond})")
	p.fn("Cond.Broadcast").entry("hostsimCondPoint(hostsimCondWake, {*Cond})")
	// What a pool holds depends on earlier runs, so a controlled run does without,
	// but for the buffers of the standard library.
	p.structField("Pool", "hostsimOwner uint8")
	p.fn("Pool.Get").entry("if hostsimBare({*Pool}) { if {*Pool}.New == nil { return nil }; return {*Pool}.New() }")
	p.fn("Pool.Put").entry("if hostsimBare({*Pool}) { return }")
	p.fn("Pool.pinSlow").entry("hostsimQuiet(1); defer hostsimQuiet(-1)")
	for _, name := range []string{"Store", "LoadOrStore", "LoadAndDelete", "Swap", "CompareAndSwap", "CompareAndDelete", "Range", "Clear"} {
		p.fn("Map." + name).entry("hostsimMapPoint({*Map})")
	}
}
