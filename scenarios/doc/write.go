package doc

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// width is how long a line of YAML may get before a collection is written in block style.
const width = 110

// AppendYAML appends a mapping as a YAML document in one fixed style: block style outside, flow style for whatever fits
// into a line; a text of several lines as a literal block. [Parse] reads back equal nodes. The same node gives the same
// bytes.
func AppendYAML(b []byte, n *Node) []byte {
	w := &yamlWriter{b: b}
	if n.Kind == Map && len(n.Items) > 0 {
		w.block(n, 0)
		return w.b
	}
	w.flow(n)
	return append(w.b, '\n')
}

type yamlWriter struct{ b []byte }

// block writes a collection that is not empty in block style, beginning in the current column; it ends with a newline.
func (w *yamlWriter) block(n *Node, indent int) {
	for i := 0; i < len(n.Items); i++ {
		if i > 0 {
			w.indent(indent)
		}
		if n.Kind == List {
			w.b = append(w.b, "- "...)
			w.item(&n.Items[i], indent, indent+2)
			continue
		}
		w.scalar(n.Items[i].Text, false)
		w.b = append(w.b, ':')
		i++
		w.value(&n.Items[i], indent)
	}
}

func (w *yamlWriter) indent(n int) { w.b = append(w.b, strings.Repeat(" ", n)...) }

// item writes an item of a block list, which begins in column col.
func (w *yamlWriter) item(n *Node, outer, col int) {
	switch {
	case (n.Kind == Map || n.Kind == List) && len(n.Items) > 0 && !w.fits(n, col):
		w.block(n, col)
	case n.Kind == String && strings.Contains(n.Text, "\n"):
		w.literal(n.Text, outer)
	case n.Kind == String:
		w.scalar(n.Text, false)
		w.b = append(w.b, '\n')
	default:
		w.flow(n)
		w.b = append(w.b, '\n')
	}
}

// value writes the value of a key of a block mapping, behind the colon.
func (w *yamlWriter) value(n *Node, indent int) {
	used := indent + 2
	switch {
	case n.Kind == String && strings.Contains(n.Text, "\n"):
		w.b = append(w.b, ' ')
		w.literal(n.Text, indent)
		return
	case n.Kind == String && foldable(n.Text, indent):
		w.fold(n.Text, indent)
		return
	case n.Kind == String:
		w.b = append(w.b, ' ')
		w.scalar(n.Text, false)
		w.b = append(w.b, '\n')
		return
	case n.Kind == List && areWords(n) && !w.fits(n, used+20):
		w.words(n, indent)
		return
	case n.Kind == List && len(n.Items) > 0 && (!w.fits(n, used+20) || hasMaps(n)):
		w.b = append(w.b, '\n')
		w.indent(indent)
		w.block(n, indent)
		return
	case n.Kind == Map && len(n.Items) > 0 && (!w.fits(n, used+20) || indent == 0 && nested(n)):
		w.b = append(w.b, '\n')
		w.indent(indent + 2)
		w.block(n, indent+2)
		return
	}
	w.b = append(w.b, ' ')
	w.flow(n)
	w.b = append(w.b, '\n')
}

// areWords tells whether all items of a list are single words.
func areWords(n *Node) bool {
	for i := range n.Items {
		if x := &n.Items[i]; x.Kind != String || !plain(x.Text, true) || strings.Contains(x.Text, " ") {
			return false
		}
	}
	return len(n.Items) > 0
}

// words writes a list of words in flow style over several lines, behind the colon.
func (w *yamlWriter) words(n *Node, indent int) {
	w.b = append(w.b, " ["...)
	line := len(w.b)
	for i := range n.Items {
		word := n.Items[i].Text
		if i > 0 {
			w.b = append(w.b, ',')
			if len(w.b)-line+len(word)+indent+12 > width {
				w.b = append(w.b, '\n')
				w.indent(indent + 2)
				line = len(w.b)
			} else {
				w.b = append(w.b, ' ')
			}
		}
		w.b = append(w.b, word...)
	}
	w.b = append(w.b, "]\n"...)
}

// hasMaps tells whether a list has an item of more than one key, or one with a name, which reads better on a line of its
// own.
func hasMaps(n *Node) bool {
	for i := range n.Items {
		if n.Items[i].Len() > 1 && n.Items[i].Kind == Map || n.Items[i].Get("name") != nil {
			return true
		}
	}
	return false
}

// nested tells whether a mapping has a mapping or a list of more than one item in it.
func nested(n *Node) bool {
	for i := 1; i < len(n.Items); i += 2 {
		if len(n.Items[i].Items) > 0 {
			return true
		}
	}
	return false
}

// fits tells whether a collection in flow style fits into the rest of a line and is flat enough to read.
func (w *yamlWriter) fits(n *Node, col int) bool {
	if multiline(n) || depth(n) > 4 {
		return false
	}
	t := yamlWriter{}
	t.flow(n)
	return col+utf8.RuneCount(t.b) <= width
}

func depth(n *Node) int {
	d := 0
	for i := range n.Items {
		d = max(d, depth(&n.Items[i]))
	}
	if n.Kind == Map || n.Kind == List {
		d++
	}
	return d
}

func multiline(n *Node) bool {
	if strings.Contains(n.Text, "\n") {
		return true
	}
	for i := range n.Items {
		if multiline(&n.Items[i]) {
			return true
		}
	}
	return false
}

// flow writes a node in one line.
func (w *yamlWriter) flow(n *Node) {
	switch n.Kind {
	case Null:
		w.b = append(w.b, "null"...)
	case Bool, Number:
		w.b = append(w.b, n.Text...)
	case String:
		w.scalar(n.Text, true)
	case List:
		w.b = append(w.b, '[')
		for i := range n.Items {
			if i > 0 {
				w.b = append(w.b, ", "...)
			}
			if x := &n.Items[i]; x.Kind == Map && x.Len() == 1 {
				w.pair(x, 0) // a mapping of one key needs no braces in a list
			} else {
				w.flow(x)
			}
		}
		w.b = append(w.b, ']')
	case Map:
		w.b = append(w.b, '{')
		for i := 0; i < n.Len(); i++ {
			if i > 0 {
				w.b = append(w.b, ", "...)
			}
			w.pair(n, i)
		}
		w.b = append(w.b, '}')
	}
}

func (w *yamlWriter) pair(n *Node, i int) {
	k, v := n.Pair(i)
	w.scalar(k.Text, true)
	w.b = append(w.b, ": "...)
	w.flow(v)
}

// literal writes a text of several lines as a literal block; one that a literal block cannot hold is quoted.
func (w *yamlWriter) literal(s string, indent int) {
	body, newline := strings.CutSuffix(s, "\n")
	for _, line := range strings.Split(body, "\n") {
		if line == "" || !printable(line) || strings.TrimRight(line, " ") == "" {
			w.quoted(s)
			w.b = append(w.b, '\n')
			return
		}
	}
	w.b = append(w.b, '|')
	if body[0] == ' ' {
		w.b = append(w.b, '2') // how much the block is indented, which its first line does not show
	}
	if !newline {
		w.b = append(w.b, '-')
	}
	w.b = append(w.b, '\n')
	for _, line := range strings.Split(body, "\n") {
		w.indent(indent + 2)
		w.b = append(append(w.b, line...), '\n')
	}
}

// foldable tells whether a text is long and can be written as a folded block.
func foldable(s string, indent int) bool {
	return utf8.RuneCountInString(s)+indent > width-12 && printable(s) && !strings.Contains(s, "  ") && s[0] != ' ' && s[len(s)-1] != ' '
}

func (w *yamlWriter) fold(s string, indent int) {
	w.b = append(w.b, " >-"...)
	col := width + 1
	for _, word := range strings.Split(s, " ") {
		if n := utf8.RuneCountInString(word); col+1+n > width {
			w.b = append(w.b, '\n')
			w.indent(indent + 2)
			col = indent + 2 + n
		} else {
			w.b = append(w.b, ' ')
			col += 1 + n
		}
		w.b = append(w.b, word...)
	}
	w.b = append(w.b, '\n')
}

func printable(s string) bool {
	for _, r := range s {
		if r == utf8.RuneError || r == '\ufeff' || r != ' ' && !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// scalar writes a text, plain if every reader of YAML takes it for that text.
func (w *yamlWriter) scalar(s string, flow bool) {
	if plain(s, flow) {
		w.b = append(w.b, s...)
	} else {
		w.quoted(s)
	}
}

// quoted writes a text in double quotes with escapes that JSON and YAML share.
func (w *yamlWriter) quoted(s string) { w.b = appendQuoted(w.b, s) }

func appendQuoted(b []byte, s string) []byte {
	q, err := json.Marshal(s)
	if err != nil { // texts always marshal
		return strconv.AppendQuote(b, s)
	}
	r := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&", "\x7f", `\u007f`, "\ufeff", `\ufeff`)
	out := r.Replace(string(q))
	for _, c := range out {
		if c >= 0x80 && c < 0xa0 || c == 0xfffe || c == 0xffff {
			out = strings.ReplaceAll(out, string(c), `\u`+strconv.FormatInt(0x10000+int64(c), 16)[1:])
		}
	}
	return append(b, out...)
}

// notText are the plain words that some reader takes for something else than a text.
var notText = map[string]bool{
	"null": true, "true": true, "false": true, "yes": true, "no": true, "on": true, "off": true, "y": true, "n": true,
	"nan": true,
}

// plain tells whether a text may be written without quotes.
func plain(s string, flow bool) bool {
	if s == "" || s[0] == ' ' || s[len(s)-1] == ' ' || s[len(s)-1] == ':' || notText[strings.ToLower(s)] {
		return false
	}
	numeric := true
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '/':
		case c == '.' || c == '-' || c == '+' || c == '(' || c == ')' || c == '=' || c == ';' || c == '^' || c == '$':
			if i == 0 && c == '-' {
				return false
			}
		case c == ' ':
		case c == ':':
			if i == 0 || s[i+1] == ' ' || flow && strings.IndexByte(",[]{}", s[i+1]) >= 0 {
				return false
			}
		case c == '#':
			if i == 0 || s[i-1] == ' ' {
				return false
			}
		case c == ',':
			if flow || i == 0 {
				return false
			}
		case c == '"' || c == '\'' || c == '>' || c == '<' || c == '!' || c == '?' || c == '*':
			if i == 0 || flow && c == '?' { // the reader ends a text there between brackets
				return false
			}
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError || r == '\ufeff' || !unicode.IsPrint(r) {
				return false
			}
			i += n - 1
			numeric = false
		default:
			return false
		}
		if strings.IndexByte("0123456789abcdefABCDEFxXoO_.:+-TZ", c) < 0 {
			numeric = false
		}
	}
	first := s[0]
	if first == '.' && (len(s) == 1 || s[1] != '.') {
		return false // .5, .inf, .nan
	}
	return !(numeric && (first >= '0' && first <= '9' || first == '.' || first == '+' || first == '-'))
}

// AppendJSON appends a node as JSON without white space.
func AppendJSON(b []byte, n *Node) []byte {
	switch n.Kind {
	case Null:
		return append(b, "null"...)
	case Bool, Number:
		return append(b, n.Text...)
	case String:
		return appendQuoted(b, n.Text)
	}
	brackets := "[]"
	if n.Kind == Map {
		brackets = "{}"
	}
	b = append(b, brackets[0])
	for i := range n.Items {
		switch {
		case n.Kind == Map && i%2 == 1:
			b = append(b, ':')
		case i > 0:
			b = append(b, ',')
		}
		b = AppendJSON(b, &n.Items[i])
	}
	return append(b, brackets[1])
}
