package live

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// unpacked is what unpack.js does, in the same steps.
func unpacked(packed string, length int) []byte {
	digit := func(c byte) uint { return uint(strings.IndexByte(string(digits), c)) }
	out := make([]byte, 0, length)
	bits, held := uint(0), 0
	for i := 0; len(out) < length; i += 2 {
		bits |= (digit(packed[i]) + 91*digit(packed[i+1])) << held
		for held += 13; held >= 8 && len(out) < length; held -= 8 {
			out, bits = append(out, byte(bits)), bits>>8
		}
	}
	return out
}

func TestPack_ComesBackAndNeedsNoQuotes(t *testing.T) {
	if len(digits) != 91 {
		t.Fatalf("there are %d digits, want 91", len(digits))
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for length := range 200 {
		data := make([]byte, length)
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		packed := pack(data)
		if got := unpacked(packed, length); string(got) != string(data) {
			t.Errorf("%d bytes do not come back", length)
		}
		if strings.ContainsAny(packed, "\"\\<\n ") {
			t.Errorf("%q does not stand for itself in a script", packed)
		}
		if want := 2 * int(math.Ceil(float64(8*length)/13)); len(packed) != want {
			t.Errorf("%d bytes become %d characters, want %d", length, len(packed), want)
		}
	}
}

// A page with figures that move, and what it shares with others, may grow by this. The lesson on the distribution has the two
// largest.
func TestHTML_IsSmallEnoughForAPage(t *testing.T) {
	const limit = 1_200_000
	second, err := Still("loss", nil)
	if err != nil {
		t.Fatal(err)
	}
	page, err := HTML("likelihood", nil)
	if err != nil {
		t.Fatal(err)
	}
	size := len(second) + len(page)
	t.Logf("%d bytes", size)
	if size > limit {
		t.Errorf("a page grows by %d bytes, want at most %d: which packages are compiled in says\nGOOS=js GOARCH=wasm go list -deps ./notebooks/live/wasm", size, limit)
	}
}
