// Package celeba reads the CelebA faces [1]: aligned and cropped JPEG images of 178×218 pixels, and the file that says
// which of them are for training, validation and testing.
//
//	set, err := celeba.Open("/data/celeba")
//	images, err := set.Images(celeba.Train, celeba.DefaultPreprocessing())
//	batches := celeba.Batches(images, order.New(seed, images.Len()).Batch, batchSize)
//
// The pictures must not be given on, so none ships with this package. README.md here says where they come from and
// under which terms. Package synth writes synthetic faces in the same layout.
//
// The preprocessing is that of the VAE experiment of [2]: the central 160×160 pixels, resized to 64×64 by the bilinear
// interpolation of TensorFlow 1, divided by 255. One difference is left: Go's JPEG decoder repeats the chroma of a
// subsampled image where libjpeg interpolates it.
//
// The whole set is 202,599 files, so nothing here holds it in memory: images are decoded as they are needed, in
// parallel, a bounded number of batches ahead; [Cached] keeps the preprocessed images in one packed file.
//
// [1] Z. Liu, P. Luo, X. Wang, X. Tang, "Deep Learning Face Attributes in the Wild", ICCV 2015.
// [2] J. T. Barron, "A General and Adaptive Robust Loss Function", CVPR 2019, arXiv:1701.03077.
package celeba
