package live

import (
	"fmt"
	"math"
	"slices"
)

// Sweep is what the figure "sweep" shows: named series over the same α, of which the reader chooses two.
type Sweep struct {
	Alpha  []float64 `json:"alpha"` // −∞ is written as the slider's end, −10
	Series []Series  `json:"series"`
}

// Series is one measured quantity for each α.
type Series struct {
	Name   string    `json:"name"`
	Values []float64 `json:"values"`
}

// The series that a reader chooses from are known only when a cell gives them, so that the choices are numbers here and
// the picture names them.
var sweepFigure = &Figure{
	Name: "sweep",
	Alt:  "Two chosen series of a sweep over the shape α, each as a curve with its own axis.",
	Controls: []Control{
		{Name: "first", Label: "blue curve", Min: 0, Max: 7, Step: 1},
		{Name: "second", Label: "orange curve", Min: 0, Max: 7, Step: 1},
	},
	Start: State{Values: map[string]float64{"first": 0, "second": 1}},
	Draw:  drawSweep,
}

func drawSweep(s State) Picture {
	sweep := s.Sweep
	if sweep == nil || len(sweep.Series) == 0 {
		return Picture{SVG: s.canvas(40, 40).String(), Say: "There is no sweep to show."}
	}
	image, frame := s.canvas(370, 370), panel{left: 60, top: 46, width: 590, height: 270}
	if s.narrow() {
		frame.left, frame.width = 46, narrowWidth-96
	}
	picture := Picture{Values: map[string]float64{}}
	lo, hi := slices.Min(sweep.Alpha), slices.Max(sweep.Alpha)
	for k, name := range []string{"first", "second"} {
		series := sweep.Series[min(max(int(s.Values[name]), 0), len(sweep.Series)-1)]
		bottom, top := slices.Min(series.Values), slices.Max(series.Values)
		margin := .08*(top-bottom) + 1e-9*(1+math.Abs(top))
		frame.xlo, frame.xhi, frame.ylo, frame.yhi = lo-.2, hi+.2, bottom-margin, top+margin
		colour := []string{blue, orange}[k]
		if k == 0 {
			frame.axes(image, "", "shape α")
		} else {
			for _, t := range ticks(frame.ylo, frame.yhi, 5) {
				image.text(frame.left+frame.width+7, frame.py(t)+4, "start", colour, number(t))
			}
		}
		image.text(frame.left+float64(k)*frame.width/2, 20, "start", colour, fmt.Sprintf("%s %s", []string{"●", "■"}[k], series.Name))
		frame.curve(image, sweep.Alpha, series.Values, colour, 2, []string{"", "6 4"}[k])
		best := 0
		for i, v := range series.Values {
			picture.Values[fmt.Sprintf("%s at α = %s", series.Name, number(alphaOf(sweep.Alpha[i])))] = v
			if k == 0 {
				image.addf(`<circle cx="%s" cy="%s" r="4" fill="%s"/>`, coordinate(frame.px(sweep.Alpha[i])), coordinate(frame.py(v)), colour)
			} else {
				image.addf(`<rect x="%s" y="%s" width="8" height="8" fill="%s"/>`, coordinate(frame.px(sweep.Alpha[i])-4), coordinate(frame.py(v)-4), colour)
			}
			if v > series.Values[best] {
				best = i
			}
		}
		picture.Say += fmt.Sprintf("%s: from %s to %s, highest at α = %s. ", series.Name, number(bottom), number(top), number(alphaOf(sweep.Alpha[best])))
	}
	picture.SVG = image.String()
	return picture
}
