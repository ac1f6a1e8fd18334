// Package tabular reads tables of numbers with a class label in each row: the input of clustering.
//
// Read takes the format from the file's name:
//
//   - text: comma, semicolon, tab or space separated, with or without a header line, fields quoted or not (the UCI files
//     pendigits.tra, shuttle.trn, letter-recognition.data among them);
//   - NumPy: .npy, .npz, of numbers (float16 too), booleans, and text for labels;
//   - IDX (MNIST's t10k-images-idx3-ubyte);
//   - MATLAB level 5 .mat, with compressed and sparse arrays: X, gtlabels and w (the graph) as in the files of robust
//     continuous clustering [1]. Versions 4 and 7.3 (HDF5) are refused.
//
// Each of them but .npz may be packed by gzip.
//
// A reader does not guess. Where a file could mean two things, the error says which and how to say it: a line that could be
// a header or a row (Options.Header), an array whose columns could be the samples (Options.Transposed), two arrays that
// could be the labels (Options.LabelArray). Missing values, decimal commas, labels that are one number in two spellings
// (1 and 1.0), values that are not finite, and bytes after the end of the data are errors, which name the file and the line
// or byte. What is compressed may expand to Options.MaxExpanded bytes.
//
// Digits is a real table that ships with the package. Synth makes tables whose clusters are known.
//
// [1] S. A. Shah, V. Koltun, "Robust continuous clustering", PNAS 114(37), 2017.
package tabular
