// Package live draws figures that answer: a reader moves a slider or drags a point, and the Go code of package scalar
// computes the picture anew, in the reader's browser.
//
// A figure is a function from a [State] to a [Picture]. The same function runs in two places. In the notebook's
// process it draws the picture that is on the page before anything moves, and where there is no script. Compiled to
// WebAssembly (folder wasm) it draws every later one. So a figure has no code of its own in JavaScript: live.js only
// passes what the reader did to Go and puts the answer on the page.
//
//	live.Show("loss", nil)   // in a cell
package live

import (
	"fmt"
	"math"
	"slices"
)

// Control is a slider, or a list to choose from where Choices is not empty; its value is then the index of a choice.
type Control struct {
	Name           string
	Label          string
	Min, Max, Step float64
	Choices        []string
	// Format says a value as a reader says it. Nil means up to two decimals.
	Format func(float64) string
}

// Point is what a reader drags, in the units of the figure's axes.
type Point struct {
	X float64 `json:"x"`
	Y float64 `json:"y"`
}

// State is what a picture depends on.
type State struct {
	Values map[string]float64 `json:"values"` // by the controls' names; "narrow" is 1 on a page too narrow for two panels in a row
	Points []Point            `json:"points"`
	Sweep  *Sweep             `json:"sweep,omitempty"` // what a cell gave to the figure "sweep"
}

// narrow says whether the page is too narrow for two panels in a row.
func (s State) narrow() bool { return s.Values["narrow"] == 1 }

// Handle is a place in the picture where a point can be taken, in the units of the SVG image.
type Handle struct {
	X     float64 `json:"x"`
	Y     float64 `json:"y"`
	Label string  `json:"label"` // what it is and where it is, for a screen reader
}

// Picture is a drawn figure.
type Picture struct {
	SVG     string             `json:"svg"`
	Handles []Handle           `json:"handles"`
	Values  map[string]float64 `json:"values"` // the numbers that the picture shows
	Say     string             `json:"say"`    // the same in a sentence
}

// Figure is one figure that answers.
type Figure struct {
	Name     string
	Alt      string // describes the picture for those who do not see it
	Controls []Control
	Start    State
	Draw     func(State) Picture
	// Move returns the state after point i was dragged to (x, y), in the units of the SVG image. Nil where there is
	// nothing to drag.
	Move func(s State, i int, x, y float64) State
}

// figures are all figures, by name.
var figures = []*Figure{likelihoodFigure, lineFigure, lossFigure, spoilFigure, sweepFigure, valleyFigure}

// Names lists the figures.
func Names() []string {
	var names []string
	for _, f := range figures {
		names = append(names, f.Name)
	}
	return names
}

// Find returns the figure of that name, or an error that lists the names.
func Find(name string) (*Figure, error) {
	for _, f := range figures {
		if f.Name == name {
			return f, nil
		}
	}
	return nil, fmt.Errorf("there is no figure %q: there are %q", name, Names())
}

// clone returns a state that shares nothing with s.
func (s State) clone() State {
	values := make(map[string]float64, len(s.Values))
	for name, value := range s.Values {
		values[name] = value
	}
	return State{Values: values, Points: slices.Clone(s.Points), Sweep: s.Sweep}
}

// moved returns s with point i at p.
func (s State) moved(i int, p Point) State {
	s = s.clone()
	if i >= 0 && i < len(s.Points) {
		s.Points[i] = p
	}
	return s
}

// Drag is a point's way to (X, Y), in the units of the SVG image.
type Drag struct {
	Point int
	X, Y  float64
}

// Answer is what a page gets.
type Answer struct {
	State   State
	Picture Picture
	Labels  map[string]string // the controls' values as a reader says them
}

// Respond draws the figure of that name for a state, after a point was dragged where drag is not nil.
func Respond(figure string, state State, drag *Drag) (Answer, error) {
	f, err := Find(figure)
	if err != nil {
		return Answer{}, err
	}
	if drag != nil && f.Move != nil {
		state = f.Move(state, drag.Point, drag.X, drag.Y)
	}
	return f.answer(state), nil
}

// answer draws a state.
func (f *Figure) answer(s State) Answer {
	a := Answer{State: s, Picture: f.Draw(s), Labels: map[string]string{}}
	for _, c := range f.Controls {
		a.Labels[c.Name] = c.say(s.Values[c.Name])
	}
	for name, v := range a.Picture.Values {
		if math.IsInf(v, 0) || math.IsNaN(v) {
			delete(a.Picture.Values, name) // JSON, which the notebook's side writes, knows neither
		}
	}
	return a
}

// say formats the value of a control.
func (c Control) say(v float64) string {
	switch {
	case len(c.Choices) > 0:
		return c.Choices[min(max(int(v), 0), len(c.Choices)-1)]
	case c.Format != nil:
		return c.Format(v)
	}
	return number(v)
}
