package probecmd

import (
	"fmt"
	"strconv"
	"strings"
)

// unescape reads \r, \n, \t, \\ and \xNN. The error says which escape is not known, and where.
func unescape(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		if i++; i == len(s) {
			return "", fmt.Errorf(`a single \ stands at the end; write \\ for a backslash`)
		}
		switch s[i] {
		case 'r':
			b.WriteByte('\r')
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case '\\':
			b.WriteByte('\\')
		case 'x':
			if i+2 >= len(s) {
				return "", fmt.Errorf(`\x at position %d needs two hexadecimal digits`, i)
			}
			n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
			if err != nil {
				return "", fmt.Errorf(`\x%s at position %d is no byte; two hexadecimal digits are needed`, s[i+1:i+3], i)
			}
			b.WriteByte(byte(n))
			i += 2
		default:
			return "", fmt.Errorf(`\%c at position %d is not known; \r \n \t \\ and \xNN are`, s[i], i)
		}
	}
	return b.String(), nil
}
