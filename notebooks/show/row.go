package show

import (
	"encoding/base64"
	"fmt"
	"html"
	"math"
	"strings"
)

// responsive is the form for pages.
func responsive(d drawing, whole []byte, height float64, plots []*Plot, said []string) (string, error) {
	width := int(math.Floor(plotWidth * pixelsPerIn))
	if len(plots) == 1 {
		narrow, err := renderLast(narrowWidth, height, plots).piece(0, 1)
		if err != nil {
			return "", err
		}
		return twoForms(narrow, whole, said[0], width), nil
	}
	share := func(i int) float64 { return float64(d.cuts[i+1]-d.cuts[i]) / float64(d.cuts[len(plots)]) }
	last := len(plots) - 1
	var row strings.Builder
	row.WriteString(rowStart(width))
	for i := range plots {
		part, err := d.piece(i, i+1)
		if err != nil {
			return "", err
		}
		p := rowPiece{png: part, alt: said[i], share: share(i), least: share(0), fills: 1, width: width, grow: true}
		if i == last && share(last) > 1.02*share(0) { // it bears the names: where it fills a line, its letters would be small
			if p.narrow, err = renderLast(plotWidth*share(0), height, plots).piece(0, 1); err != nil {
				return "", err
			}
		}
		row.WriteString(p.html())
	}
	row.WriteString(`</div>`)
	return row.String(), nil
}

// twoForms is a picture that is width CSS pixels wide, and its form for a narrow page.
func twoForms(narrow, whole []byte, alt string, width int) string {
	encode := base64.StdEncoding.EncodeToString
	return fmt.Sprintf(`<picture class="robustloss-plot"><source media="screen and (max-width: 45rem)" srcset="data:image/png;base64,%s">`+
		`<img src="data:image/png;base64,%s" alt="%s" style="width:min(100%%,%dpx);height:auto"></picture>`, encode(narrow), encode(whole), html.EscapeString(alt), width)
}

// rowStart begins a row of pictures that are width CSS pixels wide together.
func rowStart(width int) string {
	return fmt.Sprintf(`<div class="robustloss-row" style="display:flex;flex-wrap:wrap;align-items:flex-start;max-width:%dpx">`, width)
}

// rowPiece is a picture that takes a share of a row. It may become a little narrower, so that the row does not break on a page a
// few pixels narrower; where it does break, the picture fills its line, or a part of it, so that all letters of the row keep one
// size. Of two or three pictures none stays beside another then, and four make two pairs: where the page is narrower than they
// need, each one's basis is many times what is missing, and so its line, or half of it. On paper no row breaks: there the basis is
// --share.
type rowPiece struct {
	png, narrow  []byte // narrow: its form for a narrow page, where it has one of its own
	alt          string
	share, least float64 // of the row's width: its own, and that of the least picture in the row
	fills        float64 // of its line where the row breaks
	width        int     // of the row, in CSS pixels
	grow         bool
}

func (p rowPiece) html() string {
	factor, least, basis := 0, int(0.85*p.share*float64(p.width)), fmt.Sprintf("%.4f%%", 100*p.share-0.01)
	if p.grow {
		factor = 1
	}
	if p.share > 0.2 {
		broken := 100 * p.fills
		if p.least < 0.28 {
			broken = 49.9 * p.fills
		}
		basis = fmt.Sprintf("max(%s,min(%.4g%%,(%dpx - 100%%)*999))", basis, broken, int(0.85*float64(p.width)))
	}
	encode, place := base64.StdEncoding.EncodeToString, fmt.Sprintf("--share:%.4g%%;flex:%d 1 %s;min-width:min(%.4g%%,%dpx);width:0", 100*p.share, factor, basis, 100*p.fills, least)
	picture := fmt.Sprintf(`<img src="data:image/png;base64,%s" alt="%s" style="`, encode(p.png), html.EscapeString(p.alt))
	if p.narrow == nil {
		return picture + place + `;height:auto">`
	}
	return fmt.Sprintf(`<picture style="%s"><source media="screen and (max-width: 52rem)" srcset="data:image/png;base64,%s">%swidth:100%%;height:auto"></picture>`,
		place, encode(p.narrow), picture)
}
