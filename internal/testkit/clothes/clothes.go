// Package clothes writes small data sets in the layout of Fashion-MNIST, for tests.
package clothes

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// Write writes a part of a data set, "train" or "t10k", into dir, which it makes: images of 28×28 pixels in ten classes by turns,
// each a bright column at its own place and noise.
func Write(tb testing.TB, dir, part string, count int) {
	tb.Helper()
	const side = 28
	rng := rand.New(rand.NewPCG(1, 2))
	images, labels := header(count, side, side), header(count)
	for i := range count {
		for pixel := range side * side {
			value := byte(rng.IntN(30))
			if pixel%side/2 == i%10 {
				value += 200
			}
			images = append(images, value)
		}
		labels = append(labels, byte(i%10))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		tb.Fatal(err)
	}
	write(tb, filepath.Join(dir, part+"-images-idx3-ubyte.gz"), images)
	write(tb, filepath.Join(dir, part+"-labels-idx1-ubyte.gz"), labels)
}

// header begins an IDX file of bytes: two zeros, the type 8, the number of axes, their sizes.
func header(sizes ...int) []byte {
	head := []byte{0, 0, 8, byte(len(sizes))}
	for _, size := range sizes {
		head = binary.BigEndian.AppendUint32(head, uint32(size))
	}
	return head
}

// write writes a gzipped file.
func write(tb testing.TB, path string, content []byte) {
	tb.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(content); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, packed.Bytes(), 0o600); err != nil {
		tb.Fatal(err)
	}
}
