package vae_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute"

	"github.com/robustloss/gomlx-robustloss/experiments/vae"
	"github.com/robustloss/gomlx-robustloss/internal/testkit"
)

// Without any training: images from the real loader, representations from the graph, distributions by maximum likelihood.
// The paper's table has this order too.
func TestLinearModelGivesThePapersOrder(t *testing.T) {
	c, err := vae.NewConfig("quick", "general", "pixel")
	if err != nil {
		t.Fatal(err)
	}
	c.Images.Train, c.Images.Validation, c.Images.Preprocessing.Average = 400, 200, 4
	data, err := vae.OpenData(t.Context(), c.Images, "", t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	testkit.ForEachBackend(t, func(t *testing.T, backend compute.Backend) {
		v, err := vae.LinearCheck(t.Context(), backend, data.Train, data.Validation, c.Network.Latent, 7)
		if err != nil {
			t.Fatal(err)
		}
		t.Log(v)
		for _, r := range vae.RepresentationKeys() {
			n, cauchy, student, general := v[r+" normal"], v[r+" cauchy"], v[r+" t"], v[r+" general"]
			if best := math.Max(n, cauchy); student < best || general < best {
				t.Errorf("%s: Student's t %.0f and general %.0f, want both above normal %.0f and Cauchy %.0f", r, student, general, n, cauchy)
			}
			if (cauchy > n) != (r != "dct") {
				t.Errorf("%s: Cauchy %.0f, normal %.0f: want the normal distribution to win in the cosine transform only", r, cauchy, n)
			}
			if math.Abs(general/student-1) > .01 {
				t.Errorf("%s: general %.0f and Student's t %.0f differ by more than 1 %%", r, general, student)
			}
		}
	})
}
