// Package linear asks the experiment's question without a network: how well do the normal, Cauchy, Student's t and the
// general distribution explain what a low-dimensional model of images leaves over, in pixels, in the cosine transform
// and in wavelets?
//
// The model is a principal component analysis with as many components as the VAE has latent dimensions. The residuals
// are transformed into a representation, each coefficient gets its own distribution by maximum likelihood, and the
// distributions are judged on held-out images, in nats an image. There is no training, so the answer comes in seconds:
// it checks representations and distributions against each other before any network is trained.
package linear
