package explore

// memory knows which decisions led to which run. The same decisions give the same run, so a schedule that takes the
// decisions of an earlier one need not be played: its strategy is asked at the points that the earlier run came to. In a
// small scenario most schedules are of this kind.
//
// It is a tree of decisions. It stops growing at a limit, and is given up there if too few schedules found their way
// through it.
type memory struct {
	root  sequel
	size  int // points kept
	asked int
	known int
	off   bool

	pick strategy // of the run that is being kept
	pct  *pct     // learns the numbers of the candidates; nil: the strategy does not ask for them
	at   *sequel  // how far the run has come; nil: it is not kept
}

// sequel is what comes after a decision: another point, or the end of the run.
type sequel struct {
	point *point
	end   bool
	hash  uint64 // of the trace
}

// point is where something is decided.
type point struct {
	kind  string
	names []string // of the candidates; of a preemption that of the running thread
	ids   []int
	kids  []sequel
}

// How many points are kept, and which part of the schedules, one in so many, must be known by then to go on with it.
const (
	memoryPoints = 1 << 15
	memoryWorth  = 8
)

// walk asks pick for its decisions as far as they are known, and appends them to list. If they lead to the end of a run it
// gives that run's hash; else the rest is to be played, with the memory as the strategy.
func (m *memory) walk(pick strategy, list []choice) (all []choice, hash uint64, known bool) {
	m.pick, m.at = nil, nil
	if m.off {
		return list, 0, false
	}
	m.asked++
	b := &m.root
	for b.point != nil {
		p := b.point
		if m.pct != nil {
			m.pct.ids = p.ids
		}
		k := decide(pick, p.kind, p.names)
		list = append(list, choice{uint16(len(p.kids)), uint16(k)})
		b = &p.kids[k]
	}
	if b.end {
		m.known++
		return list, b.hash, true
	}
	if m.size == memoryPoints && m.known < m.asked/memoryWorth {
		*m = memory{off: true}
		return list, 0, false
	}
	m.pick, m.at = pick, b
	return list, 0, false
}

// decide asks a strategy at a point of any kind; at a preemption 1 says that the thread is held up.
func decide(pick strategy, kind string, names []string) int {
	if kind != preempted {
		return pick.choose(kind, names)
	}
	if pick.preempt(names[0]) {
		return 1
	}
	return 0
}

// choose implements strategy, for what walk did not know.
func (m *memory) choose(kind string, names []string) int {
	p := m.add(kind, names)
	k := decide(m.pick, kind, names)
	m.follow(p, k)
	return k
}

// preempt implements strategy.
func (m *memory) preempt(thread string) bool { return m.choose(preempted, []string{thread}) == 1 }

func (m *memory) add(kind string, names []string) *point {
	if m.at == nil || m.size == memoryPoints {
		return nil
	}
	m.size++
	of := len(names)
	if kind == preempted {
		of = 2
	}
	p := &point{kind: kind, names: append([]string(nil), names...), kids: make([]sequel, of)}
	if m.pct != nil {
		p.ids = append(p.ids, m.pct.ids...)
	}
	return p
}

func (m *memory) follow(p *point, k int) {
	if p == nil {
		m.at = nil
		return
	}
	m.at.point = p
	m.at = &p.kids[k]
}

// ended keeps the end of the run that was played.
func (m *memory) ended(hash uint64) {
	if m.at != nil {
		m.at.end, m.at.hash = true, hash
	}
	m.pick, m.at = nil, nil
}
