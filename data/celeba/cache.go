package celeba

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"

	"github.com/robustloss/gomlx-robustloss/data/internal/input"
	"github.com/robustloss/gomlx-robustloss/data/internal/output"
	"github.com/robustloss/gomlx-robustloss/data/internal/parallel"
)

const (
	cacheMagic = "robustloss images 1\n"
	// cacheUnit is the resolution of the packed values: a quarter grey level, what the paper's resizing by 2.5 makes
	// of bytes, is a whole number of units.
	cacheUnit = 255 * 256
)

// cacheHeader says what is in a cache. Caches with another header are made again.
type cacheHeader struct {
	Count         int           `json:"count"`
	Side          int           `json:"side"`
	Preprocessing Preprocessing `json:"preprocessing"`
	Files         string        `json:"files"` // SHA-256 of the image files' names and sizes
}

// Cache reads preprocessed images from one packed file:
//
//	"robustloss images 1\n", length of the header (uint32), header (JSON)
//	for each image: Side·Side·3 values (uint16, in 1/65280), CRC-32 (IEEE) of their bytes (uint32)
//
// All numbers are little endian. Values are kept to 1/256 of a grey level: exactly, up to the rounding of float32, with the
// default preprocessing.
type Cache struct {
	file   *os.File
	header cacheHeader
	start  int64 // where the first image is
}

// Cached returns the images from the packed file at path, which it makes on all cores where it is missing or was made from
// other files (by their names and sizes) or with another preprocessing. progress, which may be nil, is told how many
// images are packed. Of several processes that want the file one makes it and the others wait. The file of the 162,770
// training images has 4 GB. A file that was cut short or changed is an error that names it.
func Cached(ctx context.Context, images *Images, path string, progress func(done, total int)) (*Cache, error) {
	want, err := images.header()
	if err != nil {
		return nil, err
	}
	var c *Cache
	ready := func() (bool, error) {
		var err error
		if c, err = openCache(path); errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil || c.header == want {
			return err == nil, err
		}
		return false, c.Close()
	}
	err = output.Once(ctx, path, ready, func(unfinished string) error { return writeCache(ctx, images, unfinished, want, progress) })
	if err != nil {
		return nil, fmt.Errorf("celeba: %w", err)
	}
	if c != nil && c.header == want {
		return c, nil
	}
	return openCache(path)
}

func (m *Images) header() (cacheHeader, error) {
	hash := sha256.New()
	for i, name := range m.set.names[m.split] {
		info, err := os.Stat(m.set.Path(m.split, i))
		if err != nil {
			return cacheHeader{}, fmt.Errorf("celeba: %w", err)
		}
		_, _ = fmt.Fprintf(hash, "%s %d\n", name, info.Size())
	}
	files := hex.EncodeToString(hash.Sum(nil))
	return cacheHeader{Count: m.Len(), Side: m.Side(), Preprocessing: m.preprocessing, Files: files}, nil
}

// recordSize returns the bytes of one packed image, its checksum included.
func (h cacheHeader) recordSize() int { return h.Side*h.Side*3*2 + 4 }

func openCache(path string) (*Cache, error) {
	file, _, err := input.OpenRegular(path)
	if err != nil {
		return nil, fmt.Errorf("cannot open the packed images: %w", err)
	}
	c := &Cache{file: file}
	if err := c.readHeader(); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("%s: %w; delete it, it will be made again", input.Name(path), err)
	}
	return c, nil
}

func (c *Cache) readHeader() error {
	fixed := make([]byte, len(cacheMagic)+4)
	if _, err := c.file.ReadAt(fixed, 0); err != nil || !bytes.HasPrefix(fixed, []byte(cacheMagic)) {
		return errors.New("this is no file of packed images")
	}
	length := int64(binary.LittleEndian.Uint32(fixed[len(cacheMagic):]))
	if length > 1<<16 {
		return errors.New("the header is damaged")
	}
	text := make([]byte, length)
	if _, err := c.file.ReadAt(text, int64(len(fixed))); err != nil {
		return errors.New("the header is damaged")
	}
	if err := json.Unmarshal(text, &c.header); err != nil || c.header.Count < 1 || c.header.Side < 1 || c.header.Side > 1<<14 {
		return errors.New("the header is damaged")
	}
	c.start = int64(len(fixed)) + length
	info, err := c.file.Stat()
	if err != nil {
		return err
	}
	if have, size := info.Size()-c.start, int64(c.header.recordSize()); have%size != 0 || have/size != int64(c.header.Count) {
		return fmt.Errorf("the file has %d bytes of images, want %d of %d each", have, c.header.Count, size)
	}
	return nil
}

// writeCache packs the images into a file and syncs it.
func writeCache(ctx context.Context, images *Images, path string, header cacheHeader, progress func(done, total int)) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := file.Close(); err == nil {
			err = closeErr
		}
	}()
	if err := packImages(ctx, images, file, header, progress); err != nil {
		return err
	}
	return file.Sync()
}

func packImages(ctx context.Context, images *Images, file *os.File, header cacheHeader, progress func(done, total int)) error {
	text, err := json.Marshal(header)
	if err != nil {
		return err
	}
	head := binary.LittleEndian.AppendUint32([]byte(cacheMagic), uint32(len(text)))
	if _, err := file.Write(append(head, text...)); err != nil {
		return err
	}
	const chunk = 256 // images decoded at a time: it bounds the memory
	records := make([]byte, chunk*header.recordSize())
	for begin := 0; begin < header.Count; begin += chunk {
		n := min(chunk, header.Count-begin)
		err := parallel.Each(ctx, n, nil, func(k int) error {
			values := make([]float32, header.Side*header.Side*3)
			if err := images.Read(begin+k, values); err != nil {
				return err
			}
			pack(values, records[k*header.recordSize():][:header.recordSize()])
			return nil
		})
		if err != nil {
			return err
		}
		if _, err := file.Write(records[:n*header.recordSize()]); err != nil {
			return err
		}
		if progress != nil {
			progress(begin+n, header.Count)
		}
	}
	return nil
}

// pack writes the values and their checksum to a record.
func pack(values []float32, record []byte) {
	for i, v := range values {
		binary.LittleEndian.PutUint16(record[2*i:], uint16(v*cacheUnit+.5))
	}
	body := record[:2*len(values)]
	binary.LittleEndian.PutUint32(record[len(body):], crc32.ChecksumIEEE(body))
}

// Len returns how many images there are.
func (c *Cache) Len() int { return c.header.Count }

// Side returns the height and width of the images in pixels.
func (c *Cache) Side() int { return c.header.Side }

// Channels returns 3: red, green, blue.
func (c *Cache) Channels() int { return 3 }

// Read unpacks the i-th image.
func (c *Cache) Read(i int, dst []float32) error {
	record := make([]byte, c.header.recordSize())
	if _, err := c.file.ReadAt(record, c.start+int64(i)*int64(len(record))); err != nil {
		return fmt.Errorf("celeba: cannot read packed image %d: %w", i, err)
	}
	body := record[:len(record)-4]
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(record[len(body):]) {
		return fmt.Errorf("celeba: %s: image %d is damaged; delete the file, it will be made again", input.Name(c.file.Name()), i)
	}
	for k := range dst {
		dst[k] = float32(binary.LittleEndian.Uint16(body[2*k:])) / cacheUnit
	}
	return nil
}

// Close closes the file.
func (c *Cache) Close() error { return c.file.Close() }
