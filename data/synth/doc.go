// Package synth makes synthetic data with known truth and writes it in the on-disk layouts of the real data sets, so that
// the loaders of packages celeba and kitti read both alike: faces ([WriteFaces]) and streets seen by two cameras
// ([WriteStreets]). Everything is a function of its seed.
//
// What is written is there whole or not at all, and is made once: a second call with the same options finds it. It is made
// on all cores.
package synth
