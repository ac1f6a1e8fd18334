package pointcloud

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"gonum.org/v1/gonum/spatial/r3"
)

// ReadPLY reads the vertices of a PLY file: ascii, binary little endian or binary big endian. Properties x, y, z are
// required and nx, ny, nz optional, of any scalar type; other properties, lists and elements are skipped. Errors name
// the file and the line (ascii) or the byte offset (binary); a file without vertices is an error, and so is a coordinate
// that is not finite.
func ReadPLY(path string) (*Cloud, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("pointcloud: %w", err)
	}
	defer f.Close()
	return DecodePLY(f, path)
}

// DecodePLY is ReadPLY for any reader; name stands for the file in errors.
func DecodePLY(r io.Reader, name string) (*Cloud, error) {
	buffered := bufio.NewReaderSize(r, 1<<16)
	header, err := readPLYHeader(buffered, name)
	if err != nil {
		return nil, err
	}
	var src plySource
	if header.format == plyASCII {
		src = &plyText{r: buffered, file: name, line: header.lines}
	} else {
		src = newPLYBinary(buffered, name, header)
	}
	for _, element := range header.elements {
		if element.name != "vertex" {
			if err := skipElement(src, element); err != nil {
				return nil, err
			}
			continue
		}
		return readVertices(src, element, name)
	}
	return nil, fmt.Errorf("%s: the PLY header has no element named vertex", name)
}

// plySource gives the values of one element after another.
type plySource interface {
	// begin is called before the values of each element: a new line, in ascii.
	begin() error
	// end is called after them; it fails if values are left over.
	end() error
	// next returns the next value of the given scalar type.
	next(kind string) (float64, error)
	// where says where the current element stands, for errors: "file:line" or "file: offset".
	where() string
}

func skipElement(src plySource, element plyElement) error {
	row := make([]float64, len(element.properties))
	for i := range element.count {
		if err := readRow(src, element, row); err != nil {
			return fmt.Errorf("%s: %s %d: %w", src.where(), element.name, i, err)
		}
	}
	return nil
}

// readRow reads one element. Scalars go to row; the place of a list keeps its old value.
func readRow(src plySource, element plyElement, row []float64) error {
	if err := src.begin(); err != nil {
		return err
	}
	for i, p := range element.properties {
		if p.count == "" {
			v, err := src.next(p.kind)
			if err != nil {
				return fmt.Errorf("property %s: %w", p.name, err)
			}
			row[i] = v
			continue
		}
		n, err := src.next(p.count)
		if err != nil {
			return fmt.Errorf("length of list %s: %w", p.name, err)
		}
		if n < 0 {
			return fmt.Errorf("list %s has the negative length %g", p.name, n)
		}
		for range int(n) {
			if _, err := src.next(p.kind); err != nil {
				return fmt.Errorf("list %s of %g items: %w", p.name, n, err)
			}
		}
	}
	return src.end()
}

func readVertices(src plySource, element plyElement, file string) (*Cloud, error) {
	place := map[string]int{}
	for i, p := range element.properties {
		if p.count == "" {
			place[p.name] = i
		}
	}
	for _, axis := range []string{"x", "y", "z"} {
		if _, ok := place[axis]; !ok {
			return nil, fmt.Errorf("%s: the vertices have no property %s", file, axis)
		}
	}
	if element.count == 0 {
		return nil, fmt.Errorf("%s: the file has no vertices", file)
	}
	nx, hasX := place["nx"]
	ny, hasY := place["ny"]
	nz, hasZ := place["nz"]
	withNormals := hasX && hasY && hasZ

	// The count is the file's claim: grow while reading rather than trusting it with memory.
	capacity := min(element.count, 1<<20)
	cloud := &Cloud{Points: make([]r3.Vec, 0, capacity)}
	row := make([]float64, len(element.properties))
	for i := range element.count {
		if err := readRow(src, element, row); err != nil {
			return nil, fmt.Errorf("%s: vertex %d of %d: %w", src.where(), i, element.count, err)
		}
		p := r3.Vec{X: row[place["x"]], Y: row[place["y"]], Z: row[place["z"]]}
		if !finite(p) {
			return nil, fmt.Errorf("%s: vertex %d is not finite: (%g, %g, %g)", src.where(), i, p.X, p.Y, p.Z)
		}
		cloud.Points = append(cloud.Points, p)
		if !withNormals {
			continue
		}
		n := r3.Vec{X: row[nx], Y: row[ny], Z: row[nz]}
		if !finite(n) {
			return nil, fmt.Errorf("%s: the normal of vertex %d is not finite: (%g, %g, %g)", src.where(), i, n.X, n.Y, n.Z)
		}
		cloud.Normals = append(cloud.Normals, n)
	}
	return cloud, nil
}
