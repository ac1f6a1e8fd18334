// Package kitti reads the KITTI raw recordings: stereo pairs, calibration, laser scans, the split files in use, and the
// depth that published evaluations compare with.
//
// The layout is that of the raw data [1], one folder a day and below it one a drive:
//
//	2011_09_26/calib_cam_to_cam.txt                                        cameras: P_rect_02, P_rect_03, R_rect_00, …
//	2011_09_26/calib_velo_to_cam.txt                                       laser scanner → camera 0: R, T
//	2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000069.png     left colour camera (.jpg is accepted as well)
//	2011_09_26/2011_09_26_drive_0001_sync/image_03/data/0000000069.png     right colour camera
//	2011_09_26/2011_09_26_drive_0001_sync/velodyne_points/data/0000000069.bin
//
// [ReadCalibration] gives intrinsics and the baseline, [ReadSplit] the frames of a split file, [DepthMap] the ground
// truth of a laser scan with every quirk of the public evaluation [2], and [Loader] streams stereo pairs, resized and
// augmented, as training batches; [SnippetLoader] does the same for three neighbouring frames of one camera.
// [Calibration.Write], [WriteScan] and [WriteSplit] write the same files, so that synthetic scenes pass through the same
// reader.
//
// Every error names the file, and the line or the byte where there is one. A calibration must be one of rectified cameras
// whose right one lies to the right, an image must have the size that its calibration is for, and scans must be finite.
// Days and drives may be links to folders.
//
// [1] A. Geiger, P. Lenz, C. Stiller, R. Urtasun, "Vision meets Robotics: The KITTI Dataset", IJRR 2013.
//
// [2] T. Zhou, M. Brown, N. Snavely, D. Lowe, "Unsupervised Learning of Depth and Ego-Motion from Video", CVPR 2017;
// its evaluation follows C. Godard, O. Mac Aodha, G. Brostow, "Unsupervised Monocular Depth Estimation with Left-Right
// Consistency", CVPR 2017.
package kitti
