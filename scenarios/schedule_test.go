package scenarios

import (
	"strings"
	"testing"
)

const scheduled = `name: n
title: T.
plan: {services: [{name: a}]}
schedule:
- at signal SIGTERM against a · stop take the signal
- at x take y take z
`

func TestSchedule(t *testing.T) {
	s, err := Parse("f", []byte(scheduled))
	if err != nil {
		t.Fatal(err)
	}
	want := []Decision{{At: "signal SIGTERM against a · stop", Take: "the signal"}, {At: "x take y", Take: "z"}}
	if len(s.Schedule) != len(want) || s.Schedule[0] != want[0] || s.Schedule[1] != want[1] {
		t.Errorf("%+v", s.Schedule)
	}
	back, err := Parse("f", Format(s))
	if err != nil || len(back.Schedule) != 2 || back.Schedule[1] != want[1] {
		t.Errorf("%v\n%s", err, Format(s))
	}
}

func TestScheduleErrors(t *testing.T) {
	for decision, want := range map[string]string{
		"take y":      `f:5:3: wrong value in schedule: found "take y", expected a decision, "at POINT take CHOICE"`,
		"at x":        `f:5:3: wrong value in schedule: found "at x"`,
		"at x take ":  `f:5:3: wrong value in schedule: found "at x take"`,
		"at  take y":  `f:5:3: wrong value in schedule: found "at  take y"`,
		"7":           `f:5:3: wrong value in schedule: found 7`,
		"{at: x}":     `f:5:3: wrong value in schedule: found a mapping`,
		"at xtakey z": `f:5:3: wrong value in schedule: found "at xtakey z"`,
	} {
		_, err := Parse("f", []byte(strings.Replace(scheduled, "at signal SIGTERM against a · stop take the signal", decision, 1)))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", decision, err, want)
		}
	}
	_, err := Parse("f", []byte("name: n\ntitle: T.\nplan: {services: [{name: a}]}\nschedule: {}\n"))
	if err == nil || !strings.HasPrefix(err.Error(), "f:4:11: wrong value in schedule: found an empty mapping, expected a list of decisions") {
		t.Error(err)
	}
}

func TestRecordedPlan(t *testing.T) {
	s, err := RecordedPlan("exit-in-stop")
	if err != nil || s == nil {
		t.Fatalf("%v, %v", s, err)
	}
	if len(s.Recordings) != 7 || s.Recording("dotnet-3.1") == nil || s.SpeaksOf("strict") || !s.SpeaksOf("dotnet-10") || len(s.Plan.Services) != 3 {
		t.Errorf("%+v", s)
	}
	if s, err := RecordedPlan("no-such-plan"); s != nil || err != nil {
		t.Errorf("%v, %v", s, err)
	}
}
