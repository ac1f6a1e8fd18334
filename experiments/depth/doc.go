// Package depth is the second experiment of [1]: depth from single images, learned from stereo pairs alone.
//
// A network looks at the left image and predicts the disparity of each pixel. The right image, moved by that disparity,
// should then look like the left one: the loss measures what is left over, and nothing else is known about depth. What is
// left over is heavy-tailed, since some pixels have no partner at all (hidden in one view, mirrored, too bright), so the
// shape of the loss matters. Eight rows are compared, with the metrics of KITTI's public evaluation [2]:
//
//	baseline, as reported     L1 on RGB, the numbers of [2] (quoted only)
//	baseline, reproduced      L1 on RGB
//	L1 on YUV wavelets        L1 on what the rows below compare; the paper has no such row
//	fixed α = 1, 0, 2         the general distribution on the CDF 9/7 wavelets of the YUV residual, with fixed scale
//	annealing α = 2 → 0       the same with α moved linearly
//	adaptive α ∈ (0, 2)       the same with an α for each wavelet coefficient, learned with the network
//
//	go run ./experiments depth table --preset quick        all rows on synthetic streets, minutes on two cores
//	go run ./experiments depth table --view temporal       the same rows from neighbouring frames
//	go run ./experiments depth table --preset paper --data DIR --train-split FILE --test-split FILE      KITTI, on a GPU
//
// What differs from the paper: the pose between the two views is known (a calibrated stereo pair), where [2] and the paper
// take neighbouring frames of a video and predict the pose with a second network. --view temporal does that: the image is
// made from the frame before and the frame after it, with the motions that the pose network sees in the three frames (no
// explainability masks, which the paper leaves out as well). Depths then have no scale, and are compared by medians.
//
// README.md says what was measured, and what of the paper's table holds on synthetic streets and what does not.
//
// [1] J. T. Barron, "A General and Adaptive Robust Loss Function", CVPR 2019, arXiv:1701.03077.
//
// [2] T. Zhou, M. Brown, N. Snavely, D. Lowe, "Unsupervised Learning of Depth and Ego-Motion from Video", CVPR 2017.
package depth
