package show

import (
	"math"
	"strings"
)

// describe says in words what a plot shows, for those who do not see it: its title, its axes with their ranges, and its
// layers.
func (p *Plot) describe() string {
	x, y, layers := p.ranges()
	var b strings.Builder
	b.WriteString("Plot")
	if p.title != "" {
		b.WriteString(" “" + plainScripts(p.title) + "”")
	}
	b.WriteString(": " + axisWords(p.yLabel, "y", y) + " over " + axisWords(p.xLabel, "x", x) + ".")
	for _, of := range []struct{ kind, name string }{
		{"curve", "Curves"}, {"dots", "Points"}, {"bars", "Histograms"}, {"area", "Bands"}, {"line", "Straight lines"}, {"heat", "Colours"},
	} {
		var names []string
		unnamed := false
		for _, d := range layers {
			if wordOf(d.kind) != of.kind {
				continue
			}
			if name := d.words(); name != "" {
				names = append(names, name)
			} else {
				unnamed = true
			}
		}
		switch {
		case len(names) > 0:
			b.WriteString(" " + of.name + ": " + strings.Join(names, ", ") + ".")
		case unnamed && of.kind != "line":
			b.WriteString(" " + of.name + " without names.")
		}
	}
	return b.String()
}

// wordOf groups the kinds of layers.
func wordOf(k kind) string {
	switch k {
	case curve:
		return "curve"
	case dots:
		return "dots"
	case bars:
		return "bars"
	case area:
		return "area"
	case vertical, horizontal:
		return "line"
	case heat:
		return "heat"
	}
	return ""
}

// words names a layer, with what a reader may want to know of it beside its label; "" where it has no label.
func (d drawn) words() string {
	name := plainScripts(d.label)
	switch {
	case name == "":
		return ""
	case d.kind == heat:
		return name + " from " + shortNumber(d.field.lo) + " to " + shortNumber(d.field.hi)
	case d.kind == vertical:
		return name + " at " + shortNumber(d.points[0].x)
	case d.kind == horizontal:
		return name + " at " + shortNumber(d.points[0].y)
	case d.kind == curve:
		if first, last, ok := d.ends(); ok {
			return name + " (from " + shortNumber(first) + " to " + shortNumber(last) + ")"
		}
	}
	return name
}

// ends returns the first and the last height of a curve that are finite.
func (d drawn) ends() (first, last float64, ok bool) {
	for _, pt := range d.points {
		if !math.IsNaN(pt.y) && !math.IsInf(pt.y, 0) {
			if !ok {
				first, ok = pt.y, true
			}
			last = pt.y
		}
	}
	return first, last, ok
}

func axisWords(label, unnamed string, r axisRange) string {
	if label == "" {
		label = unnamed
	}
	scale := ""
	if r.log {
		scale = ", logarithmic,"
	}
	return plainScripts(label) + scale + " from " + shortNumber(r.lo) + " to " + shortNumber(r.hi)
}

// plainScripts leaves out the marks of raised and lowered parts.
func plainScripts(text string) string {
	var b strings.Builder
	for _, r := range runs(text) {
		b.WriteString(r.text)
	}
	return b.String()
}
