package vae

// Likelihood is a row of the table: the distribution of a coefficient of the residual.
type Likelihood struct{ Key, Title string }

// Representation is a column of the table: what the residual image is transformed into before its coefficients are scored.
type Representation struct{ Key, Title string }

// Likelihoods are the rows of the table:
//
//	normal    N(0, c²): the general distribution with α = 2
//	cauchy    the general distribution with α = 0
//	t         Student's t, degrees of freedom and scale learned
//	general   the general distribution, α and c learned
var Likelihoods = []Likelihood{
	{"normal", "Normal"}, {"cauchy", "Cauchy"}, {"t", "Student's t"}, {"general", "General"},
}

// Representations are the columns of the table. All keep volumes, so that the ELBOs can be compared:
//
//	pixel     the pixels, red, green and blue
//	dct       the orthonormal cosine transform of the volume-preserving YUV image
//	wavelet   the CDF 9/7 wavelets, five levels, of the volume-preserving YUV image
var Representations = []Representation{
	{"pixel", "Pixels + RGB"}, {"dct", "DCT + YUV"}, {"wavelet", "Wavelets + YUV"},
}

// LikelihoodKeys lists the keys of Likelihoods.
func LikelihoodKeys() (keys []string) {
	for _, l := range Likelihoods {
		keys = append(keys, l.Key)
	}
	return keys
}

// RepresentationKeys lists the keys of Representations.
func RepresentationKeys() (keys []string) {
	for _, r := range Representations {
		keys = append(keys, r.Key)
	}
	return keys
}
