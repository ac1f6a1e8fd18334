package show

import (
	"math"
	"strings"
	"testing"
)

func TestTable_AlignsAndEscapes(t *testing.T) {
	r := record(t)
	NewTable("loss <name>", "ρ(10)", "n").Row("Cauchy & co", 3.93182563, 3).Row("L2", math.Inf(-1), 12).Show()
	m := r.last(t)
	html := m.content.(string)
	for _, want := range []string{"loss &lt;name&gt;", "Cauchy &amp; co", "3.932", "−∞", `text-align:left">L2`, `text-align:right">12`} {
		if !strings.Contains(html, want) {
			t.Errorf("the table does not hold %q:\n%s", want, html)
		}
	}
	want := "loss <name>  ρ(10)   n\nCauchy & co  3.932   3\nL2              −∞  12"
	if m.plain != want {
		t.Errorf("plain text is\n%s\nwant\n%s", m.plain, want)
	}
}

func TestTable_HasMinusSigns(t *testing.T) {
	r := record(t)
	NewTable("step", "NLL", "λ").Row(-3, "-1.517123", "-1e-09").Row("lines-2", -0.5, "λ = -2").Show()
	want := "   step        NLL       λ\n     −3  −1.517123  −1e−09\nlines-2       −0.5  λ = −2"
	if m := r.last(t); m.plain != want {
		t.Errorf("plain text is\n%s\nwant\n%s", m.plain, want)
	}
}

// A narrow page breaks words, but no number with its spread.
func TestTable_KeepsNumbersWhole(t *testing.T) {
	r := record(t)
	NewTable("what", "value").Row("a", "–").Row("b", "0.916 ± 0.005").Row("30 words that go on and on and on", "1").Show()
	html := r.last(t).content.(string)
	if !strings.Contains(html, `white-space:nowrap;text-align:left">0.916 ± 0.005`) || strings.Count(html, "nowrap") != 2 {
		t.Errorf("two cells, that of 0.916 ± 0.005 and that of 1, must stay whole:\n%s", html)
	}
}

func TestTable_WantsOneCellPerColumn(t *testing.T) {
	r := record(t)
	NewTable("a", "b").Row(1.0)
	r.wantFailure(t, "2 columns", "1 cells")
}

func TestIsNumeric(t *testing.T) {
	for text, want := range map[string]bool{
		"1": true, "−3.5": true, "-2": true, "< 1e−9": true, "≈ 4": true, "∞": true, "−∞": true, "": false, "L2": false, "α = 2": false,
	} {
		if got := isNumeric(text); got != want {
			t.Errorf("isNumeric(%q) = %v", text, got)
		}
	}
}

func TestShortNumber(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", -2: "−2", 0.5: "0.5", 1.0 / 3: "0.3333", 1e-7: "1e−07",
		9999.4: "9999", 9999.6: "10000", -29629: "−29629", 999999: "999999", 999999.5: "1e+06", 1234567: "1.235e+06",
		math.Inf(1): "∞", math.Inf(-1): "−∞",
	} {
		if got := shortNumber(v); got != want {
			t.Errorf("shortNumber(%g) = %q, want %q", v, got, want)
		}
	}
	if got := AlphaLabel(math.Inf(-1)); got != "α = −∞" {
		t.Errorf("AlphaLabel(−∞) = %q", got)
	}
}
