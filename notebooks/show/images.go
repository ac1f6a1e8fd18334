package show

import (
	"fmt"
	"html"
	"image"
	"image/color"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/janpfeifer/gonb/gonbui/protocol"
	xdraw "golang.org/x/image/draw"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/robustloss/gomlx-robustloss/internal/picture"
)

// Images is a grid of pictures that is being put together: [NewImages], [Images.Add] for each picture, row by row, then
// [Images.Show].
type Images struct {
	title   string
	caption string
	columns int
	zoom    int // display dots of 1/192 inch per pixel; 0: so that the grid fills the page
	labels  []string
	images  []image.Image
	bars    []colourBar
}

// colourBar says at the end of a row what the colours of its pictures mean.
type colourBar struct {
	picture int // one of the row
	label   string
	lo, hi  float64
	colour  func(v float64) color.Color
}

// NewImages starts a grid with a title (it may be empty) and a number of columns.
func NewImages(title string, columns int) *Images {
	return &Images{title: title, columns: max(1, columns)}
}

// Caption says below the grid what to see there.
func (g *Images) Caption(text string) *Images {
	g.caption = text
	return g
}

// Add appends a picture with a label above it, which may be empty; a hyphen before a number in it is drawn as a minus sign.
func (g *Images) Add(label string, shown image.Image) *Images {
	g.labels = append(g.labels, signed(label))
	g.images = append(g.images, shown)
	return g
}

// ColorBar names the colours of [ColorImage] with these ends, to the right of the row to which the last picture belongs.
func (g *Images) ColorBar(label string, lo, hi float64) *Images {
	return g.bar(label, lo, hi, func(v float64) color.Color { return Shade(picture.Fraction(v, lo, hi)) })
}

// AlphaBar names the colours of [AlphaImage] from lo to hi, to the right of the row to which the last picture belongs.
func (g *Images) AlphaBar(lo, hi float64) *Images { return g.bar("α", lo, hi, AlphaColor) }

func (g *Images) bar(label string, lo, hi float64, colour func(float64) color.Color) *Images {
	if len(g.images) == 0 || !(lo < hi) {
		fail("a bar of colours needs a picture before it, and ends lo < hi")
		return g
	}
	g.bars = append(g.bars, colourBar{len(g.images) - 1, label, lo, hi, colour})
	return g
}

// Zoom shows every pixel as zoom × zoom dots, of which two make one pixel of an ordinary screen. By default the pictures
// are as large as fits the page, up to 8.
func (g *Images) Zoom(zoom int) *Images {
	g.zoom = max(1, zoom)
	return g
}

// Show shows the grid under the cell. Where the page is too narrow for a row of up to four pictures, they stand below each
// other. Of longer rows without bars it has fewer pictures in a row then.
func (g *Images) Show() {
	canvas, l, err := g.render()
	if err != nil {
		fail("cannot draw the images: " + err.Error())
		return
	}
	data, err := encodeExactly(canvas)
	if err != nil {
		fail("cannot draw the images: " + err.Error())
		return
	}
	size, alt := l.size(), g.describe()
	m := message{
		mime:    protocol.MIMEImagePNG,
		content: data,
		metadata: map[string]any{string(protocol.MIMEImagePNG): map[string]any{
			"width": size.X * pixelsPerIn / dotsPerInch, "height": size.Y * pixelsPerIn / dotsPerInch, "alt": alt,
		}},
		plain: fmt.Sprintf("[%d images: %s]", len(g.images), alt),
	}
	form := ""
	switch {
	case size.X <= wideDots:
	case l.columns > 1 && l.columns <= 4:
		form, err = g.pieces(canvas, l)
	case l.columns > 4 && len(g.bars) == 0:
		form, err = g.forms(data, l, alt)
	}
	if err != nil {
		fail("cannot draw the images: " + err.Error())
		return
	}
	if form != "" {
		m.more = map[protocol.MIMEType]any{protocol.MIMETextHTML: form}
	}
	emit(m)
	Caption(g.caption)
}

// pieces returns the grid as HTML, each picture by itself, in rows that a narrow page breaks.
func (g *Images) pieces(canvas *image.RGBA, l grid) (string, error) {
	var out strings.Builder
	size := l.size()
	share := func(dots int) float64 { return float64(dots) / float64(size.X) }
	first, last := l.width+gridGap, size.X-(l.columns-1)*(l.width+gridGap) // in dots: the last of a row bears the bar
	write := func(r image.Rectangle, alt string) error {
		data, err := encodeExactly(canvas.SubImage(r))
		if err != nil {
			return err
		}
		p := rowPiece{
			png: data, alt: alt, share: share(r.Dx()), least: share(min(first, last)),
			fills: float64(r.Dx()) / float64(max(first, last)), width: size.X * pixelsPerIn / dotsPerInch,
		}
		_, err = fmt.Fprint(&out, p.html())
		return err
	}
	for row := range l.rows {
		out.WriteString(rowStart(size.X * pixelsPerIn / dotsPerInch))
		top := l.title + row*(l.height+l.label+gridGap)
		for column := range l.columns {
			i := row*l.columns + column
			if i >= len(g.images) {
				break
			}
			left, right := column*(l.width+gridGap), (column+1)*(l.width+gridGap)
			if column == l.columns-1 {
				right = size.X
			}
			if err := write(image.Rect(left, top, right, min(top+l.label+l.height+gridGap, size.Y)), "Picture: "+plainScripts(g.labels[i])); err != nil {
				return "", err
			}
		}
		out.WriteString("</div>")
	}
	if g.title != "" {
		return "<div>" + html.EscapeString(g.title) + "</div>" + out.String(), nil
	}
	return out.String(), nil
}

// forms returns the grid as HTML, whole and for a narrow page: in the same order, with as many pictures in a row as fit there.
func (g *Images) forms(whole []byte, l grid, alt string) (string, error) {
	narrow := *g
	narrow.zoom, narrow.columns = l.zoom, max(1, (narrowDots+gridGap)/(l.width+gridGap))
	canvas, _, err := narrow.render()
	if err != nil {
		return "", err
	}
	data, err := encodeExactly(canvas)
	if err != nil {
		return "", err
	}
	return twoForms(data, whole, alt, l.size().X*pixelsPerIn/dotsPerInch), nil
}

// describe says in words what the grid shows.
func (g *Images) describe() string {
	labels := strings.Join(slices.DeleteFunc(slices.Clone(g.labels), func(label string) bool { return label == "" }), ", ")
	said := "Pictures: " + labels
	switch {
	case labels == "" && g.title != "":
		said = g.title
	case g.title != "":
		said = g.title + ": " + labels
	}
	for _, b := range g.bars {
		said += fmt.Sprintf("; colours show %s from %s to %s", b.label, shortNumber(b.lo), shortNumber(b.hi))
	}
	return plainScripts(said)
}

// WritePNG writes the grid into a PNG file.
func (g *Images) WritePNG(path string) error {
	canvas, _, err := g.render()
	if err != nil {
		return err
	}
	data, err := encodeExactly(canvas)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

// Measures of a grid, in dots.
const (
	pageDots    = 1760 // 9.2 inches, as a row of plots
	gridGap     = 10
	labelHeight = 30
	titleHeight = 40
	maxZoom     = 8
	barRoom     = 130 // for a bar of colours with its numbers
	wideDots    = 1000
	narrowDots  = 840 // on a narrow page, about as a plot there
)

// grid is the layout of pictures in dots: the size of a cell's picture, the height of its label, and the numbers of both.
type grid struct{ width, height, label, title, zoom, columns, rows, bar int }

func (g *Images) layout() grid {
	l := grid{columns: min(g.columns, len(g.images)), zoom: g.zoom}
	for i, shown := range g.images {
		size := shown.Bounds().Size()
		l.width, l.height = max(l.width, size.X), max(l.height, size.Y)
		if g.labels[i] != "" {
			l.label = labelHeight
		}
	}
	if len(g.bars) > 0 {
		l.bar = barRoom
	}
	if l.zoom == 0 {
		l.zoom = min(max(1, ((pageDots-l.bar)/l.columns-gridGap)/max(1, l.width)), maxZoom)
	}
	if g.title != "" {
		l.title = titleHeight
	}
	l.width, l.height = l.width*l.zoom, l.height*l.zoom
	l.rows = (len(g.images) + l.columns - 1) / l.columns
	return l
}

func (l grid) size() image.Point {
	return image.Pt(l.columns*(l.width+gridGap)-gridGap+l.bar, l.title+l.rows*(l.height+l.label+gridGap)-gridGap)
}

// render draws the grid. Colours are kept exactly.
func (g *Images) render() (*image.RGBA, grid, error) {
	if len(g.images) == 0 {
		return nil, grid{}, fmt.Errorf("the grid holds no image")
	}
	l := g.layout()
	size := l.size()
	dot := vg.Inch / dotsPerInch
	paper := vgimg.NewWith(vgimg.UseWH(vg.Length(size.X)*dot, vg.Length(size.Y)*dot),
		vgimg.UseDPI(dotsPerInch), vgimg.UseBackgroundColor(color.White))
	canvas, ok := paper.Image().(*image.RGBA)
	if !ok {
		return nil, l, fmt.Errorf("the canvas is no RGBA image")
	}
	for i, shown := range g.images {
		at := image.Pt(i%l.columns*(l.width+gridGap), l.title+i/l.columns*(l.height+l.label+gridGap)+l.label)
		target := image.Rectangle{Min: at, Max: at.Add(shown.Bounds().Size().Mul(l.zoom))}
		xdraw.NearestNeighbor.Scale(canvas, target, shown, shown.Bounds(), xdraw.Over, nil)
	}
	for _, b := range g.bars {
		b.draw(draw.New(paper), size, l)
	}
	g.write(draw.New(paper), size, l)
	return canvas, l, nil
}

// draw draws the bar beside its row.
func (b colourBar) draw(c draw.Canvas, size image.Point, l grid) {
	const dot = vg.Inch / dotsPerInch
	up := func(y float64) vg.Length { return (vg.Length(size.Y) - vg.Length(y)) * dot }
	top := float64(l.title + b.picture/l.columns*(l.height+l.label+gridGap) + l.label)
	left := vg.Length(l.columns*(l.width+gridGap)+4) * dot
	bottom := top + float64(l.height)
	at := func(v float64) vg.Length { return up(bottom - (v-b.lo)/(b.hi-b.lo)*float64(l.height)) }
	drawBar(c, left, up(bottom), up(top), func(t float64) color.Color { return b.colour(b.lo + t*(b.hi-b.lo)) })
	text := textStyle(8.5, Black)
	text.YAlign = draw.YCenter
	all := (ticks{}).Ticks(b.lo, b.hi)
	room := (up(top) - up(bottom)) / (text.Font.Size * 1.6)
	every := max(1, min(len(all), int(math.Ceil(float64(len(all))/float64(room))))) // as many as have room
	for i := 0; i < len(all); i += every {
		y := at(all[i].Value)
		c.StrokeLine2(draw.LineStyle{Color: Grey, Width: vg.Points(0.6)}, left+barWidth, y, left+barWidth+3, y)
		c.FillText(text, vg.Point{X: left + barWidth + 5, Y: min(max(y, up(bottom)+4), up(top)-4)}, all[i].Label)
	}
	if b.label != "" && l.label > 0 {
		c.FillText(text, vg.Point{X: left, Y: up(top - float64(l.label)/2)}, b.label)
	} else if b.label != "" { // no room above: along the bar, from below
		text.Rotation, text.XAlign = math.Pi/2, draw.XCenter
		c.FillText(text, vg.Point{X: left + 3.7*barWidth, Y: (up(top) + up(bottom)) / 2}, b.label)
	}
}

// write puts the title and the labels onto the canvas, shortened where a picture is narrower than its label.
func (g *Images) write(c draw.Canvas, size image.Point, l grid) {
	const dot = vg.Inch / dotsPerInch
	top := vg.Length(size.Y) * dot
	put := func(points float64, text string, x, y, room int) {
		style := textStyle(points, Black)
		style.YAlign = draw.YCenter
		for style.Width(text) > vg.Length(room)*dot && len([]rune(text)) > 2 {
			runes := []rune(strings.TrimSuffix(text, "…"))
			text = string(runes[:len(runes)-1]) + "…"
		}
		c.FillText(style, vg.Point{X: vg.Length(x) * dot, Y: top - vg.Length(y)*dot}, text)
	}
	if g.title != "" {
		put(10.5, g.title, 0, titleHeight/2, size.X)
	}
	for i, label := range g.labels {
		put(8.5, label, i%l.columns*(l.width+gridGap), l.title+i/l.columns*(l.height+l.label+gridGap)+l.label/2, l.width)
	}
}

// GrayImage makes a picture of values in rows, [height·width]: lo becomes black and hi white, values beyond are cut
// off, and NaN, a value that is missing, becomes a pale red. Use [RangeOf] for lo and hi of the values themselves.
func GrayImage[T picture.Real](values []T, height, width int, lo, hi T) image.Image {
	return orOnePixel(picture.Values(values, height, width, lo, hi, picture.Greys))
}

// ColorImage makes a picture as [GrayImage] does, in the colours of [Shade]: the one for depths, coefficients and other
// quantities that are no brightness. NaN becomes grey.
func ColorImage[T picture.Real](values []T, height, width int, lo, hi T) image.Image {
	return orOnePixel(picture.Values(values, height, width, lo, hi, picture.Lightness))
}

// AlphaImage makes a picture of shapes α in rows, [height·width], in the colours that stand for them everywhere, see
// [AlphaColor] and [Images.AlphaBar].
func AlphaImage[T picture.Real](values []T, height, width int) image.Image {
	if height < 1 || width < 1 || len(values) != height*width {
		fail(fmt.Sprintf("a picture of %d × %d pixels got %d values", height, width, len(values)))
		return image.NewNRGBA(image.Rect(0, 0, 1, 1))
	}
	out := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i, alpha := range values {
		out.Set(i%width, i/width, AlphaColor(float64(alpha)))
	}
	return out
}

// RGBImage makes a picture of values in rows of red, green and blue, [height·width·3], in [0, 1]; values beyond are cut off.
func RGBImage[T picture.Real](values []T, height, width int) image.Image {
	return orOnePixel(picture.RGB(values, height, width))
}

// RangeOf returns the least and the greatest of the finite values, 0 and 1 where there are none.
func RangeOf[T picture.Real](values []T) (lo, hi T) { return picture.RangeOf(values) }

// orOnePixel ends the cell where a picture got the wrong number of values.
func orOnePixel(p *image.NRGBA, err error) image.Image {
	if err != nil {
		fail(err.Error())
		return image.NewNRGBA(image.Rect(0, 0, 1, 1))
	}
	return p
}
