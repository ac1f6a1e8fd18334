package show

import (
	"fmt"
	"html"
	"math"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// Checks states claims of the text and fails the cell where one is false. The zero value is of no use: the package
// functions [Check], [CheckNear], [CheckBetween] and [CheckLess] are for numbers that the notebook computes as it runs,
// and [Stored] has the same four for numbers that it reads from results kept in the repository.
//
// Under the cell stands the claim, whether it is live or stored, and what was compared. The same goes into the metadata of
// the output, under [CheckMetadata], for programs that compare runs.
type Checks struct{ kind string }

// Stored checks claims about kept results. They hold or fail alike on every machine, for nothing is computed anew.
var Stored = Checks{"stored"}

// live checks claims about what this run computed.
var live = Checks{"live"}

// CheckMetadata is the key of an output's metadata that holds a check as an object:
//
//	claim  the text
//	kind   "live" or "stored"
//	form   "true", "near", "between" or "less"
//	ok     whether the claim holds
//	got    the number that was checked; of "less" the difference b − a
//	lo, hi the bounds in which it must lie
//	a, b   of "less": both numbers
//
// The form "true" has no numbers. A number is a JSON number, or one of the strings "NaN", "Infinity" and "-Infinity".
const CheckMetadata = "robustloss-check"

// Check states a claim that is simply true or false. Where its truth rests on numbers, the other checks say by how much.
func Check(claim string, ok bool) { live.Check(claim, ok) }

// CheckNear states that got is within tol of want, an absolute error. NaN is near nothing; an infinity is near itself.
func CheckNear(claim string, got, want, tol float64) { live.CheckNear(claim, got, want, tol) }

// CheckBetween states that got lies in [lo, hi]. NaN lies nowhere.
func CheckBetween(claim string, got, lo, hi float64) { live.CheckBetween(claim, got, lo, hi) }

// CheckLess states that a < b. NaN is less than nothing, and nothing is less than NaN.
func CheckLess(claim string, a, b float64) { live.CheckLess(claim, a, b) }

// Check is the function [Check] for results of this kind.
func (c Checks) Check(claim string, ok bool) {
	c.verdict(claim, "", ok, "true", nil)
}

// CheckNear is the function [CheckNear] for results of this kind.
func (c Checks) CheckNear(claim string, got, want, tol float64) {
	ok := got == want || math.Abs(got-want) <= tol
	c.verdict(claim, fmt.Sprintf("got %s, want %s ± %s", number(got), number(want), number(tol)), ok, "near",
		map[string]float64{"got": got, "lo": want - tol, "hi": want + tol})
}

// CheckBetween is the function [CheckBetween] for results of this kind.
func (c Checks) CheckBetween(claim string, got, lo, hi float64) {
	c.verdict(claim, fmt.Sprintf("got %s, want %s … %s", number(got), number(lo), number(hi)), got >= lo && got <= hi, "between",
		map[string]float64{"got": got, "lo": lo, "hi": hi})
}

// CheckLess is the function [CheckLess] for results of this kind.
func (c Checks) CheckLess(claim string, a, b float64) {
	c.verdict(claim, fmt.Sprintf("got %s and %s, want the first to be less", number(a), number(b)), a < b, "less",
		map[string]float64{"got": b - a, "lo": 0, "hi": math.Inf(1), "a": a, "b": b})
}

// Caption says that what is shown next comes from kept results, and from which. The text is formatted as by [fmt.Sprintf].
func (c Checks) Caption(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	emit(message{
		mime:    protocol.MIMETextHTML,
		content: `<div style="color:#777"><small>` + c.kind + `</small> ` + html.EscapeString(text) + `</div>`,
		plain:   c.kind + ": " + text,
	})
}

// verdict shows the outcome of one check, and ends the cell where it failed.
func (c Checks) verdict(claim, detail string, ok bool, form string, numbers map[string]float64) {
	claim = signed(claim)
	if detail != "" {
		detail = ": " + detail
	}
	facts := map[string]any{"claim": claim, "kind": c.kind, "form": form, "ok": ok}
	for name, value := range numbers {
		facts[name] = jsonNumber(value)
	}
	mark, color := "✓", "#1b7f4b"
	if !ok {
		mark, color = "✗", "#b3261e"
	}
	shown := message{
		mime: protocol.MIMETextHTML,
		content: `<div><span style="color:` + color + `">` + mark + `</span> ` + html.EscapeString(claim) +
			`<span style="color:#777">` + html.EscapeString(detail) + ` <small>` + c.kind + `</small></span></div>`,
		metadata: map[string]any{CheckMetadata: facts},
		plain:    mark + " " + claim + detail + " (" + c.kind + ")",
	}
	if !ok {
		shown.plain = "" // the reason follows on stderr
		emit(shown)
		stop("check failed: " + claim + detail + " (" + c.kind + ")")
		return
	}
	emit(shown)
}

// jsonNumber is a number as JSON can hold it: those that are not finite become strings.
func jsonNumber(x float64) any {
	switch {
	case math.IsNaN(x):
		return "NaN"
	case math.IsInf(x, 1):
		return "Infinity"
	case math.IsInf(x, -1):
		return "-Infinity"
	}
	return x
}

// number formats x with as many digits as a reader compares: seven, fewer where they are zeros.
func number(x float64) string {
	switch {
	case math.IsInf(x, 1):
		return "∞"
	case math.IsInf(x, -1):
		return "−∞"
	}
	return minus(fmt.Sprintf("%.7g", x))
}
