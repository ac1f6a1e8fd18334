//go:build js && wasm

// Command wasm is what a page with live figures runs: it answers their requests in the reader's browser.
//
//	robustlossRespond(figure, state, drag) → {controls, points, svg, handles, values, say, labels} or {error}
//
// Objects of JavaScript are read and made by hand, since encoding/json would add a fifth to what a page loads.
package main

import (
	"syscall/js"

	"github.com/robustloss/gomlx-robustloss/notebooks/live"
)

func main() {
	js.Global().Set("robustlossRespond", js.FuncOf(respond))
	js.Global().Get("robustlossReady").Invoke()
	select {}
}

func respond(_ js.Value, args []js.Value) any {
	var drag *live.Drag
	if d := args[2]; d.Truthy() {
		drag = &live.Drag{Point: d.Get("point").Int(), X: d.Get("x").Float(), Y: d.Get("y").Float()}
	}
	answer, err := live.Respond(args[0].String(), stateOf(args[1]), drag)
	if err != nil {
		return map[string]any{"error": err.Error()}
	}
	handles := make([]any, len(answer.Picture.Handles))
	for i, h := range answer.Picture.Handles {
		handles[i] = map[string]any{"x": h.X, "y": h.Y, "label": h.Label}
	}
	points := make([]any, len(answer.State.Points))
	for i, p := range answer.State.Points {
		points[i] = map[string]any{"x": p.X, "y": p.Y}
	}
	return map[string]any{
		"values": object(answer.Picture.Values), "controls": object(answer.State.Values), "labels": object(answer.Labels), "points": points,
		"svg": answer.Picture.SVG, "say": answer.Picture.Say, "handles": handles,
	}
}

// object makes an object of a map.
func object[V any](m map[string]V) map[string]any {
	o := make(map[string]any, len(m))
	for name, value := range m {
		o[name] = value
	}
	return o
}

// stateOf reads a state.
func stateOf(v js.Value) live.State {
	s := live.State{Values: map[string]float64{}}
	for i, keys := 0, js.Global().Get("Object").Call("keys", v.Get("values")); i < keys.Length(); i++ {
		name := keys.Index(i).String()
		s.Values[name] = v.Get("values").Get(name).Float()
	}
	if points := v.Get("points"); points.Truthy() {
		for i := range points.Length() {
			s.Points = append(s.Points, live.Point{X: points.Index(i).Get("x").Float(), Y: points.Index(i).Get("y").Float()})
		}
	}
	if sweep := v.Get("sweep"); sweep.Truthy() {
		s.Sweep = &live.Sweep{Alpha: floats(sweep.Get("alpha"))}
		for i, all := 0, sweep.Get("series"); i < all.Length(); i++ {
			s.Sweep.Series = append(s.Sweep.Series, live.Series{Name: all.Index(i).Get("name").String(), Values: floats(all.Index(i).Get("values"))})
		}
	}
	return s
}

func floats(v js.Value) []float64 {
	out := make([]float64, v.Length())
	for i := range out {
		out[i] = v.Index(i).Float()
	}
	return out
}
