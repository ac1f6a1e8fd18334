package pointcloud

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// PLYEncoding is the form in which WritePLY stores the vertices.
type PLYEncoding string

// The encodings of the PLY format.
const (
	ASCII              PLYEncoding = PLYEncoding(plyASCII)
	BinaryLittleEndian PLYEncoding = PLYEncoding(plyLittle)
	BinaryBigEndian    PLYEncoding = PLYEncoding(plyBig)
)

// WritePLY writes the cloud, with its normals if it has them, as double precision properties.
func WritePLY(path string, cloud *Cloud, encoding PLYEncoding) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("pointcloud: %w", err)
	}
	if err := EncodePLY(f, cloud, encoding); err != nil {
		f.Close()
		return fmt.Errorf("%s: %w", path, err)
	}
	return f.Close()
}

// EncodePLY is WritePLY for any writer.
func EncodePLY(w io.Writer, cloud *Cloud, encoding PLYEncoding) error {
	if err := cloud.Validate(); err != nil {
		return err
	}
	var order binary.ByteOrder
	switch encoding {
	case ASCII:
	case BinaryLittleEndian:
		order = binary.LittleEndian
	case BinaryBigEndian:
		order = binary.BigEndian
	default:
		return fmt.Errorf("pointcloud: unknown PLY encoding %q", encoding)
	}
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "ply\nformat %s 1.0\nelement vertex %d\n", encoding, len(cloud.Points))
	names := []string{"x", "y", "z"}
	if cloud.Normals != nil {
		names = append(names, "nx", "ny", "nz")
	}
	for _, name := range names {
		fmt.Fprintf(out, "property double %s\n", name)
	}
	fmt.Fprintln(out, "end_header")
	for i, p := range cloud.Points {
		row := []float64{p.X, p.Y, p.Z}
		if cloud.Normals != nil {
			n := cloud.Normals[i]
			row = append(row, n.X, n.Y, n.Z)
		}
		if order != nil {
			if err := binary.Write(out, order, row); err != nil {
				return err
			}
			continue
		}
		for j, v := range row {
			if j > 0 {
				fmt.Fprint(out, " ")
			}
			fmt.Fprint(out, v)
		}
		fmt.Fprintln(out)
	}
	return out.Flush()
}
