package show

import (
	"fmt"
	"image"
	"image/color"
	"os"
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
	columns int
	zoom    int // display dots of 1/192 inch per pixel; 0: so that the grid fills the page
	labels  []string
	images  []image.Image
}

// NewImages starts a grid with a title (it may be empty) and a number of columns.
func NewImages(title string, columns int) *Images {
	return &Images{title: title, columns: max(1, columns)}
}

// Add appends a picture with a label above it, which may be empty.
func (g *Images) Add(label string, shown image.Image) *Images {
	g.labels = append(g.labels, label)
	g.images = append(g.images, shown)
	return g
}

// Zoom shows every pixel as zoom × zoom dots, of which two make one pixel of an ordinary screen. By default the pictures
// are as large as fits the page, up to 8.
func (g *Images) Zoom(zoom int) *Images {
	g.zoom = max(1, zoom)
	return g
}

// Show shows the grid under the cell.
func (g *Images) Show() {
	data, size, err := g.render()
	if err != nil {
		fail("cannot draw the images: " + err.Error())
		return
	}
	alt := g.title
	if alt == "" {
		alt = strings.Join(g.labels, ", ")
	}
	emit(message{
		mime:    protocol.MIMEImagePNG,
		content: data,
		metadata: map[string]any{string(protocol.MIMEImagePNG): map[string]any{
			"width": size.X * pixelsPerIn / dotsPerInch, "height": size.Y * pixelsPerIn / dotsPerInch, "alt": alt,
		}},
		plain: fmt.Sprintf("[%d images: %s]", len(g.images), alt),
	})
}

// WritePNG writes the grid into a PNG file.
func (g *Images) WritePNG(path string) error {
	data, _, err := g.render()
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
)

// grid is the layout of pictures in dots: the size of a cell's picture, the height of its label, and the numbers of both.
type grid struct{ width, height, label, title, zoom, columns, rows int }

func (g *Images) layout() grid {
	l := grid{columns: min(g.columns, len(g.images)), zoom: g.zoom}
	for i, shown := range g.images {
		size := shown.Bounds().Size()
		l.width, l.height = max(l.width, size.X), max(l.height, size.Y)
		if g.labels[i] != "" {
			l.label = labelHeight
		}
	}
	if l.zoom == 0 {
		l.zoom = min(max(1, (pageDots/l.columns-gridGap)/max(1, l.width)), maxZoom)
	}
	if g.title != "" {
		l.title = titleHeight
	}
	l.width, l.height = l.width*l.zoom, l.height*l.zoom
	l.rows = (len(g.images) + l.columns - 1) / l.columns
	return l
}

func (l grid) size() image.Point {
	return image.Pt(l.columns*(l.width+gridGap)-gridGap, l.title+l.rows*(l.height+l.label+gridGap)-gridGap)
}

// render draws the grid, and returns it as PNG with its size in dots. Colours are kept exactly.
func (g *Images) render() ([]byte, image.Point, error) {
	if len(g.images) == 0 {
		return nil, image.Point{}, fmt.Errorf("the grid holds no image")
	}
	l := g.layout()
	size := l.size()
	dot := vg.Inch / dotsPerInch
	paper := vgimg.NewWith(vgimg.UseWH(vg.Length(size.X)*dot, vg.Length(size.Y)*dot),
		vgimg.UseDPI(dotsPerInch), vgimg.UseBackgroundColor(color.White))
	canvas := paper.Image()
	for i, shown := range g.images {
		at := image.Pt(i%l.columns*(l.width+gridGap), l.title+i/l.columns*(l.height+l.label+gridGap)+l.label)
		target := image.Rectangle{Min: at, Max: at.Add(shown.Bounds().Size().Mul(l.zoom))}
		xdraw.NearestNeighbor.Scale(canvas, target, shown, shown.Bounds(), xdraw.Over, nil)
	}
	g.write(draw.New(paper), size, l)
	data, err := encodeExactly(canvas)
	return data, size, err
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
