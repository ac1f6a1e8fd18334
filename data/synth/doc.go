// Package synth makes synthetic data with known truth and writes it in the on-disk layouts of the real data sets, so that
// the loaders of package data/celeba and its siblings read both alike. Everything is deterministic in its seed.
package synth
