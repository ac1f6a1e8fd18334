// Package tabular reads tables of numbers with a class label in each row: the input of clustering.
//
// Read takes the format from the file's name and content:
//
//   - text: comma, semicolon, tab or space separated, with or without a header line, plain or gzipped (the UCI files
//     pendigits.tra, shuttle.trn, letter-recognition.data among them);
//   - NumPy: .npy, .npz;
//   - IDX, plain or gzipped (MNIST's t10k-images-idx3-ubyte.gz);
//   - MATLAB level 5 .mat, with compressed and sparse arrays: X, gtlabels and w (the graph) as in the files of robust
//     continuous clustering [1]. Version 7.3 files are HDF5 and are refused.
//
// Digits is a real table that ships with the package. Gaussians, Curves and the other generators make tables whose
// clusters are known.
//
// Every reader names the file, and the line or byte offset, of what it could not read. A value that is not finite is an
// error.
//
// [1] S. A. Shah, V. Koltun, "Robust continuous clustering", PNAS 114(37), 2017.
package tabular
