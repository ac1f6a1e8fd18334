package show

import (
	"fmt"
	"html"
	"math"

	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// Check states a claim of the text and fails the cell where it is false.
func Check(claim string, ok bool) {
	verdict(claim, "", ok)
}

// CheckNear states that got is within tol of want, an absolute error. NaN is near nothing; an infinity is near itself.
func CheckNear(claim string, got, want, tol float64) {
	ok := got == want || math.Abs(got-want) <= tol
	verdict(claim, fmt.Sprintf("got %s, want %s ± %s", number(got), number(want), number(tol)), ok)
}

// CheckBetween states that got lies in [lo, hi]. NaN lies nowhere.
func CheckBetween(claim string, got, lo, hi float64) {
	verdict(claim, fmt.Sprintf("got %s, want %s … %s", number(got), number(lo), number(hi)), got >= lo && got <= hi)
}

// verdict shows the outcome of one check, and ends the cell where it failed.
func verdict(claim, detail string, ok bool) {
	if detail != "" {
		detail = ": " + detail
	}
	if !ok {
		fail("check failed: " + claim + detail)
		return
	}
	emit(message{
		mime: protocol.MIMETextHTML,
		content: `<div><span style="color:#1b7f4b">✓</span> ` + html.EscapeString(claim) +
			`<span style="color:#777">` + html.EscapeString(detail) + `</span></div>`,
		plain: "✓ " + claim + detail,
	})
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
