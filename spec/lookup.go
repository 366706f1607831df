package spec

import "fmt"

// Area is one chapter of the contract.
type Area struct {
	Name    string // START
	Title   string
	About   string // what the chapter is about, for people; may be empty
	Chapter int    // its place in the contract, from 1
	Clauses []*Clause
}

// Feature is something that an implementation may declare to be able to do.
type Feature struct{ Name, What string }

// Clause finds a clause by its id, tombstones included; nil if there is none.
func (s *Spec) Clause(id string) *Clause {
	for _, c := range s.Clauses {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// Profile finds a profile by its name; nil if there is none.
func (s *Spec) Profile(name string) *Profile {
	for _, p := range s.Profiles {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// MustProfile finds a profile that is known to exist; it panics if there is none.
func (s *Spec) MustProfile(name string) *Profile {
	if p := s.Profile(name); p != nil {
		return p
	}
	panic(fmt.Sprintf("spec: there is no profile %q", name))
}

// Area finds a chapter by its name; nil if there is none.
func (s *Spec) Area(name string) *Area {
	for _, a := range s.Areas {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// Feature finds a feature by its name; nil if there is none.
func (s *Spec) Feature(name string) *Feature {
	for _, f := range s.Features {
		if f.Name == name {
			return f
		}
	}
	return nil
}

func (s *Spec) featureNames() []string {
	var out []string
	for _, f := range s.Features {
		out = append(out, f.Name)
	}
	return out
}

// Expand gives the names of the profiles that a word names, in order: a profile ("strict"), all releases of a family
// ("dotnet"), or a range of them ("dotnet-6..", "..dotnet-3.1", "dotnet-8..dotnet-9"). The error says which word was
// meant, if one is near.
func (s *Spec) Expand(word string) ([]string, error) {
	return s.ranges.expand(word)
}

// ProfileNames lists the profiles in order.
func (s *Spec) ProfileNames() []string { return append([]string(nil), s.ranges.names...) }

// Rule finds a row of the version matrix by its name; nil if there is none.
func (m *Matrix) Rule(name string) *Rule {
	for _, r := range m.Rules {
		if r.Name == name {
			return r
		}
	}
	return nil
}

func (m *Matrix) names() []string {
	var out []string
	for _, r := range m.Rules {
		out = append(out, r.Name)
	}
	return out
}

// Has tells whether the clause holds in the profile.
func (c *Clause) Has(profile string) bool { return contains(c.Profiles, profile) }

// Needs tells whether the clause needs the feature.
func (c *Clause) Needs(feature string) bool { return contains(c.Features, feature) }

// In tells whether the clause can be checked in the lane.
func (c *Clause) In(lane string) bool { return contains(c.Lanes, lane) }
