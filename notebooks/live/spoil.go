package live

import (
	"fmt"
	"math"

	"github.com/robustloss/gomlx-robustloss/robustloss/scalar"
)

// spoilFigure spoils one pixel or one coefficient of a signal, and shows what the losses charge for it when residuals
// are taken in pixels, in a cosine transform, and in CDF 9/7 wavelets.
var spoilFigure = &Figure{
	Name: "spoil",
	Alt: "A row of 32 pixels with an error of the chosen size in one pixel, one cosine coefficient or one wavelet coefficient; below, the error's " +
		"32 coefficients in each of the three representations, and what the squared loss and the loss with the chosen α charge for it there.",
	Controls: []Control{
		{Name: "where", Label: "spoil one", Choices: []string{"pixel", "cosine coefficient", "wavelet coefficient"}},
		{Name: "index", Label: "number", Min: 0, Max: signalLength - 1, Step: 1},
		{Name: "size", Label: "by", Min: -1, Max: 1, Step: .02},
		{Name: "alpha", Label: "shape α", Min: lowestAlpha, Max: 2, Step: .05, Format: sayAlpha},
	},
	Start: State{Values: map[string]float64{"where": 0, "index": 12, "size": .8, "alpha": 0}},
	Draw:  drawSpoil,
}

const (
	signalLength = 32
	spoilScale   = .05 // c of the losses
)

// signal is the row of pixels: a ramp, an edge, and a line.
func signal() []float64 {
	x := make([]float64, signalLength)
	for i := range x {
		x[i] = .25 + .008*float64(i)
		if i >= 20 {
			x[i] += .35
		}
		if i == 7 {
			x[i] += .2
		}
	}
	return x
}

// cosines is the orthonormal DCT: X_k = s_k Σ x_i cos(π(i+½)k/n), s_0 = √(1/n), else √(2/n); inverse is its transpose.
func cosines(x []float64, inverse bool) []float64 {
	n := len(x)
	y := make([]float64, n)
	for k := range n {
		s := math.Sqrt(2 / float64(n))
		if k == 0 {
			s = math.Sqrt(1 / float64(n))
		}
		for i := range n {
			b := s * math.Cos(math.Pi*(float64(i)+.5)*float64(k)/float64(n))
			if inverse {
				y[i] += b * x[k]
			} else {
				y[k] += b * x[i]
			}
		}
	}
	return y
}

// lifting holds the four steps of the CDF 9/7 wavelet and its scaling (Daubechies and Sweldens, 1998, section 7.7).
var lifting = struct {
	steps [4]float64
	scale float64
}{[4]float64{-1.586134342059924, -.052980118572961, .882911075530934, .443506852043971}, 1.149604398860241}

// lift adds coefficient times the two neighbours to every even (parity 0) or odd (parity 1) number, reflecting at the ends.
func lift(x []float64, parity int, coefficient float64) {
	n := len(x)
	at := func(i int) float64 {
		if i < 0 {
			i = -i
		}
		if i >= n {
			i = 2*(n-1) - i
		}
		return x[i]
	}
	for i := parity; i < n; i += 2 {
		x[i] += coefficient * (at(i-1) + at(i+1))
	}
}

// wavelets is the CDF 9/7 transform in three levels, coarsest first; lengths are multiples of 8.
func wavelets(x []float64, inverse bool) []float64 {
	const levels = 3
	y := append([]float64(nil), x...)
	if inverse {
		for l := levels - 1; l >= 0; l-- {
			n := len(x) >> l
			part := make([]float64, n)
			for i := range n / 2 {
				part[2*i], part[2*i+1] = y[i]/lifting.scale, y[n/2+i]*lifting.scale
			}
			for k := 3; k >= 0; k-- {
				lift(part, (k+1)%2, -lifting.steps[k])
			}
			copy(y, part)
		}
		return y
	}
	for l := range levels {
		n := len(x) >> l
		part := append([]float64(nil), y[:n]...)
		for k, step := range lifting.steps {
			lift(part, (k+1)%2, step)
		}
		for i := range n / 2 {
			y[i], y[n/2+i] = part[2*i]*lifting.scale, part[2*i+1]/lifting.scale
		}
	}
	return y
}

// identity keeps pixels as they are.
func identity(x []float64, _ bool) []float64 { return append([]float64(nil), x...) }

// spoilLayout holds the widths of the panels and of the longest bar, and how far apart the rows are.
type spoilLayout struct{ signal, error, bar, pitch float64 }

func spoilLayoutOf(s State) spoilLayout {
	if s.narrow() {
		return spoilLayout{narrowWidth - 60, narrowWidth - 60, 160, 206}
	}
	return spoilLayout{640, 400, 214, 162}
}

func drawSpoil(s State) Picture {
	image, layout := s.canvas(682, 832), spoilLayoutOf(s)
	representations := []struct {
		name        string
		transform   func(x []float64, inverse bool) []float64
		each, order string // what a bar is, and what they are counted by
	}{
		{"pixels", identity, "pixel", "pixel"},
		{"cosines", cosines, "cosine coefficient", "frequency of the wave"},
		{"wavelets", wavelets, "wavelet coefficient", "coefficient, coarse ones first"},
	}
	alpha := alphaOf(s.Values["alpha"])
	where := min(max(int(s.Values["where"]), 0), 2)
	coefficients := make([]float64, signalLength)
	coefficients[min(max(int(s.Values["index"]), 0), signalLength-1)] = s.Values["size"]
	residual := representations[where].transform(coefficients, true)
	clean := signal()
	x := grid(0, signalLength-1, signalLength-1)
	top := panel{left: 44, top: 26, width: layout.signal, height: 130, xlo: -.5, xhi: signalLength - .5, ylo: -.6, yhi: 1.6}
	top.axes(image, "brightness, right (grey) and spoiled (orange)", "pixel")
	spoiled := make([]float64, signalLength)
	for i := range x {
		spoiled[i] = clean[i] + residual[i]
	}
	top.curve(image, x, clean, faint, 5, "")
	top.curve(image, x, spoiled, orange, 2, "")

	picture := Picture{Values: map[string]float64{}}
	square, robust := scalar.Kernel{Alpha: 2, Scale: spoilScale}, scalar.Kernel{Alpha: alpha, Scale: spoilScale}
	for row, r := range representations {
		frame := panel{left: 44, top: 224 + layout.pitch*float64(row), width: layout.error, height: 90, xlo: -.5, xhi: signalLength - .5, ylo: -1, yhi: 1}
		frame.axes(image, "error of each "+r.each, r.order)
		charges := [2]float64{}
		for i, v := range r.transform(residual, false) {
			image.addf(`<rect x="%s" y="%s" width="%s" height="%s" fill="%s"/>`, coordinate(frame.px(float64(i)-.36)), coordinate(min(frame.py(v), frame.py(0))),
				coordinate(.72*frame.width/signalLength), coordinate(math.Abs(frame.py(v)-frame.py(0))+.5), blue)
			charges[0] += square.Rho(v)
			charges[1] += robust.Rho(v)
		}
		picture.Values[r.name+": squared"], picture.Values[r.name+": robust"] = charges[0], charges[1]
		for k, charge := range charges {
			x, y := 470.0, frame.top+26+40*float64(k)
			if s.narrow() { // side by side below the panel
				x, y = 44+174*float64(k), frame.top+frame.height+62
			}
			name, colour := []string{"α = 2", "α = " + number(alpha)}[k], []string{orange, green}[k]
			image.text(x, y-8, "start", ink, fmt.Sprintf("%s charges %s", name, number(charge)))
			image.addf(`<rect x="%s" y="%s" width="%s" height="10" fill="%s"/>`, coordinate(x), coordinate(y-2), coordinate(layout.bar*min(1, charge/200)), colour)
		}
		picture.Say += fmt.Sprintf("%s: α = 2 charges %s, α = %s charges %s. ", r.name, number(charges[0]), number(alpha), number(charges[1]))
	}
	picture.SVG = image.String()
	return picture
}
