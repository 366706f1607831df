package plan

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// durationForm says in messages what a duration looks like.
const durationForm = `a duration such as "300ms", "1.5s" or "inf"`

var durationUnits = []struct {
	name string
	size time.Duration
}{{"ms", time.Millisecond}, {"us", time.Microsecond}, {"µs", time.Microsecond}, {"ns", time.Nanosecond}, {"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}}

// ParseDuration reads a duration of the plan language: one decimal number without a sign, and a unit (ns, us, ms, s, m,
// h), or "inf". It must be a whole number of nanoseconds and at most [MaxDuration].
func ParseDuration(s string) (time.Duration, error) {
	if s == "inf" {
		return Infinite, nil
	}
	num := len(s)
	for i := 0; i < len(s); i++ {
		if (s[i] < '0' || s[i] > '9') && s[i] != '.' {
			num = i
			break
		}
	}
	whole, frac, dotted := strings.Cut(s[:num], ".")
	if whole == "" || dotted && frac == "" || strings.Contains(frac, ".") || len(whole) > 18 || len(frac) > 18 {
		return 0, fmt.Errorf("expected %s", durationForm)
	}
	var unit time.Duration
	for _, u := range durationUnits {
		if s[num:] == u.name {
			unit = u.size
		}
	}
	if unit == 0 {
		return 0, fmt.Errorf("expected a unit: ns, us, ms, s, m or h")
	}
	n, _ := strconv.ParseInt(whole, 10, 64)
	if n > int64(MaxDuration/unit) {
		return 0, fmt.Errorf("expected at most %v", MaxDuration)
	}
	d := time.Duration(n) * unit
	if frac = strings.TrimRight(frac, "0"); frac != "" {
		part, _ := new(big.Int).SetString(frac, 10)
		part.Mul(part, big.NewInt(int64(unit)))
		ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(frac))), nil)
		q, rest := new(big.Int).QuoRem(part, ten, new(big.Int))
		if rest.Sign() != 0 {
			return 0, fmt.Errorf("expected a whole number of nanoseconds")
		}
		d += time.Duration(q.Int64())
	}
	if d > MaxDuration {
		return 0, fmt.Errorf("expected at most %v", MaxDuration)
	}
	return d, nil
}

// FormatDuration writes a duration as [ParseDuration] reads it, in the largest of s, ms, us and ns that needs no
// fraction; [Infinite] is "inf".
func FormatDuration(d time.Duration) string {
	switch {
	case d == Infinite:
		return "inf"
	case d%time.Second == 0:
		return strconv.FormatInt(int64(d/time.Second), 10) + "s"
	case d%time.Millisecond == 0:
		return strconv.FormatInt(int64(d/time.Millisecond), 10) + "ms"
	case d%time.Microsecond == 0:
		return strconv.FormatInt(int64(d/time.Microsecond), 10) + "us"
	}
	return strconv.FormatInt(int64(d), 10) + "ns"
}
