//go:build !js

package live

// digits are the printable characters that stand for themselves in a script of a page, between double quotes: all but ", \
// and <. They are 91, and 91² is a little more than 2¹³.
var digits = func() (d []byte) {
	for c := byte('!'); c <= '~'; c++ {
		if c != '"' && c != '\\' && c != '<' {
			d = append(d, c)
		}
	}
	return d
}()

// pack writes bytes as characters that a script may hold, two for each 13 bits, the lowest first: 1.23 characters a byte,
// where base 64 has 1.33. unpack.js reads them.
func pack(data []byte) string {
	packed := make([]byte, 0, len(data)*16/13+2)
	bits, held := uint(0), 0
	write := func() { packed = append(packed, digits[bits%8192%91], digits[bits%8192/91]) }
	for _, b := range data {
		bits |= uint(b) << held
		if held += 8; held >= 13 {
			write()
			bits, held = bits>>13, held-13
		}
	}
	if held > 0 {
		write()
	}
	return string(packed)
}
