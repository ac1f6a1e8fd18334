package show

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

func TestChecks_PassExactlyWhereTheClaimHolds(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func()
		want bool
	}{
		{"true", func() { Check("c", true) }, true},
		{"false", func() { Check("c", false) }, false},
		{"near", func() { CheckNear("c", 1.0001, 1, 1e-3) }, true},
		{"far", func() { CheckNear("c", 1.002, 1, 1e-3) }, false},
		{"NaN is near nothing", func() { CheckNear("c", math.NaN(), math.NaN(), 1) }, false},
		{"∞ is near itself", func() { CheckNear("c", math.Inf(1), math.Inf(1), 0) }, true},
		{"∞ is far from −∞", func() { CheckNear("c", math.Inf(1), math.Inf(-1), 1e300) }, false},
		{"between", func() { CheckBetween("c", 2, 1, 3) }, true},
		{"on the edge", func() { CheckBetween("c", 3, 1, 3) }, true},
		{"beyond", func() { CheckBetween("c", 3.1, 1, 3) }, false},
		{"NaN lies nowhere", func() { CheckBetween("c", math.NaN(), math.Inf(-1), math.Inf(1)) }, false},
		{"less", func() { CheckLess("c", 1, 1.0001) }, true},
		{"equal is not less", func() { CheckLess("c", 1, 1) }, false},
		{"greater", func() { CheckLess("c", 2, 1) }, false},
		{"nothing is less than NaN", func() { CheckLess("c", 1, math.NaN()) }, false},
		{"NaN is less than nothing", func() { CheckLess("c", math.NaN(), 1) }, false},
		{"kept, true", func() { Stored.Check("c", true) }, true},
		{"kept, false", func() { Stored.Check("c", false) }, false},
		{"kept, near", func() { Stored.CheckNear("c", 1, 1.1, 0.2) }, true},
		{"kept, beyond", func() { Stored.CheckBetween("c", 1, 2, 3) }, false},
		{"kept, less", func() { Stored.CheckLess("c", 1, 2) }, true},
	} {
		r := record(t)
		c.do()
		if passed := r.status == -1; passed != c.want {
			t.Errorf("%s: passed = %v, want %v", c.name, passed, c.want)
		}
		if len(r.messages) != 1 {
			t.Errorf("%s: %d messages, want one", c.name, len(r.messages))
		}
	}
}

func TestCheck_SaysWhatWasCompared(t *testing.T) {
	r := record(t)
	CheckNear("ρ < 1 & more", 2.5, -1, 0.25)
	r.wantFailure(t, "ρ &lt; 1 &amp; more", "got 2.5", "want −1 ± 0.25", "<small>live</small>")
	r = record(t)
	CheckBetween("inside", 0.5, 0, math.Inf(1))
	if plain := r.last(t).plain; plain != "✓ inside: got 0.5, want 0 … ∞ (live)" {
		t.Errorf("plain text %q", plain)
	}
	r = record(t)
	Stored.CheckLess("sooner", 1, 2)
	if plain := r.last(t).plain; plain != "✓ sooner: got 1 and 2, want the first to be less (stored)" {
		t.Errorf("plain text %q", plain)
	}
	if content := r.last(t).content.(string); !strings.Contains(content, "<small>stored</small>") {
		t.Errorf("the page does not say that the check is stored: %s", content)
	}
}

// A check that failed says on stderr, where the report finds it, of which kind it was.
func TestCheck_FailureNamesItsKind(t *testing.T) {
	for want, do := range map[string]func(){
		"check failed: c: got 1 and 1, want the first to be less (live)\n": func() { CheckLess("c", 1, 1) },
		"check failed: c (stored)\n":                                       func() { Stored.Check("c", false) },
	} {
		record(t)
		var said strings.Builder
		stderr = &said
		do()
		if said.String() != want {
			t.Errorf("it says %q, want %q", said.String(), want)
		}
	}
}

// The metadata of a check is what programs read: it must pass through gob to the kernel and through JSON to the notebook.
func TestCheck_CarriesItsNumbersAsMetadata(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		do   func()
		want string
	}{
		{func() { Check("c", true) }, `{"claim":"c","form":"true","kind":"live","ok":true}`},
		{func() { Stored.Check("c", false) }, `{"claim":"c","form":"true","kind":"stored","ok":false}`},
		{func() { CheckNear("c", 1.5, 1, 0.25) }, `{"claim":"c","form":"near","got":1.5,"hi":1.25,"kind":"live","lo":0.75,"ok":false}`},
		{func() { Stored.CheckBetween("c", -inf, 0, inf) }, `{"claim":"c","form":"between","got":"-Infinity","hi":"Infinity","kind":"stored","lo":0,"ok":false}`},
		{func() { CheckBetween("c", math.NaN(), 0, 1) }, `{"claim":"c","form":"between","got":"NaN","hi":1,"kind":"live","lo":0,"ok":false}`},
		{func() { CheckLess("c", 1, 3) }, `{"a":1,"b":3,"claim":"c","form":"less","got":2,"hi":"Infinity","kind":"live","lo":0,"ok":true}`},
	} {
		r := record(t)
		c.do()
		var wire bytes.Buffer
		sent := protocol.DisplayData{Metadata: r.last(t).metadata}
		if err := gob.NewEncoder(&wire).Encode(sent); err != nil {
			t.Fatal(err)
		}
		var received protocol.DisplayData
		if err := gob.NewDecoder(&wire).Decode(&received); err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(received.Metadata[CheckMetadata])
		if err != nil || string(got) != c.want {
			t.Errorf("the metadata is\n%s (%v), want\n%s", got, err, c.want)
		}
	}
}

func TestStoredCaption_SaysWhereTheNumbersComeFrom(t *testing.T) {
	r := record(t)
	Stored.Caption("%d runs <quick>", 3)
	if m := r.last(t); m.plain != "stored: 3 runs <quick>" || !strings.Contains(m.content.(string), "<small>stored</small> 3 runs &lt;quick&gt;") {
		t.Errorf("shown was %v", m)
	}
}
