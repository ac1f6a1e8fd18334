package kitti

// Intrinsics are a pinhole camera's focal lengths and principal point, in pixels.
type Intrinsics struct {
	Fx, Fy, Cx, Cy float64
}

// Resized returns the intrinsics after the image is scaled by sx across and sy down, as the public preparation scripts
// do it: fx·sx, cx·sx, fy·sy, cy·sy.
func (k Intrinsics) Resized(sx, sy float64) Intrinsics {
	return Intrinsics{Fx: k.Fx * sx, Fy: k.Fy * sy, Cx: k.Cx * sx, Cy: k.Cy * sy}
}

// Flipped returns the intrinsics after the image, width pixels wide, is mirrored left to right: the centre of column u
// goes to column width − 1 − u, so cx becomes width − 1 − cx.
func (k Intrinsics) Flipped(width int) Intrinsics {
	k.Cx = float64(width-1) - k.Cx
	return k
}
