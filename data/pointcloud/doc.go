// Package pointcloud reads, writes and makes the inputs of rigid registration:
// point clouds, their features, and the poses that align them.
//
// Two scans of one object overlap in part. Registration looks for the rigid motion that lays the second scan on the
// first. A pair on disk has the layout of the fast global registration data set [1]:
//
//	Depth_0000.ply, Depth_0001.ply          the two clouds (PLY: ascii, binary little or big endian)
//	features_0000.bin, features_0001.bin    optional: points with one feature vector each
//	gt.log                                  the true pose: cloud 1 into the frame of cloud 0
//
// ReadPair reads it, WritePair writes it, and NewPair makes synthetic pairs whose true pose is known, so that one
// loader serves real and synthetic scans. NewProblem makes matched points with a known share of false matches, for
// studies that need no features.
//
// Every reader names the file, and the line or byte offset, of what it could not read. What a header says of sizes costs
// nothing before the bytes are there, and bytes after the end of the data are an error.
//
// [1] Q.-Y. Zhou, J. Park, V. Koltun, "Fast Global Registration", ECCV 2016.
package pointcloud
